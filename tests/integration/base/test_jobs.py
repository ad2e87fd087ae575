"""Jobs: later, again, on time; each by one worker, and by another one when that one dies."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.ids import Ids
from sluice.base.jobs import store
from sluice.base.jobs.backoff import backoff_s
from sluice.base.jobs.defer import defer
from sluice.base.jobs.run import Every, Jobs
from sluice.base.outbox.model import NO_ROUTES
from sluice.base.work import Works
from tests.integration.base.effects import change, look

ALL = "SELECT name, key, attempts, last_error FROM jobs ORDER BY id"


class Done(list[dict[str, Any]]):
    """What was done, with which arguments; fails as often as told to."""

    failures = 0

    async def __call__(self, args: dict[str, Any]) -> None:
        """Do it."""
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the post office is closed")
        self.append(args)


@pytest.fixture
def works(database: Database, clock: ManualClock, ids: Ids) -> Works:
    return Works(database, clock, ids, NO_ROUTES, lambda _topics: None)


@pytest.fixture
def done() -> Done:
    return Done()


@pytest.fixture
def jobs(works: Works, done: Done) -> Jobs:
    return Jobs(works, {"post": done, "tidy": done}, {"tidy": Every(60)})


@pytest.fixture
def post(works: Works) -> Callable[..., Awaitable[None]]:
    """Return what asks for a letter to be posted."""

    async def ask(letter: int, **when: Any) -> None:  # noqa: ANN401
        async with works.begin() as work:
            defer(work, "post", args={"letter": letter}, **when)

    return ask


Post = Callable[..., Awaitable[None]]


async def test_a_job_is_done_once_and_then_gone(
    jobs: Jobs, done: Done, post: Post, database: Database
) -> None:
    await post(1)

    assert await jobs.run_once() == 1
    assert await jobs.run_once() == 0
    assert done == [{"letter": 1}]
    assert await look(database, ALL) == []


async def test_a_job_asked_for_in_a_work_that_fails_was_never_asked_for(
    works: Works, jobs: Jobs
) -> None:
    async def ask_and_fail() -> None:
        async with works.begin() as work:
            defer(work, "post")
            raise KeyError

    with pytest.raises(KeyError):
        await ask_and_fail()

    assert await jobs.run_once() == 0


async def test_a_job_waits_for_its_time(
    jobs: Jobs, done: Done, post: Post, clock: ManualClock
) -> None:
    await post(1, run_at=clock.now() + dt.timedelta(seconds=30))

    assert await jobs.run_once() == 0
    clock.advance(30)
    assert await jobs.run_once() == 1
    assert done == [{"letter": 1}]


async def test_the_same_name_and_key_is_one_job(jobs: Jobs, done: Done, post: Post) -> None:
    await post(1, key="monday")
    await post(2, key="monday")
    await post(3, key="tuesday")

    await jobs.run_once()

    assert done == [{"letter": 1}, {"letter": 3}]


async def test_a_job_that_fails_is_put_off_longer_each_time(
    jobs: Jobs, done: Done, post: Post, clock: ManualClock, database: Database
) -> None:
    done.failures = 2
    await post(1)

    for attempts in (1, 2):
        assert await jobs.run_once() == 1
        [(_, _, noted, error)] = await look(database, ALL)
        assert (noted, error) == (attempts, "ConnectionError('the post office is closed')")
        clock.advance(backoff_s(attempts) - 0.1)
        assert await jobs.run_once() == 0
        clock.advance(0.1)

    assert await jobs.run_once() == 1
    assert done == [{"letter": 1}]
    assert await look(database, ALL) == []


async def test_a_job_nobody_knows_stays_and_says_so(
    works: Works, jobs: Jobs, database: Database
) -> None:
    async with works.begin() as work:
        defer(work, "sing")

    await jobs.run_once()

    assert await look(database, ALL) == [("sing", None, 1, "KeyError('sing')")]


async def test_a_scheduled_job_comes_round_again(
    jobs: Jobs, done: Done, clock: ManualClock, database: Database
) -> None:
    await jobs.plan()
    await jobs.plan()

    for _ in range(3):
        assert await jobs.run_once() == 1
        assert await jobs.run_once() == 0
        clock.advance(60)

    assert len(done) == 3
    assert await look(database, ALL) == [("tidy", "schedule", 0, None)]


async def test_a_scheduled_job_that_failed_starts_counting_anew_once_it_works(
    jobs: Jobs, done: Done, clock: ManualClock, database: Database
) -> None:
    done.failures = 3
    await jobs.plan()

    for _ in range(4):
        await jobs.run_once()
        clock.advance(10)

    assert len(done) == 1
    assert await look(database, ALL) == [("tidy", "schedule", 0, None)]


async def test_two_workers_do_each_job_once(
    jobs: Jobs, works: Works, done: Done, post: Post
) -> None:
    other = Jobs(works, {"post": done}, {})
    for letter in range(20):
        await post(letter)

    async def drain(worker: Jobs) -> None:
        while await worker.run_once(limit=3):
            pass

    await asyncio.gather(drain(jobs), drain(other))

    assert sorted(args["letter"] for args in done) == list(range(20))


async def test_a_job_of_a_worker_that_died_is_done_when_its_lease_is_over(
    jobs: Jobs, works: Works, done: Done, post: Post, database: Database
) -> None:
    await post(1)
    async with works.begin() as work:
        [held] = await store.claim(work, 20, lease_s=120)

    assert await jobs.run_once() == 0
    await change(database, "UPDATE jobs SET lease_until = now() - interval '1 second'")
    assert await jobs.run_once() == 1

    assert done == [{"letter": 1}]
    assert held.attempts == 1


async def test_a_worker_that_lost_its_lease_strikes_nothing_off(
    works: Works, post: Post, database: Database
) -> None:
    await post(1)
    async with works.begin() as work:
        [slow] = await store.claim(work, 20, lease_s=120)
    await change(database, "UPDATE jobs SET lease_until = now() - interval '1 second'")
    async with works.begin() as work:
        await store.claim(work, 20, lease_s=120)

    async with works.begin() as work:
        await store.done(work, slow)
        await store.again(work, slow, work.now, 0, "too late")

    assert await look(database, ALL) == [("post", None, 2, None)]


async def test_a_worker_that_lost_its_lease_frees_no_later_one(
    works: Works, jobs: Jobs, done: Done, database: Database, clock: ManualClock
) -> None:
    await jobs.plan()
    async with works.begin() as work:
        [slow] = await store.claim(work, 20, lease_s=120)
    await change(database, "UPDATE jobs SET lease_until = now() - interval '1 second'")
    await jobs.run_once()
    clock.advance(60)
    async with works.begin() as work:
        [held] = await store.claim(work, 20, lease_s=120)
    assert held.attempts == slow.attempts

    async with works.begin() as work:
        await store.again(work, slow, work.now, 0, None)

    assert await jobs.run_once() == 0
    assert len(done) == 1


def test_waiting_doubles_up_to_five_minutes() -> None:
    assert [backoff_s(attempts) for attempts in (0, 1, 2, 3, 9, 10, 1000)] == [
        1,
        1,
        2,
        4,
        256,
        300,
        300,
    ]
