"""Rate, Quote: a price with its source and its time; there is no default and no bare number."""

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction

from sluice.base.money import rounding
from sluice.base.money.asset import Asset
from sluice.base.money.money import Money


@dataclass(frozen=True, slots=True)
class Rate:
    """One whole of `base` costs `price` whole `quote`, said a source at an instant."""

    base: str
    quote: str
    price: Fraction
    source: str
    observed_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Quote:
    """A price that holds until an instant."""

    asset: Asset
    currency: Asset
    price: Fraction
    source: str
    quoted_at: dt.datetime
    valid_until: dt.datetime

    def due(self, amount: Money) -> Money:
        """Return what is owed in the asset for an amount of the currency, rounded up."""
        exact = Fraction(amount.units * self.asset.scale, self.currency.scale) / self.price
        return Money(rounding.up(exact), self.asset)
