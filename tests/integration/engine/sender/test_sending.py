"""Money out, on the sandbox and a real database: limits, strangers, bumps, unknown states."""

import asyncio
import dataclasses
import datetime as dt
from typing import Any

import psycopg
import pytest

from sluice.base.actor import Actor
from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.errors import Conflict
from sluice.base.ids import Ids, MerchantId
from sluice.base.outbox.model import NO_ROUTES
from sluice.base.work import Works
from sluice.business.accounts.merchants.edit import create_merchant
from sluice.business.accounts.merchants.model import Settings
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.registry import Chains
from sluice.engine.chains.sandbox import levers
from sluice.engine.chains.sandbox.addresses import SandboxAddresses, address_of
from sluice.engine.chains.sandbox.network import sandbox_network
from sluice.engine.chains.sandbox.reader import SandboxReader
from sluice.engine.chains.sandbox.writer import SandboxWriter
from sluice.engine.chains.writer import Order, Slot, Standing
from sluice.engine.keys.signer import Signer
from sluice.engine.keys.signers.local import LocalSigner
from sluice.engine.sender.edit import change_limits, open_wallet
from sluice.engine.sender.freeze import find_any, freeze_wallet, thaw_wallet
from sluice.engine.sender.guard import without_underway
from sluice.engine.sender.model import HotWallet, Limits
from sluice.engine.sender.parts import Pace, Parts
from sluice.engine.sender.queue import cancel_send, queue_send
from sluice.engine.sender.turn import send_once

REORG_MAX = 2
TO = address_of(bytes(range(20)))


def seconds(count: float) -> dt.timedelta:
    return dt.timedelta(seconds=count)


@dataclasses.dataclass
class Bench:
    """A wallet on the sandbox, the loop that sends from it, and time that we move."""

    parts: Parts
    clock: ManualClock
    wallet: HotWallet
    signer: LocalSigner
    url: str

    @property
    def actor(self) -> Actor:
        return Actor(MerchantId(self.wallet.merchant_id), self.wallet.livemode, frozenset({"*"}))

    async def queue(self, reference: str, units: int = 100) -> str:
        order = Order("sandbox", "usdc", units, TO, reference)
        async with self.parts.works.begin(self.actor) as work:
            return (await queue_send(work, self.wallet, order)).id

    async def turn(self, count: int = 1, *, mine: bool = False, wait_s: float = 1) -> None:
        for _ in range(count):
            await send_once(self.parts)
            if mine:
                async with self.parts.works.begin() as work:
                    await levers.mine(work)
            self.clock.advance(wait_s)

    async def limit(self, **limits: Any) -> None:  # noqa: ANN401
        async with self.parts.works.begin() as work:
            await change_limits(work, self.wallet, Limits(**limits))

    def row(self, query: str, *args: object) -> tuple[Any, ...]:
        with psycopg.connect(self.url) as connection:
            found = connection.execute(query.encode(), args).fetchone()
        assert found is not None
        return tuple(found)

    def send(self, reference: str) -> tuple[Any, ...]:
        return self.row("SELECT state, reason, slot_key FROM sends WHERE reference = %s", reference)

    def transfers(self) -> int:
        (count,) = self.row(
            "SELECT count(*) FROM sandbox_outputs o JOIN sandbox_transactions t USING (tx_id)"
            " WHERE t.state = 'included' AND o.recipient = %s", TO,
        )  # fmt: skip
        return int(count)

    def frozen(self) -> str | None:
        (reason,) = self.row("SELECT frozen_reason FROM hot_wallets")
        return None if reason is None else str(reason)


@pytest.fixture
async def bench(database: Database, database_url: str, clock: ManualClock, ids: Ids) -> Bench:
    """Open a wallet and everything that sends from it."""
    works = Works(database, clock, ids, NO_ROUTES, lambda _topics: None)
    network = sandbox_network(depth=1, reorg_max=REORG_MAX)
    addresses = SandboxAddresses(b"seed")
    writer = SandboxWriter(works, network)
    chain = Chain(network, SandboxReader(database, network), addresses, writer=writer)
    signer = LocalSigner(bytes(range(1, 33)))

    async def find(_name: str) -> Signer:
        return signer

    pace = Pace(look=seconds(1), again=seconds(5), patience=seconds(20))
    parts = Parts(works, Chains({"sandbox": chain}), find, lambda _network: pace)
    async with works.begin() as work:
        merchant = await create_merchant(work, "Shop", Settings())
        wallet = await open_wallet(
            work, chain, signer.public_key, "hot", owner=(merchant.id, False), limits=Limits(),
            standing=Standing(),
        )  # fmt: skip
    return Bench(parts, clock, wallet, signer, database_url)


