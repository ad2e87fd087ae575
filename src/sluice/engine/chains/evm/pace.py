"""Pace: no more calls a second than a provider is paid for."""

import asyncio
import datetime as dt
from typing import Final

from sluice.base.clock import Clock

# Calls that may come at once after a quiet time: one batch.
_BURST: Final = 20.0


class Pace:
    """A bucket of calls that fills at an even rate; who finds it empty waits."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._per_second = per_second
        self._clock = clock
        self._left = max(_BURST, per_second)
        self._full = self._left
        self._at: dt.datetime = clock.now()

    def spend(self, calls: int) -> float:
        """Take calls out and return how many seconds to wait before making them."""
        now = self._clock.now()
        gained = (now - self._at).total_seconds() * self._per_second
        self._left = min(self._full, self._left + max(gained, 0.0)) - calls
        self._at = now
        return max(0.0, -self._left / self._per_second)

    async def wait(self, calls: int) -> None:
        """Wait until so many calls may be made."""
        wait_s = self.spend(calls)
        if wait_s > 0:
            await asyncio.sleep(wait_s)
