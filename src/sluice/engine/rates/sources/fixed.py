"""Prices an operator wrote down."""

from collections.abc import Mapping
from fractions import Fraction

from sluice.base.clock import Clock
from sluice.base.errors import Invalid
from sluice.base.money.catalogue import find_asset
from sluice.engine.rates.model import Rate


class FixedRates:
    """Always the same prices, as of now."""

    def __init__(
        self, prices: Mapping[tuple[str, str], Fraction], clock: Clock, *, name: str = "fixed"
    ) -> None:
        self.name = name
        self._prices = prices
        self._clock = clock

    async def read(self) -> list[Rate]:
        """Return the prices, observed now."""
        now = self._clock.now()
        return [
            Rate(base, quote, price, self.name, now)
            for (base, quote), price in self._prices.items()
        ]


def read_prices(text: str) -> dict[tuple[str, str], Fraction]:
    """Read `btc/usd=60000, usdc/usd=1` into prices; refuse what is not a positive number."""
    prices = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        pair, _, number = part.partition("=")
        base, _, quote = pair.strip().partition("/")
        try:
            price = Fraction(number.strip())
        except (ValueError, ZeroDivisionError) as error:
            raise Invalid(f"not a price: {part}", code="rate_invalid") from error
        if price <= 0:
            raise Invalid(f"a price must be above zero: {part}", code="rate_invalid")
        prices[find_asset(base).code, find_asset(quote).code] = price
    return prices
