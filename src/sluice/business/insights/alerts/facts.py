"""What became true of prices that somebody watches."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from sluice.base.facts import Fact
from sluice.business.insights.alerts.model import Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceMoved(Fact):
    """A price moved further than an alert allows."""

    alert: Alert
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PegChanged(Fact):
    """A coin left its peg, moved further off, or came back; `state` is par, warn or disabled."""

    asset: str
    state: str
    before: str
    price: Decimal
    at: dt.datetime
