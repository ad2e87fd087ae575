"""Asset: what an amount is an amount of; fiat is an asset on no network."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asset:
    """An asset: its code as the API writes it, the decimals of its smallest unit, its name."""

    code: str
    decimals: int
    name: str
    fiat: bool = False

    @property
    def scale(self) -> int:
        """Smallest units in one whole."""
        scale: int = 10**self.decimals
        return scale
