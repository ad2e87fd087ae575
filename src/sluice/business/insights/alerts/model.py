"""Alert: a pair whose price a merchant wants to be told of when it moves too far, too fast."""

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

ALERTS_MAX: Final = 50

_BPS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Alert:
    """Fires when the lowest and highest price of a span lie this far apart, once in a span."""

    id: str
    merchant_id: str
    livemode: bool
    base: str
    quote: str
    move_bps: int
    within_s: int
    created_at: dt.datetime
    fired_at: dt.datetime | None = None

    @property
    def within(self) -> dt.timedelta:
        """Return the span it looks at."""
        return dt.timedelta(seconds=self.within_s)

    def fires(self, low: Fraction, high: Fraction, at: dt.datetime) -> bool:
        """Say whether these prices are news: far enough apart, and not told of already."""
        if self.fired_at is not None and at < self.fired_at + self.within:
            return False
        return move_bps(low, high) >= self.move_bps


def move_bps(low: Fraction, high: Fraction) -> int:
    """Return how far apart two prices are, in basis points of the lower one."""
    return round((high - low) / low * _BPS)
