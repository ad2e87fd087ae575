"""Tick, Candle, Snapshot: a price at a minute, prices of a span, and what a price was made of."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Final

import msgspec

from sluice.engine.rates.aggregate import Bounds
from sluice.engine.rates.market import Market
from sluice.engine.rates.model import Rate
from sluice.engine.rates.rules.read import read_rules

# The currencies whose prices are written down every minute.
CURRENCIES: Final = ("usd", "eur", "gbp")

# As in `market.py`: finer than any asset counts.
_PLACES: Final = Decimal(1).scaleb(-18)
_CONTEXT: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Tick:
    """A price at an instant, before any spread."""

    base: str
    quote: str
    at: dt.datetime
    price: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A price now, and how much it moved over the last day where an hour of it is known."""

    tick: Tick
    volatility_bps: int | None
    low: Fraction | None
    high: Fraction | None


@dataclass(frozen=True, slots=True)
class Candle:
    """The prices of one span of time: first, highest, lowest, last, and how many there were."""

    at: dt.datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    points: int


class Terms(msgspec.Struct, frozen=True):
    """What a market was when prices were made: whom it asked, and how it agreed."""

    venues: list[str]
    rules: list[str]  # digests, in the order they are tried
    spread_bps: int
    bounds: Bounds
    lock_max_s: int
    lock_pegged_max_s: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything venues had said at an instant, and the terms prices were made by."""

    id: str
    at: dt.datetime
    terms: Terms
    said: Sequence[Rate]

    def market(self, texts: dict[str, str]) -> Market:
        """Return the market as it was, given its rules by their digests."""
        return Market(
            self.terms.venues,
            [read_rules(texts[digest]) for digest in self.terms.rules],
            self.terms.bounds,
            spread_bps=self.terms.spread_bps,
            lock_max_s=self.terms.lock_max_s,
            lock_pegged_max_s=self.terms.lock_pegged_max_s,
        )


def terms_of(market: Market) -> Terms:
    """Return what must be kept of a market beside what its venues say."""
    return Terms(
        list(market.venues),
        [rules.digest for rules in market.rules],
        market.spread_bps,
        market.bounds,
        market.lock_max_s,
        market.lock_pegged_max_s,
    )


def as_decimal(price: Fraction) -> Decimal:
    """Return a price with eighteen decimals."""
    exact = _CONTEXT.divide(Decimal(price.numerator), Decimal(price.denominator))
    return exact.quantize(_PLACES, context=_CONTEXT)
