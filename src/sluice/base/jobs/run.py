"""Run what is due, and what comes round on schedule."""

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog

from sluice.base.jobs import store
from sluice.base.jobs.backoff import backoff_s
from sluice.base.jobs.store import Job
from sluice.base.work import Works

_LEASE_S: Final = 120.0
_ON_SCHEDULE: Final = "schedule"

log = structlog.get_logger()

JobVerb = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Every:
    """A job that comes round by itself."""

    seconds: float


class Jobs:
    """Runs jobs by name; a scheduled one is put back for its next time when it ends."""

    def __init__(
        self, works: Works, verbs: Mapping[str, JobVerb], schedule: Mapping[str, Every]
    ) -> None:
        self._works = works
        self._verbs = verbs
        self._schedule = schedule

    async def plan(self) -> None:
        """Make sure that every scheduled job has its row."""
        async with self._works.begin() as work:
            for name in self._schedule:
                store.add(work, name, _ON_SCHEDULE, {}, work.now)

    async def run_once(self, limit: int = 20) -> int:
        """Run what is due; return how many jobs were tried."""
        async with self._works.begin() as work:
            jobs = await store.claim(work, limit, _LEASE_S)
        for job in jobs:
            await self._run(job)
        return len(jobs)

    async def _run(self, job: Job) -> None:
        error: str | None = None
        try:
            await self._verbs[job.name](job.args)
        except Exception as raised:
            error = repr(raised)[:500]
            log.exception("job.failed", job=job.name, attempts=job.attempts)
        async with self._works.begin() as work:
            if error is not None:
                later = work.now + dt.timedelta(seconds=backoff_s(job.attempts))
                await store.again(work, job, later, job.attempts, error)
            elif job.key == _ON_SCHEDULE and job.name in self._schedule:
                later = work.now + dt.timedelta(seconds=self._schedule[job.name].seconds)
                await store.again(work, job, later, 0, None)
            else:
                await store.done(work, job)