async def test_an_order_is_sent_once_and_done_when_it_is_final(bench: Bench) -> None:
    await bench.queue("re_1")

    await bench.turn()
    opened = bench.send("re_1")
    await bench.turn(REORG_MAX + 3, mine=True)

    assert opened == ("open", None, "0")
    assert bench.send("re_1")[0] == "done"
    assert bench.transfers() == 1


async def test_two_workers_send_an_order_once(bench: Bench) -> None:
    """R03."""
    await bench.queue("re_1")

    await asyncio.gather(*(send_once(bench.parts) for _ in range(4)))
    await bench.turn(REORG_MAX + 3, mine=True)

    assert bench.send("re_1")[0] == "done"
    assert bench.transfers() == 1
    assert bench.row("SELECT count(*) FROM send_attempts") == (1,)


async def test_one_thing_has_one_order(bench: Bench) -> None:
    await bench.queue("re_1")

    with pytest.raises(Conflict):
        await bench.queue("re_1")


async def test_an_order_can_be_taken_back_until_it_has_its_number(bench: Bench) -> None:
    await bench.queue("re_1")
    await bench.queue("re_2")
    async with bench.parts.works.begin(bench.actor) as work:
        before = await cancel_send(work, "re_1")
    await bench.turn()
    async with bench.parts.works.begin(bench.actor) as work:
        after = await cancel_send(work, "re_2")

    assert (before, after) == (True, False)
    assert bench.send("re_1")[0] == "canceled"


async def test_a_dropped_transaction_is_sent_again_with_the_same_bytes(bench: Bench) -> None:
    """R01."""
    await bench.queue("re_1")
    await bench.turn()
    (tx_id,) = bench.row("SELECT tx_id FROM send_attempts")
    async with bench.parts.works.begin() as work:
        await levers.drop(work, tx_id)

    await bench.turn(8)
    await bench.turn(REORG_MAX + 3, mine=True)

    assert bench.row("SELECT count(*) FROM send_attempts") == (1,)
    assert bench.row("SELECT tellings > 1 FROM send_attempts") == (True,)
    assert (bench.send("re_1")[0], bench.transfers()) == ("done", 1)


async def test_a_stuck_transaction_is_bumped_in_its_slot(bench: Bench) -> None:
    """R04."""
    await bench.queue("re_1")
    await bench.turn(25)

    fees = bench.row("SELECT array_agg((price->>'fee')::int ORDER BY n) FROM send_attempts")[0]
    await bench.turn(REORG_MAX + 3, mine=True)

    assert fees[:2] == [1000, 1125]
    assert (bench.send("re_1")[0], bench.transfers()) == ("done", 1)
    assert bench.row("SELECT count(DISTINCT slot_key) FROM sends") == (1,)


async def test_a_strangers_transaction_freezes_the_wallet(bench: Bench) -> None:
    """R05."""
    writer = bench.parts.writer("sandbox")
    elsewhere = Order("sandbox", "usdc", 7, address_of(bytes(20)), "elsewhere")
    unsigned = writer.build(elsewhere, bench.wallet.account, Slot(nonce=0), {"fee": 5000})
    signature = await bench.signer.sign_digest(unsigned.digests[0])
    await writer.broadcast(writer.seal(unsigned, bench.wallet.account, [signature]).raw)
    await bench.queue("re_1")

    await bench.turn(5, mine=True)
    frozen = bench.frozen()
    await thaw_wallet(bench.parts, bench.wallet.id)
    await bench.turn(70)
    await bench.turn(REORG_MAX + 3, mine=True)

    assert frozen is not None
    assert frozen.startswith("stranger")
    assert bench.send("re_1") == ("done", None, "1")
    assert bench.transfers() == 1


