"""Clock: the only source of now."""

import datetime as dt
from typing import Protocol


class Clock(Protocol):
    """Tells the time. Handed in, so that a test or a simulation can own it."""

    def now(self) -> dt.datetime:
        """Return the instant, in UTC, with a time zone."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> dt.datetime:
        """Return the machine's time in UTC."""
        return dt.datetime.now(dt.UTC)  # noqa: TID251 - the one place that may


class ManualClock:
    """A clock that moves only when told to."""

    def __init__(self, start: dt.datetime) -> None:
        self._now = start

    def now(self) -> dt.datetime:
        """Return the instant it was last set to."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move forward by this many seconds."""
        self._now += dt.timedelta(seconds=seconds)
