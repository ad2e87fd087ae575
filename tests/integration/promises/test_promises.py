"""The promises hold on a book the system wrote, and each one sees the fault planted for it."""

import re
from typing import Any, Final

import psycopg
import pytest

from sluice.base.clock import ManualClock
from sluice.base.database import open_database
from sluice.base.ids import Ids
from sluice.base.outbox.model import NO_ROUTES
from sluice.base.work import Works
from sluice.business.trust.promises.check import (
    check_and_hold,
    check_promises,
    lift_hold,
    list_holds,
    read_promises,
)
from tests.conftest import START
from tests.integration.promises.faults import CONVERSION_FAULTS, CONVERTED, FAULTS, REFUSED

Book = psycopg.Connection[dict[str, Any]]

_GUARDS: Final = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', conrelid::regclass, conname)
  AS drop
FROM pg_constraint WHERE contype IN ('c', 'u', 'f') AND connamespace = 'public'::regnamespace
  AND contypid = 0
UNION ALL SELECT format('DROP INDEX %s', indexrelid::regclass)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)"""


def broken(book: Book) -> dict[str, list[dict[str, Any]]]:
    """Return the names of the promises that are broken, with the rows that break them."""
    found = {
        promise.name: book.execute(promise.sql.encode()).fetchall() for promise in read_promises()
    }
    return {name: rows for name, rows in found.items() if rows}


def plant(book: Book, fault: str) -> None:
    for statement in fault.split(";"):
        if statement.strip():
            assert book.execute(statement.encode()).rowcount > 0, statement


def test_every_promise_has_a_number_a_sentence_and_a_fault() -> None:
    promises = read_promises()

    names = [promise.name for promise in promises]
    assert len(names) >= 50
    assert names == sorted(set(names))
    assert set(names) == set(FAULTS)
    assert all(re.match(r"[a-z]", promise.says) for promise in promises)


def test_a_book_the_system_wrote_breaks_no_promise(book: Book) -> None:
    assert broken(book) == {}


def test_the_book_has_something_for_every_promise_to_look_at(book: Book) -> None:
    states = {row["state"] for row in book.execute("SELECT DISTINCT state FROM transfers")}
    kinds = {
        row["kind"] for row in book.execute("SELECT kind FROM ledger_accounts WHERE balance > 0")
    }

    assert states == {"included", "confirmed", "final"}
    assert kinds == {
        "custody:sandbox",
        "received",
        "pending",
        "available",
        "unapplied",
        "fees",
        "reserved:sandbox",
    }


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_planted_fault_is_seen_by_its_promise(book: Book, name: str) -> None:
    book.execute("SET LOCAL session_replication_role = replica")
    for row in book.execute(_GUARDS).fetchall():
        book.execute(row["drop"].encode())

    plant(book, FAULTS[name])

    assert name in broken(book)


def test_a_payment_through_the_peg_breaks_no_promise(book: Book) -> None:
    plant(book, CONVERTED)

    assert broken(book) == {}


@pytest.mark.parametrize("what", sorted(CONVERSION_FAULTS))
def test_a_fault_in_a_conversion_is_seen_by_its_promise(book: Book, what: str) -> None:
    name, fault = CONVERSION_FAULTS[what]
    plant(book, CONVERTED)
    book.execute("SET LOCAL session_replication_role = replica")
    for row in book.execute(_GUARDS).fetchall():
        book.execute(row["drop"].encode())

    plant(book, fault)

    assert name in broken(book)


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_fault_is_refused_by_the_schema_where_it_can_be(book: Book, name: str) -> None:
    try:
        plant(book, FAULTS[name])
        book.execute("SET CONSTRAINTS ALL IMMEDIATE")
        refused = False
    except psycopg.Error:
        refused = True

    assert refused == (name in REFUSED)


async def test_a_broken_promise_holds_payouts_of_its_asset_until_somebody_lifts_it(
    book_url: str,
) -> None:
    database = await open_database(book_url)
    clock = ManualClock(START)
    works = Works(database, clock, Ids(clock, seed=1), NO_ROUTES, lambda _topics: None)
    async with works.begin() as work:
        await work.execute("UPDATE ledger_accounts SET balance = balance + 1 WHERE kind = 'fees'")
    told: dict[str, int] = {}

    found = await check_and_hold(works, told.__setitem__)

    async with works.begin() as work:
        held = await list_holds(work)
        lifted = [await lift_hold(work, reason) for reason in ("I03", "I04", "I35", "I58")]
        await work.execute("UPDATE ledger_accounts SET balance = balance - 1 WHERE kind = 'fees'")
    async with works.snapshot() as work:
        after = await check_promises(work)
    await database.close()
    assert [one.promise.name for one in found] == ["I03", "I04", "I35", "I58"]
    assert held == [("usdc", "I03"), ("usdc", "I04"), ("usdc", "I35"), ("usdc", "I58")]
    assert (told["I03"], told["I01"]) == (1, 0)
    assert lifted == [1, 1, 1, 1]
    assert after == []
