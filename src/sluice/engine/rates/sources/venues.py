"""Venues: many sources read at once, each failing alone and resting longer each time it does."""

import asyncio
import datetime as dt
from collections.abc import Sequence
from typing import Final

import structlog

from sluice.base.clock import Clock
from sluice.engine.rates.model import Rate
from sluice.engine.rates.source import RateSource
from sluice.engine.rates.sources.feed import FeedTrouble
from sluice.engine.rates.stillness import Stillness

REST_S: Final = 5.0
REST_MAX_S: Final = 300.0
# A ban that a venue announces lasts up to three days; asking on makes it longer.
BAN_MAX_S: Final = 259_200.0

log = structlog.get_logger()


class Venues:
    """All venues as one source; its rates keep their venues' names."""

    name = "venues"

    def __init__(self, sources: Sequence[RateSource], clock: Clock, *, still_max_s: int) -> None:
        self._resting = [_Resting(source, clock) for source in sources]
        self._stillness = Stillness(still_max_s)
        self._clock = clock

    async def read(self) -> list[Rate]:
        """Return what every venue that answers says, less what stands still while others move."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one.read()) for one in self._resting]
        rates = [rate for task in tasks for rate in task.result()]
        return self._stillness.without_stuck(rates, self._clock.now())


class _Resting:
    """One source that is left alone for a while after it failed."""

    def __init__(self, source: RateSource, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._failures = 0
        self._until: dt.datetime | None = None

    async def read(self) -> Sequence[Rate]:
        if self._until is not None and self._clock.now() < self._until:
            return []
        try:
            rates = await self._source.read()
        except FeedTrouble as trouble:
            self._rest(trouble)
            return []
        if self._failures:
            log.info("rates.recovered", source=self._source.name)
        self._failures, self._until = 0, None
        return rates

    def _rest(self, trouble: FeedTrouble) -> None:
        rest_s = min(REST_S * 2 ** min(self._failures, 10), REST_MAX_S)
        if trouble.wait_s is not None:
            rest_s = max(rest_s, min(trouble.wait_s, BAN_MAX_S))
        self._failures += 1
        self._until = self._clock.now() + dt.timedelta(seconds=rest_s)
        log.warning(
            "rates.failed",
            source=self._source.name,
            fault=trouble.code,
            error=trouble.message,
            rest_s=rest_s,
        )
