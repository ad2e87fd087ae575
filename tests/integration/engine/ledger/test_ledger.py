"""The books: entries balance, are written once and never changed, and nothing goes below zero."""

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Sequence

import asyncpg
import pytest

from sluice.base.actor import Actor
from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.ids import Ids, MerchantId
from sluice.base.money.catalogue import money
from sluice.base.outbox.model import NO_ROUTES
from sluice.base.work import Works
from sluice.engine.ledger.balance import balance_at, read_balances, trial_balance
from sluice.engine.ledger.model import Entry, Posting, credit, debit
from sluice.engine.ledger.post import name_entries, post_entries
from sluice.engine.ledger.reverse import reversal_of
from sluice.engine.ledger.statement import read_statement
from tests.integration.base.effects import change, look

MERCHANT = "acct_a"
OWNER = Actor(MerchantId(MERCHANT), livemode=False, permissions=frozenset({"*"}))


@pytest.fixture
async def works(database: Database, clock: ManualClock, ids: Ids) -> Works:
    works = Works(database, clock, ids, NO_ROUTES, lambda _topics: None)
    async with works.begin() as work:
        for name in (MERCHANT, "acct_b"):
            work.insert(
                "INSERT INTO merchants (id, name, created_at) VALUES ($1, $2, $3)",
                name,
                name,
                work.now,
            )
    return works


def entry(*postings: Posting, source: str = "s1", kind: str = "deposit", seq: int = 1) -> Entry:
    """An entry of the merchant's in test mode."""
    return Entry(
        merchant_id=MERCHANT,
        livemode=False,
        kind=kind,
        source=source,
        seq=seq,
        description=f"{kind} of {source}",
        postings=postings,
    )


def deposit(units: int, asset: str = "usdc", source: str = "s1") -> Entry:
    """Money that came to an intent."""
    whole = money(units, asset)
    return entry(debit("custody:sandbox", whole), credit("received", whole), source=source)


def settlement(units: int, fee: int, asset: str = "usdc", source: str = "s1") -> Entry:
    """An intent that was paid."""
    return entry(
        debit("received", money(units, asset)),
        credit("pending", money(units - fee, asset)),
        credit("fees", money(fee, asset)),
        source=source,
        kind="settlement",
    )


async def post(works: Works, *entries: Entry) -> list[str]:
    async with works.begin() as work:
        named = name_entries(work, entries)
        await post_entries(work, named)
    return [entry_id for entry_id, _ in named]


async def held(works: Works, owner: Actor = OWNER) -> dict[tuple[str, str], int]:
    """Return what the merchant's accounts hold, without the empty ones."""
    async with works.begin(owner) as work:
        balances = await read_balances(work)
    return {
        (one.account, one.money.asset.code): one.money.units for one in balances if one.money.units
    }


async def test_a_batch_moves_every_account_it_names(works: Works) -> None:
    posted = await post(
        works,
        deposit(20_000_000),
        deposit(500, "btc", source="s2"),
        settlement(20_000_000, 100_000),
    )

    assert len(set(posted)) == 3
    assert await held(works) == {
        ("custody:sandbox", "usdc"): 20_000_000,
        ("custody:sandbox", "btc"): 500,
        ("received", "btc"): 500,
        ("pending", "usdc"): 19_900_000,
        ("fees", "usdc"): 100_000,
    }


async def test_books_are_kept_apart_by_merchant_and_mode(works: Works) -> None:
    await post(works, deposit(5))

    for merchant_id, livemode in (("acct_b", False), (MERCHANT, True)):
        other = Actor(MerchantId(merchant_id), livemode, frozenset())
        assert await held(works, other) == {}


async def test_an_entry_is_written_at_most_once(works: Works) -> None:
    await post(works, deposit(5))

    with pytest.raises(asyncpg.UniqueViolationError):
        await post(works, deposit(5))

    assert await held(works) == {("custody:sandbox", "usdc"): 5, ("received", "usdc"): 5}


