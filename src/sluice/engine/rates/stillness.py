"""Stillness: since when prices stand, to tell a calm market from a stuck feed."""

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from sluice.engine.rates.model import Rate


class Moved(NamedTuple):
    """A price and the instant since which it stands."""

    price: Fraction
    at: dt.datetime


class Stillness:
    """Remembers each venue's last move. Bounded by venues times pairs."""

    def __init__(self, still_max_s: int) -> None:
        self._still_max = dt.timedelta(seconds=still_max_s)
        self._moved: dict[tuple[str, str, str], Moved] = {}

    def without_stuck(self, rates: Sequence[Rate], now: dt.datetime) -> list[Rate]:
        """Return the rates less those that stand too long while another venue's moved."""
        for rate in rates:
            last = self._moved.get(_key(rate))
            if last is None or last.price != rate.price:
                self._moved[_key(rate)] = Moved(rate.price, now)
        return [rate for rate in rates if not self._is_stuck(rate, now)]

    def _is_stuck(self, rate: Rate, now: dt.datetime) -> bool:
        stood_since = self._moved[_key(rate)].at
        if now - stood_since <= self._still_max:
            return False
        return any(
            key[:2] == (rate.base, rate.quote) and moved.at > stood_since
            for key, moved in self._moved.items()
        )


def _key(rate: Rate) -> tuple[str, str, str]:
    return rate.base, rate.quote, rate.source
