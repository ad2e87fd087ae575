"""Rows of jobs."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from sluice.base.work import Work

_ADD: Final = """
INSERT INTO jobs (name, key, args, run_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"""
# Leases run by the database's clock, so that workers with wrong clocks agree.
_CLAIM: Final = """
UPDATE jobs SET lease_until = now() + make_interval(secs => $2), attempts = attempts + 1
WHERE id IN (
  SELECT id FROM jobs WHERE run_at <= $3 AND coalesce(lease_until, '-infinity') < now()
  ORDER BY run_at LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING id, name, key, args, attempts, lease_until"""
_DONE: Final = "DELETE FROM jobs WHERE id = $1 AND lease_until = $2"
_WAITING: Final = "SELECT count(*) AS depth, min(run_at) AS oldest FROM jobs WHERE run_at <= $1"
_AGAIN: Final = """
UPDATE jobs SET run_at = $3, lease_until = NULL, attempts = $4, last_error = $5
WHERE id = $1 AND lease_until = $2"""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do, leased to one worker; the end of the lease tells it from all others."""

    id: int
    name: str
    key: str | None
    args: dict[str, Any]
    attempts: int
    lease_until: dt.datetime


def add(work: Work, name: str, key: str | None, args: dict[str, Any], run_at: dt.datetime) -> None:
    """Add a job with this commit; a second one with the same name and key changes nothing."""
    work.insert(_ADD, name, key, args, run_at)


async def claim(work: Work, limit: int, lease_s: float) -> list[Job]:
    """Lease due jobs."""
    rows = await work.rows(_CLAIM, limit, lease_s, work.now)
    return [Job(**row) for row in rows]


async def waiting(work: Work) -> tuple[int, dt.datetime | None]:
    """Return how many jobs are due, and since when the oldest is."""
    row = await work.row(_WAITING, work.now)
    return (0, None) if row is None else (row["depth"], row["oldest"])


async def done(work: Work, job: Job) -> None:
    """Strike off a job this worker still holds."""
    await work.execute(_DONE, job.id, job.lease_until)


async def again(
    work: Work, job: Job, run_at: dt.datetime, attempts: int, error: str | None
) -> None:
    """Put a job back for later."""
    await work.execute(_AGAIN, job.id, job.lease_until, run_at, attempts, error)
