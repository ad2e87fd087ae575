"""Money: an integer of one asset."""

from dataclasses import dataclass

from sluice.base.errors import Invalid
from sluice.base.money.asset import Asset


@dataclass(frozen=True, slots=True)
class Money:
    """A whole number of an asset's smallest unit. Never a float, never bare."""

    units: int
    asset: Asset

    def __add__(self, other: "Money") -> "Money":
        return Money(self.units + self._same(other), self.asset)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.units - self._same(other), self.asset)

    def __lt__(self, other: "Money") -> bool:
        return self.units < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.units <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.units > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.units >= self._same(other)

    def __str__(self) -> str:
        """Write it for people, such as `12.50 USD` or `0.00004200 BTC`."""
        return f"{self.plain()} {self.asset.code.upper()}"

    def plain(self) -> str:
        """Write the number alone, with all its decimals and no exponent."""
        sign = "-" if self.units < 0 else ""
        whole, part = divmod(abs(self.units), self.asset.scale)
        return (
            f"{sign}{whole}.{part:0{self.asset.decimals}d}"
            if self.asset.decimals
            else f"{sign}{whole}"
        )

    def _same(self, other: "Money") -> int:
        if other.asset.code != self.asset.code:
            raise Invalid(
                f"cannot mix {self.asset.code} with {other.asset.code}", code="asset_mismatch"
            )
        return other.units