async def test_a_slot_a_stranger_used_fails_its_order_after_a_person_looked(bench: Bench) -> None:
    """R05."""
    await bench.queue("re_1")
    await bench.turn()
    writer = bench.parts.writer("sandbox")
    elsewhere = Order("sandbox", "usdc", 7, address_of(bytes(20)), "elsewhere")
    unsigned = writer.build(elsewhere, bench.wallet.account, Slot(nonce=0), {"fee": 9000})
    signature = await bench.signer.sign_digest(unsigned.digests[0])
    await writer.broadcast(writer.seal(unsigned, bench.wallet.account, [signature]).raw)

    await bench.turn(REORG_MAX + 3, mine=True)
    frozen, waiting = bench.frozen(), bench.send("re_1")[0]
    await thaw_wallet(bench.parts, bench.wallet.id)

    assert (frozen is not None, waiting) == (True, "open")
    assert bench.send("re_1")[:2] == ("failed", "replaced")
    assert (bench.frozen(), bench.transfers()) == (None, 0)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"fee_max": 999}, "fee_guard"),
        ({"send_max": {"usdc": 99}}, "send_limit"),
        ({"day_max": {"usdc": 99}}, "day_limit"),
    ],
)
async def test_a_limit_holds_an_order_until_a_person_lifts_it(
    bench: Bench, limits: dict[str, Any], reason: str
) -> None:
    """R09."""
    await bench.limit(**limits)
    await bench.queue("re_1")

    await bench.turn(3)
    held = bench.send("re_1")
    await bench.limit()
    await bench.turn(70)
    await bench.turn(REORG_MAX + 3, mine=True)

    assert held == ("queued", reason, None)
    assert bench.send("re_1")[0] == "done"


async def test_what_left_today_counts_towards_the_days_limit(bench: Bench) -> None:
    await bench.limit(day_max={"usdc": 150})
    await bench.queue("re_1")
    bench.clock.advance(1)
    await bench.queue("re_2")

    await bench.turn(REORG_MAX + 5, mine=True)
    held = bench.send("re_2")[:2]
    bench.clock.advance(86_400)
    await bench.turn(REORG_MAX + 5, mine=True)

    assert held == ("queued", "day_limit")
    assert (bench.send("re_1")[0], bench.send("re_2")[0]) == ("done", "done")


async def test_a_broken_promise_holds_what_it_names(bench: Bench) -> None:
    with psycopg.connect(bench.url) as connection:
        connection.execute("INSERT INTO payout_holds VALUES ('usdc', 'I35', now())")
    await bench.queue("re_1")

    await bench.turn(3)

    assert bench.send("re_1") == ("queued", "payouts_held", None)


async def test_a_state_of_a_newer_release_stops_the_wallet(bench: Bench) -> None:
    """R13."""
    await bench.queue("re_1")
    with psycopg.connect(bench.url) as connection:
        connection.execute("ALTER TABLE sends DROP CONSTRAINT sends_state_check")
        connection.execute("UPDATE sends SET state = 'escrowed', ended_at = now()")

    await bench.turn(5, mine=True)

    assert "does not know" in str(bench.frozen())
    assert bench.transfers() == 0


async def test_a_frozen_wallet_sends_nothing_new(bench: Bench) -> None:
    async with bench.parts.works.begin() as work:
        await freeze_wallet(work, await find_any(work, bench.wallet.id), "by hand")
    await bench.queue("re_1")

    await bench.turn(5, mine=True)

    assert bench.send("re_1") == ("queued", "wallet_frozen", None)
    assert bench.transfers() == 0


async def test_what_orders_on_their_way_take_is_not_there_for_the_next(bench: Bench) -> None:
    await bench.queue("po_first", units=60)
    await bench.turn()
    shown = Standing(next_mined=0, next_pending=1, balances={"usdc": 100, "stx": 10**6})
    async with bench.parts.works.begin() as work:
        waiting = await without_underway(work, bench.wallet, shown, "stx")
        included = await without_underway(
            work, bench.wallet, dataclasses.replace(shown, next_mined=1), "stx"
        )

    (cost,) = bench.row("SELECT max(cost_max) FROM send_attempts")
    assert waiting.balances == {"usdc": 40, "stx": 10**6 - cost}
    assert included.balances == shown.balances


async def test_a_look_older_than_the_end_of_an_order_does_not_bring_its_money_back(
    bench: Bench,
) -> None:
    old = Standing(next_mined=0, next_pending=0, balances={"usdc": 100})
    await bench.queue("po_first", units=60)
    await bench.turn(6, mine=True)
    assert bench.send("po_first")[0] == "done"

    async with bench.parts.works.begin() as work:
        left = await without_underway(work, bench.wallet, old, "stx")

    assert left.balances["usdc"] == 40
