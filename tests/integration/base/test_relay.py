"""The relay: at least once in time, exactly once in effect, whatever breaks in between."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.errors import Invalid, Unavailable
from sluice.base.ids import Ids
from sluice.base.outbox import store as outbox
from sluice.base.outbox.model import Reaction, Routes
from sluice.base.relay import Relay
from sluice.base.work import Work, Works
from tests.integration.base.effects import (
    Counted,
    change,
    counted,
    effects,
    look,
    make_effects,
    note,
)

ROUTES = Routes(kinds={"Counted": Counted}, reactions={"Counted": ("note",)})
LEFT = "SELECT fact_id, attempts, last_error FROM reactions ORDER BY fact_id"


@pytest.fixture
async def works(database: Database, clock: ManualClock, ids: Ids) -> Works:
    await make_effects(database)
    return Works(database, clock, ids, ROUTES, lambda _topics: None)


def relay_with(works: Works, reaction: Reaction) -> Relay:
    return Relay(works, ROUTES, {"note": reaction})


def note_all_but(*poison: int, error: Exception) -> Reaction:
    """A reaction that cannot digest some facts, and has written others before it finds out."""

    async def react(work: Work, facts: Sequence[Any]) -> None:
        await note(work, facts)
        if any(fact.number in poison for fact in facts):
            raise error

    return react


async def record(works: Works, *numbers: int) -> None:
    async with works.begin() as work:
        work.record(counted(*numbers))


async def drain(relay: Relay, turns: int = 8, batch_max: int = 1000) -> None:
    """Turn until everything that can be digested is; a turn may end at one that cannot."""
    for _ in range(turns):
        await relay.run_once(batch_max)


async def test_facts_come_in_one_batch_and_in_order(works: Works, database: Database) -> None:
    batches: list[list[int]] = []

    async def react(work: Work, facts: Sequence[Any]) -> None:
        batches.append([fact.number for fact in facts])
        await note(work, facts)

    await record(works, 3, 1)
    await record(works, 2)

    assert await relay_with(works, react).run_once() == 3
    assert batches == [[3, 1, 2]]
    assert await effects(database) == [1, 2, 3]
    assert await look(database, LEFT) == []


async def test_a_long_queue_comes_in_bounded_batches(works: Works, database: Database) -> None:
    await record(works, *range(10))
    relay = relay_with(works, note)

    assert [await relay.run_once(4) for _ in range(4)] == [4, 4, 2, 0]
    assert await effects(database) == list(range(10))


@pytest.mark.parametrize(
    ("poison", "error"),
    [(0, ValueError("no")), (3, Invalid("no")), (4, KeyError("no")), (7, RuntimeError("no"))],
    ids=repr,
)
async def test_a_fact_that_cannot_be_digested_stands_alone_and_the_others_go_on(
    works: Works, database: Database, poison: int, error: Exception
) -> None:
    await record(works, *range(8))

    await drain(relay_with(works, note_all_but(poison, error=error)))

    assert await effects(database) == [number for number in range(8) if number != poison]
    assert await look(database, LEFT) == [(poison + 1, 1, repr(error))]


async def test_what_failed_is_tried_again_later_and_counts_its_tries(
    works: Works, database: Database
) -> None:
    await record(works, 5)
    poisoned = relay_with(works, note_all_but(5, error=ValueError("no")))

    for attempts in (1, 2, 3):
        await poisoned.run_once()
        assert await poisoned.run_once() == 0
        assert await look(database, LEFT) == [(1, attempts, "ValueError('no')")]
        await change(database, "UPDATE reactions SET next_at = now()")

    assert await relay_with(works, note).run_once() == 1
    assert await effects(database) == [5]


async def test_what_the_database_refuses_stands_alone_too(works: Works, database: Database) -> None:
    await change(database, "ALTER TABLE effects ADD CHECK (number <> 2)")
    await record(works, 1, 2, 3)

    await drain(relay_with(works, note))

    assert await effects(database) == [1, 3]
    [(fact_id, attempts, error)] = await look(database, LEFT)
    assert (fact_id, attempts) == (2, 1)
    assert "CheckViolation" in str(error)


async def test_a_fact_that_cannot_be_read_stands_alone_too(
    works: Works, database: Database
) -> None:
    await record(works, 1, 2, 3)
    await change(database, "UPDATE facts SET body = '{}' WHERE id = 2")

    await drain(relay_with(works, note))

    assert await effects(database) == [1, 3]
    assert [row[:2] for row in await look(database, LEFT)] == [(2, 1)]


async def test_a_worker_that_dies_before_its_commit_leaves_nothing_behind(
    works: Works, database: Database
) -> None:
    async def note_and_die(work: Work, facts: Sequence[Any]) -> None:
        await note(work, facts)
        pid = await work.value("SELECT pg_backend_pid()")
        await change(database, "SELECT pg_terminate_backend($1)", pid)

    await record(works, 1, 2)

    with pytest.raises(Unavailable):
        await relay_with(works, note_and_die).run_once()

    assert await effects(database) == []
    assert await look(database, LEFT) == [(1, 0, None), (2, 0, None)]
    assert await relay_with(works, note).run_once() == 2
    assert await effects(database) == [1, 2]


async def test_a_database_that_is_away_is_nobodys_fault(works: Works, database: Database) -> None:
    await record(works, 1, 2)

    with pytest.raises(Unavailable):
        await relay_with(works, note_all_but(2, error=Unavailable("away"))).run_once()

    assert await look(database, LEFT) == [(1, 0, None), (2, 0, None)]


async def test_two_relays_at_once_do_everything_once(works: Works, database: Database) -> None:
    async def slowly(work: Work, facts: Sequence[Any]) -> None:
        await note(work, facts)
        await asyncio.sleep(0.002)

    await record(works, *range(60))

    await asyncio.gather(
        *(drain(relay_with(works, slowly), turns=20, batch_max=5) for _ in range(2))
    )

    assert await effects(database) == list(range(60))
    assert await look(database, LEFT) == []


async def test_a_reaction_sees_what_the_fact_carried(works: Works) -> None:
    heard: list[Counted] = []

    async def hear(_work: Work, facts: Sequence[Any]) -> None:
        heard.extend(facts)

    await record(works, 7)
    await relay_with(works, hear).run_once()

    assert heard == counted(7)


async def test_old_facts_are_forgotten_once_nobody_waits_for_them(
    works: Works, database: Database, clock: ManualClock
) -> None:
    await record(works, 1)
    await relay_with(works, note).run_once()
    await record(works, 2)
    clock.advance(60)
    await record(works, 3)
    await relay_with(works, note_all_but(2, error=ValueError())).run_once()

    async with works.begin() as work:
        [waiting] = await outbox.waiting(work.connection)
        await outbox.forget(work.connection, work.now, limit=10)

    assert (waiting["reaction"], waiting["waiting"]) == ("note", 2)
    assert await look(database, "SELECT id FROM facts ORDER BY id") == [(2,), (3,)]