async def test_no_balance_goes_below_zero_and_nothing_of_the_batch_stays(works: Works) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="balance"):
        await post(works, deposit(100), settlement(101, 1))

    assert await held(works) == {}


async def test_amounts_reach_to_the_end_of_256_bits(works: Works) -> None:
    most = 2**256 - 1

    await post(works, deposit(most))

    assert await held(works) == {("custody:sandbox", "usdc"): most, ("received", "usdc"): most}
    with pytest.raises(asyncpg.CheckViolationError):
        await post(works, deposit(most + 1, source="s2"))


async def test_many_at_once_lose_nothing_and_end_without_waiting_for_each_other(
    works: Works,
) -> None:
    async def one(number: int) -> None:
        first, second = sorted(["usdc", "btc"], reverse=number % 2 == 0)
        await post(
            works, deposit(7, first, source=f"a{number}"), deposit(7, second, source=f"b{number}")
        )

    await asyncio.gather(*(one(number) for number in range(20)))

    assert set((await held(works)).values()) == {140}


async def test_a_reversal_undoes_an_entry_in_full(works: Works) -> None:
    [deposited, settled] = await post(works, deposit(1_000), settlement(1_000, 30))

    async with works.begin() as work:
        undo = await reversal_of(work, [settled, deposited], "a fork undid it")
        await post_entries(work, name_entries(work, undo))

    assert [(one.kind, one.reverses) for one in undo] == [
        ("settlement_reversal", settled),
        ("deposit_reversal", deposited),
    ]
    assert await held(works) == {}


async def test_an_entry_is_reversed_at_most_once(works: Works) -> None:
    [entry_id] = await post(works, deposit(1_000))
    async with works.begin() as work:
        [undo] = await reversal_of(work, [entry_id], "once")
        await post_entries(work, name_entries(work, [undo]))
    again = entry(
        debit("received", money(1_000, "usdc")),
        credit("custody:sandbox", money(1_000, "usdc")),
        kind="another_reversal",
    )
    await post(works, deposit(1_000, source="s2"))

    with pytest.raises(asyncpg.UniqueViolationError, match="ledger_entries_reverses"):
        await post(works, dataclasses.replace(again, reverses=entry_id))


async def test_the_trial_balance_has_equal_sides_in_every_asset(works: Works) -> None:
    await post(works, deposit(1_000), settlement(1_000, 30), deposit(9, "btc", source="s2"))

    async with works.begin() as work:
        lines = await trial_balance(work)

    for asset in ("usdc", "btc"):
        mine = [line for line in lines if line.debit.asset.code == asset]
        assert sum(line.debit.units for line in mine) == sum(line.credit.units for line in mine)
    assert {(line.account, line.debit.units, line.credit.units) for line in lines} == {
        ("custody:sandbox", 1_000, 0),
        ("received", 0, 0),
        ("pending", 0, 970),
        ("fees", 0, 30),
        ("custody:sandbox", 9, 0),
        ("received", 0, 9),
    }


async def test_a_statement_tells_how_an_account_grew_and_shrank(
    works: Works, clock: ManualClock
) -> None:
    start = clock.now()
    await post(works, deposit(1_000))
    clock.advance(60)
    await post(works, settlement(1_000, 30))
    clock.advance(60)
    await post(works, deposit(5, source="s2"))

    async with works.begin(OWNER) as work:
        lines = await read_statement(
            work, "received", "usdc", start=start, end=start + dt.timedelta(seconds=120)
        )
        then = await balance_at(work, "received", "usdc", start + dt.timedelta(seconds=59))
        now = await balance_at(work, "received", "usdc", work.now)

    assert [(line.kind, line.change.units) for line in lines] == [
        ("deposit", 1_000),
        ("settlement", -1_000),
    ]
    assert (then.units, now.units) == (1_000, 5)


