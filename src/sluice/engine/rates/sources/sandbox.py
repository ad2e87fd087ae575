"""Prices of the sandbox: round numbers that a test can move, and that never meet live money."""

from fractions import Fraction
from typing import Final

from sluice.base.clock import Clock
from sluice.engine.rates.model import Rate

_IN_USD: Final = {
    "btc": "60000",
    "sbtc": "60000",
    "stx": "2",
    "usdc": "1",
    "usdt": "1",
    "usdcx": "1",
}
_DOLLARS: Final = frozenset({"usdc", "usdt", "usdcx"})
_USD_IN: Final = {
    "usd": "1",
    "eur": "0.9",
    "gbp": "0.8",
    "chf": "0.9",
    "cad": "1.4",
    "aud": "1.5",
    "jpy": "150",
}


class SandboxRates:
    """What every asset costs in every currency, in test mode."""

    name = "sandbox"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._factor = Fraction(1)

    def move(self, factor: Fraction) -> None:
        """Multiply the prices of coins that float by a factor from now on; stablecoins stay."""
        self._factor = factor

    async def read(self) -> list[Rate]:
        """Return the prices, observed now."""
        now = self._clock.now()
        return [
            Rate(
                asset,
                fiat,
                Fraction(usd) * Fraction(per_usd) * self._factor_of(asset),
                self.name,
                now,
            )
            for asset, usd in _IN_USD.items()
            for fiat, per_usd in _USD_IN.items()
        ]

    def _factor_of(self, asset: str) -> Fraction:
        return Fraction(1) if asset in _DOLLARS else self._factor
