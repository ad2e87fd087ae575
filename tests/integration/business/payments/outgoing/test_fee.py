"""What networks take for carrying is booked: out of what lies there, and else as money paid in."""

import asyncpg
import pytest

from sluice.base.actor import Actor
from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.ids import Ids, MerchantId
from sluice.base.money.catalogue import money
from sluice.base.outbox.model import NO_ROUTES
from sluice.base.work import Works
from sluice.business.payments.outgoing.fee import on_sends_ended
from sluice.engine.ledger import chart
from sluice.engine.ledger.balance import read_balances
from sluice.engine.ledger.model import Entry, credit, debit
from sluice.engine.ledger.post import name_entries, post_entries
from sluice.engine.sender.facts import SendDone, SendFailed

MERCHANT = "acct_a"
OWNER = Actor(MerchantId(MERCHANT), livemode=False, permissions=frozenset({"*"}))


@pytest.fixture
async def works(database: Database, clock: ManualClock, ids: Ids) -> Works:
    """A merchant with 1,000 satoshis on Bitcoin, 300 of them on their way out."""
    works = Works(database, clock, ids, NO_ROUTES, lambda _topics: None)
    opening = Entry(
        MERCHANT, OWNER.livemode, "opening", "opening", 1, "Opening",
        [
            debit(chart.custody("bitcoin"), money(1_000, "btc")),
            credit(chart.AVAILABLE, money(700, "btc")),
            credit(chart.reserved("bitcoin"), money(300, "btc")),
        ],
    )  # fmt: skip
    async with works.begin() as work:
        work.insert(
            "INSERT INTO merchants (id, name, created_at) VALUES ($1, $2, $3)",
            MERCHANT,
            "Shop",
            work.now,
        )
        await post_entries(work, name_entries(work, [opening]))
    return works


def done(send_id: str, cost: int, *, network: str = "bitcoin", fee_asset: str = "btc") -> SendDone:
    """News of a send that cost so much."""
    return SendDone(
        merchant_id=MERCHANT, livemode=False, send_id=send_id, reference="po_1", tx_id="t",
        network=network, fee_asset=fee_asset, cost=cost,
    )  # fmt: skip


async def held(works: Works) -> dict[tuple[str, str], int]:
    """Return what each account holds, without the empty ones."""
    async with works.begin(OWNER) as work:
        found = await read_balances(work)
    return {
        (one.account, one.money.asset.code): one.money.units for one in found if one.money.units
    }


async def test_a_fee_is_taken_of_what_lies_there_and_is_promised_to_nobody(works: Works) -> None:
    failed = SendFailed(
        merchant_id=MERCHANT, livemode=False, send_id="snd_2", reference="re_1", tx_id="u",
        network="bitcoin", fee_asset="btc", cost=600, code="voided", reason="",
    )  # fmt: skip
    async with works.begin() as work:
        await on_sends_ended(work, [done("snd_1", 200), failed])

    assert await held(works) == {
        ("custody:bitcoin", "btc"): 300,
        ("available", "btc"): 700,
        ("reserved:bitcoin", "btc"): 300,
        ("network_fees", "btc"): 800,
        ("paid_in", "btc"): 100,
    }


async def test_stx_nobody_paid_with_are_money_the_merchant_put_in(works: Works) -> None:
    async with works.begin() as work:
        await on_sends_ended(work, [done("snd_1", 3_000, network="stacks", fee_asset="stx")])

    found = await held(works)
    assert found["network_fees", "stx"] == found["paid_in", "stx"] == 3_000


async def test_gas_is_no_asset_of_the_books_and_nothing_costs_nothing(works: Works) -> None:
    before = await held(works)
    async with works.begin() as work:
        free = done("snd_2", 0)
        await on_sends_ended(work, [done("snd_1", 10**15, fee_asset="eth"), free])

    assert await held(works) == before


async def test_the_same_fee_cannot_be_booked_twice(works: Works) -> None:
    async with works.begin() as work:
        await on_sends_ended(work, [done("snd_1", 200)])

    with pytest.raises(asyncpg.UniqueViolationError):
        async with works.begin() as work:
            await on_sends_ended(work, [done("snd_1", 200)])
    assert (await held(works))["custody:bitcoin", "btc"] == 800