TABLES = ("ledger_entries", "ledger_postings")
CHANGES = (
    "UPDATE {} SET merchant_id = merchant_id",
    "DELETE FROM {}",
    "TRUNCATE {} CASCADE",
)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("sql", CHANGES)
@pytest.mark.parametrize("owner", [None, OWNER], ids=["worker", "tenant"])
async def test_what_is_written_can_neither_be_changed_nor_removed(
    works: Works, table: str, sql: str, owner: Actor | None
) -> None:
    await post(works, deposit(5))

    async def rewrite() -> None:
        async with works.begin(*([owner] if owner else [])) as work:
            await work.execute(sql.format(table))

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await rewrite()


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("sql", CHANGES)
async def test_not_even_the_tables_owner_changes_what_is_written(
    works: Works, database: Database, table: str, sql: str
) -> None:
    await post(works, deposit(5))

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await change(database, sql.format(table))


Row = tuple[str, str, object]
BALANCED: list[Row] = [("D", "usdc", 1), ("C", "usdc", 1)]
FORGE = """
WITH forged AS (
  INSERT INTO ledger_entries (merchant_id, livemode, id, kind, source, seq, description, at)
  VALUES ($1, false, $2, 'forged', 'x', 1, '', now()))"""
ROWS = f"""
INSERT INTO ledger_postings (merchant_id, livemode, entry_id, account_id, asset, side, units)
SELECT $1, false, $2, a.id, p.asset, p.side, p.units
FROM unnest($3::text[], $4::text[], $5::numeric[]) AS p (side, asset, units)
JOIN ledger_accounts a ON a.merchant_id = '{MERCHANT}' AND a.asset = p.asset
  AND a.kind = CASE p.side WHEN 'C' THEN 'received' ELSE 'custody:sandbox' END"""


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([("D", "usdc", 5), ("C", "usdc", 4)], "does not balance"),
        ([("D", "usdc", 5), ("C", "btc", 5)], "does not balance"),
        ([("D", "usdc", 5)], "does not balance"),
        ([("D", "usdc", 0), ("C", "usdc", 0)], "units_check"),
        ([("D", "usdc", -5), ("C", "usdc", -5)], "units_check"),
        ([("D", "usdc", "NaN"), ("C", "usdc", "NaN")], "units_check"),
        ([("D", "usdc", 2**256), ("C", "usdc", 2**256)], "units_check"),
        ([("D", "usdc", 5), ("X", "usdc", 5)], "side_check"),
        ([], "no postings"),
    ],
    ids=["unequal", "mixed", "one side", "nothing", "negative", "nan", "257 bits", "side", "empty"],
)
async def test_the_database_itself_refuses_what_does_not_balance(
    works: Works, database: Database, rows: Sequence[Row], why: str
) -> None:
    await post(works, deposit(1_000), deposit(9, "btc", source="s2"))

    async def insert() -> None:
        async with works.begin() as work:
            await work.execute(FORGE + ROWS, MERCHANT, "txn_forged", *columns(rows))

    with pytest.raises(asyncpg.PostgresError, match=why):
        await insert()

    assert await look(database, "SELECT count(*) FROM ledger_entries") == [(2,)]


async def test_nothing_is_added_to_an_entry_that_is_written(works: Works) -> None:
    [entry_id] = await post(works, deposit(1_000))

    async def add() -> None:
        async with works.begin() as work:
            await work.execute(ROWS, MERCHANT, entry_id, *columns(BALANCED))

    with pytest.raises(asyncpg.PostgresError, match="already written"):
        await add()


async def test_no_posting_lands_in_another_merchants_account(works: Works) -> None:
    await post(works, deposit(1_000))

    async def add() -> None:
        async with works.begin() as work:
            await work.execute(FORGE + ROWS, "acct_b", "txn_b", *columns(BALANCED))

    with pytest.raises(asyncpg.PostgresError, match="foreign account"):
        await add()


def columns(rows: Sequence[Row]) -> list[list[object]]:
    return [[row[place] for row in rows] for place in range(3)]
