"""A Work is one transaction: all of it with its facts, or nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterable

import pytest

from sluice.base.actor import Actor
from sluice.base.clock import ManualClock
from sluice.base.database import Database, open_database
from sluice.base.errors import Conflict, Forbidden, Unavailable
from sluice.base.ids import Ids, MerchantId
from sluice.base.outbox.model import Routes
from sluice.base.work import Work, Works
from tests.integration.base.effects import Counted, change, counted, effects, look, make_effects

ROUTES = Routes(kinds={"Counted": Counted}, reactions={"Counted": ("note", "tell")})
ADD = "INSERT INTO effects VALUES ($1)"
ADD_MERCHANT = "INSERT INTO merchants (id, name, created_at) VALUES ($1, $2, $3)"
ADD_CUSTOMER = """
INSERT INTO customers (merchant_id, livemode, id, created_at) VALUES ($1, $2, $3, $4)"""


class Rings(list[str]):
    """What was rung, and what the database held at that moment."""

    def __call__(self, topics: Iterable[str]) -> None:
        """Ring."""
        self.extend(topics)


@pytest.fixture
def rings() -> Rings:
    return Rings()


@pytest.fixture
async def works(database: Database, clock: ManualClock, ids: Ids, rings: Rings) -> Works:
    await make_effects(database)
    return Works(database, clock, ids, ROUTES, rings)


async def add_merchants(works: Works) -> None:
    async with works.begin() as work:
        for name in ("acct_a", "acct_b"):
            work.insert(ADD_MERCHANT, name, name, work.now)


async def do(works: Works, *statements: str) -> None:
    """Run statements in one Work."""
    async with works.begin() as work:
        for statement in statements:
            await work.execute(statement)


def merchant(name: str, *, livemode: bool = False) -> Actor:
    return Actor(MerchantId(name), livemode, frozenset({"*"}))


async def test_rows_and_facts_leave_together_and_then_it_rings(
    works: Works, database: Database, rings: Rings, clock: ManualClock
) -> None:
    async with works.begin() as work:
        work.insert(ADD, 1)
        work.insert("INSERT INTO effects VALUES ($1), ($2), ($1)", 2, 3)
        work.record(counted(7, 8))
        work.tell("somebody")
        assert rings == []

    assert await effects(database) == [1, 2, 2, 3]
    assert await look(database, "SELECT name, at FROM facts ORDER BY id") == [
        ("Counted", clock.now()),
        ("Counted", clock.now()),
    ]
    assert await look(database, "SELECT fact_id, reaction FROM reactions ORDER BY 1, 2") == [
        (1, "note"),
        (1, "tell"),
        (2, "note"),
        (2, "tell"),
    ]
    assert sorted(rings) == ["facts", "somebody"]


async def test_what_raises_leaves_nothing_and_rings_nobody(
    works: Works, database: Database, rings: Rings
) -> None:
    async def write_and_fail() -> None:
        async with works.begin() as work:
            work.insert(ADD, 1)
            await work.flush()
            work.record(counted(7))
            work.tell("somebody")
            raise KeyError

    with pytest.raises(KeyError):
        await write_and_fail()

    assert await effects(database) == []
    assert await look(database, "SELECT id FROM facts") == []
    assert rings == []


async def test_what_was_gathered_is_seen_by_the_next_read(works: Works) -> None:
    async with works.begin() as work:
        work.insert(ADD, 5)

        assert await work.value("SELECT number FROM effects") == 5


async def test_a_merchants_work_sees_and_writes_only_its_own(
    works: Works, database: Database
) -> None:
    await add_merchants(works)
    async with works.begin(merchant("acct_a")) as work:
        work.insert(ADD_CUSTOMER, *work.owner, "cus_1", work.now)

    async def count(work: Work) -> int:
        return len(await work.rows("SELECT id FROM customers"))

    async with works.begin(merchant("acct_a")) as work:
        assert await count(work) == 1
    async with works.begin(merchant("acct_a", livemode=True)) as work:
        assert await count(work) == 0
    async with works.begin(merchant("acct_b")) as work:
        assert await count(work) == 0
        assert await work.execute("UPDATE customers SET name = 'stolen'") == 0
    assert await look(database, "SELECT id, name FROM customers") == [("cus_1", None)]


@pytest.mark.parametrize("owner", [("acct_b", False), ("acct_a", True)])
async def test_a_merchants_work_cannot_write_for_another_or_in_the_other_mode(
    works: Works, database: Database, owner: tuple[str, bool]
) -> None:
    await add_merchants(works)

    with pytest.raises(Exception, match="row-level security"):
        async with works.begin(merchant("acct_a")) as work:
            work.insert(ADD_CUSTOMER, *owner, "cus_1", work.now)

    assert await look(database, "SELECT id FROM customers") == []


async def test_a_merchants_role_ends_with_its_work(works: Works) -> None:
    await add_merchants(works)
    async with works.begin(merchant("acct_a")) as work:
        assert await work.value("SELECT current_user") == "sluice_tenant"

    async with works.begin() as work:
        assert await work.value("SELECT current_user") == "sluice_worker"
        assert await work.value("SELECT current_setting('sluice.merchant', true)") in {None, ""}


async def test_the_system_acts_for_no_merchant(works: Works) -> None:
    async with works.begin() as work:
        with pytest.raises(Forbidden):
            _ = work.owner


async def test_a_snapshot_sees_one_moment_and_writes_nothing(
    works: Works, database: Database
) -> None:
    async with works.snapshot() as before:
        assert await before.value("SELECT count(*) FROM effects") == 0
        async with works.begin() as work:
            work.insert(ADD, 1)

        assert await before.value("SELECT count(*) FROM effects") == 0
        with pytest.raises(Exception, match="read-only"):
            await before.execute(ADD, 2)

    assert await effects(database) == [1]


async def test_a_lock_somebody_holds_is_a_conflict(works: Works) -> None:
    async with works.begin() as holder:
        await holder.execute("LOCK TABLE effects")

        with pytest.raises(Conflict):
            await do(works, "SET LOCAL lock_timeout = '20ms'", "DELETE FROM effects")


async def test_a_statement_that_takes_too_long_is_unavailable(works: Works) -> None:
    with pytest.raises(Unavailable):
        await do(works, "SET LOCAL statement_timeout = '20ms'", "SELECT pg_sleep(5)")


async def test_a_server_that_goes_away_is_unavailable_and_the_next_work_is_fine(
    works: Works, database: Database
) -> None:
    async def write_as_it_goes_away() -> None:
        async with works.begin() as work:
            await work.execute(ADD, 1)
            pid = await work.value("SELECT pg_backend_pid()")
            await change(database, "SELECT pg_terminate_backend($1)", pid)
            await work.execute(ADD, 2)

    with pytest.raises(Unavailable):
        await write_as_it_goes_away()

    async with works.begin() as work:
        await work.execute(ADD, 3)
    assert await effects(database) == [3]


@pytest.fixture
async def narrow(database_url: str) -> AsyncIterator[Database]:
    """Open a database over one connection, so that the next Work gets what the last one left."""
    opened = await open_database(database_url, pool_max=1)
    yield opened
    await opened.close()


@pytest.mark.parametrize("where", ["a statement", "the commit"])
async def test_a_cancelled_work_leaves_no_open_transaction_to_the_next(
    narrow: Database, clock: ManualClock, ids: Ids, where: str
) -> None:
    await make_effects(narrow)
    await change(narrow, SLOW)
    works = Works(narrow, clock, ids, ROUTES, lambda _topics: None)

    async def act() -> None:
        async with works.begin() as work:
            await work.execute(ADD, SLOWLY if where == "the commit" else 1)
            if where == "a statement":
                await work.value("SELECT pg_sleep(2)")

    acting = asyncio.ensure_future(act())
    await asyncio.sleep(0.5)
    acting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await acting

    async with works.look() as work:
        assert not work.connection.is_in_transaction()
    await do(works, "INSERT INTO effects VALUES (2)")
    assert 2 in await effects(narrow)
    assert 1 not in await effects(narrow)


SLOWLY = 7
# A commit with this effect takes its time.
SLOW = f"""
CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(2); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON effects DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.number = {SLOWLY}) EXECUTE FUNCTION wait()"""
