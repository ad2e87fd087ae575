"""Depth: under our own cursor, never a provider's."""

import datetime as dt

from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.ids import Ids
from sluice.base.outbox.model import Routes
from sluice.base.work import Works
from sluice.engine.chains.model import Header, Style, Transfer
from sluice.engine.watcher import store
from sluice.engine.watcher.model import Candidate, Sighting, Target
from sluice.engine.watcher.progress import find_progress
from sluice.engine.watcher.targets import expect

MERCHANT = "acct_111111111111111111111111"
TARGET = Target(
    id="tgt_1",
    merchant_id=MERCHANT,
    livemode=False,
    network="sandbox",
    style=Style.ADDRESS,
    address="sb1to",
    reference="off_a",
    watch_until=dt.datetime(2027, 1, 1, tzinfo=dt.UTC),
)


async def test_depth_counts_the_transfers_own_block(
    database: Database, clock: ManualClock, ids: Ids
) -> None:
    works = await house(database, clock, ids)

    async with works.begin() as work:
        found = await find_progress(work, ["off_a", "off_b", "off_none"])

    assert {one.transfer.tx_id: one.depth for one in found} == {"old": 3, "new": 1, "pending": 0}


async def test_a_cursor_that_went_back_meanwhile_makes_no_negative_depth(
    database: Database, clock: ManualClock, ids: Ids
) -> None:
    works = await house(database, clock, ids)
    async with works.begin() as work:
        await store.move(work, "sandbox", header(8, clock), None, 6)

        found = await find_progress(work, ["off_a", "off_b"])

    assert {one.transfer.tx_id: one.depth for one in found} == {"old": 1, "new": 1, "pending": 0}


async def test_nothing_seen_asks_for_no_height(
    database: Database, clock: ManualClock, ids: Ids
) -> None:
    works = Works(database, clock, ids, Routes({}, {}), lambda _topics: None)

    async with works.begin() as work:
        assert await find_progress(work, ["off_a"]) == []


async def house(database: Database, clock: ManualClock, ids: Ids) -> Works:
    """Stand on block 12 with a transfer in block 10, one in block 12, and one in the mempool."""
    works = Works(database, clock, ids, Routes({}, {}), lambda _topics: None)
    async with works.begin() as work:
        await work.execute(
            "INSERT INTO merchants (id, name, status, settings, created_at) "
            "VALUES ($1, 'Tea House', 'active', '{}', $2)",
            MERCHANT,
            work.now,
        )
        expect(work, TARGET)
        await store.begin(work, "sandbox", header(9, clock), None, 6)
        for height in (10, 11, 12):
            await store.add_block(work, "sandbox", header(height, clock))
        await store.see(work, "sandbox", [sighting("old", "off_a")], header(10, clock))
        await store.see(work, "sandbox", [sighting("new", "off_b")], header(12, clock))
        await store.see(work, "sandbox", [sighting("pending", "off_b")], None)
        await store.move(work, "sandbox", header(12, clock), None, 6)
    return works


def header(height: int, clock: ManualClock) -> Header:
    """Return the header at a height."""
    at = clock.now() + dt.timedelta(seconds=height)
    return Header(height, f"{height:064x}", f"{height - 1:064x}", at)


def sighting(tx_id: str, reference: str) -> Sighting:
    """Return a transfer for a reference."""
    transfer = Transfer(tx_id, 0, "usdc", "sb1from", "sb1to", 1_000_000)
    target = Candidate(
        0, "tgt_1", MERCHANT, livemode=False, style=Style.ADDRESS, reference=reference
    )
    return Sighting(transfer, target, 3)
