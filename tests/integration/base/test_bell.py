"""The bell: wakes waiters here and in other processes; a lost ring costs only a little time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from sluice.base.bell import Bell, rung
from sluice.base.database import Database, open_database
from tests.integration.base.effects import change, look

PATIENCE_S = 10.0
HEARD_S = 0.1


@contextlib.asynccontextmanager
async def carried(bell: Bell, database: Database) -> AsyncIterator[None]:
    """Carry a bell's rings as long as the block lasts."""
    async with asyncio.TaskGroup() as group:
        carrying = group.create_task(bell.carry(database))
        try:
            yield
        finally:
            carrying.cancel()


@pytest.fixture
async def other_process(database_url: str) -> AsyncIterator[Database]:
    """Open the same database once more, as another process does."""
    opened = await open_database(database_url, pool_max=2)
    yield opened
    await opened.close()


async def ring_until_heard(bell: Bell, topic: str, event: asyncio.Event) -> None:
    """Ring again and again: who listens only since a moment ago may miss the first."""
    async with asyncio.timeout(PATIENCE_S):
        while not event.is_set():
            bell.ring([topic])
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HEARD_S):
                    await event.wait()


async def listeners(database: Database) -> list[int]:
    """Return the backends that carry bells."""
    rows = await look(
        database, "SELECT pid FROM pg_stat_activity WHERE application_name = 'sluice-bell'"
    )
    return [int(str(pid)) for (pid,) in rows]


async def test_a_ring_wakes_its_own_process_at_once_and_only_its_topic() -> None:
    bell = Bell()

    with bell.watch("facts") as facts, bell.watch("facts") as too, bell.watch("jobs") as jobs:
        bell.ring(["facts"])

        assert (facts.is_set(), too.is_set(), jobs.is_set()) == (True, True, False)


async def test_nobody_is_kept_who_does_not_watch_any_more() -> None:
    bell = Bell()

    with bell.watch("facts") as event:
        pass
    bell.ring(["facts"])

    assert not event.is_set()
    assert bell._waiting == {}


async def test_a_ring_reaches_other_processes(database: Database, other_process: Database) -> None:
    here, there = Bell(), Bell()

    async with carried(here, database), carried(there, other_process):
        with there.watch("facts") as facts, there.watch("jobs") as jobs:
            await ring_until_heard(here, "facts", facts)

            assert not jobs.is_set()


async def test_more_topics_than_fit_in_one_message_all_arrive(
    database: Database, other_process: Database
) -> None:
    here, there = Bell(), Bell()
    topics = [f"pi_{number}" for number in range(250)]

    async with carried(here, database), carried(there, other_process):
        with contextlib.ExitStack() as stack:
            events = [stack.enter_context(there.watch(topic)) for topic in topics]
            with there.watch("ready") as ready:
                await ring_until_heard(here, "ready", ready)
            here.ring(topics)

            async with asyncio.timeout(PATIENCE_S):
                for event in events:
                    await event.wait()


async def test_who_hears_nothing_goes_on_after_a_while() -> None:
    bell = Bell()

    with bell.watch("facts") as event:
        await rung(event, within_s=0.01)
        bell.ring(["facts"])
        await rung(event, within_s=PATIENCE_S)

        assert not event.is_set()


async def test_a_bell_whose_connection_was_cut_rings_again(
    database: Database, other_process: Database
) -> None:
    here, there = Bell(), Bell()

    async with carried(here, database), carried(there, other_process):
        with there.watch("facts") as event:
            await ring_until_heard(here, "facts", event)
            for pid in await listeners(database):
                await change(database, "SELECT pg_terminate_backend($1)", pid)
            event.clear()

            await ring_until_heard(here, "facts", event)


async def test_a_bell_keeps_asking_for_a_database_that_does_not_answer(
    database: Database, other_process: Database
) -> None:
    here, there = Bell(), Bell()
    cold = Database(database._pool, "postgresql://127.0.0.1:1/nowhere")

    async with carried(there, other_process), asyncio.TaskGroup() as group:
        carrying = group.create_task(here.carry(cold))
        await asyncio.sleep(0.05)
        assert not carrying.done()
        cold.url = database.url
        with there.watch("facts") as event:
            await ring_until_heard(here, "facts", event)
        carrying.cancel()
