"""Balance, BalanceTransaction: the merchant's money in Stripe's words."""

import datetime as dt
from dataclasses import dataclass

from sluice.base.money.money import Money


@dataclass(frozen=True, slots=True)
class Balance:
    """Money by asset: spendable, credited but not yet beyond any fork, and unapplied."""

    available: list[Money]
    pending: list[Money]
    unapplied: list[Money]


@dataclass(frozen=True, slots=True)
class BalanceTransaction:
    """One movement of the merchant's money. `source_id` is what it belongs to."""

    id: str
    type: str
    amount: Money
    fee: Money
    source_id: str
    description: str
    created_at: dt.datetime
    available_at: dt.datetime | None
