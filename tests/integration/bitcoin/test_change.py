"""A wallet of one coin sends twice: its own change is waited for, and no coin is given twice."""

import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import psycopg
import pytest
from structlog.testing import capture_logs

from sluice.base.actor import Actor
from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.ids import Ids, MerchantId
from sluice.base.outbox.model import NO_ROUTES
from sluice.base.work import Works
from sluice.business.accounts.merchants.edit import create_merchant
from sluice.business.accounts.merchants.model import Settings
from sluice.engine.chains.bitcoin.addresses import BitcoinAddresses
from sluice.engine.chains.bitcoin.nets import REGTEST
from sluice.engine.chains.bitcoin.network import bitcoin_network
from sluice.engine.chains.bitcoin.node import Node
from sluice.engine.chains.bitcoin.reader import BitcoinReader
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.registry import Chains
from sluice.engine.keys.signer import Signer
from sluice.engine.keys.signers.local import LocalSigner
from sluice.engine.sender.edit import open_wallet
from sluice.engine.sender.model import HotWallet, Limits
from sluice.engine.sender.parts import Pace, Parts
from sluice.engine.sender.queue import queue_send
from sluice.engine.sender.turn import send_once
from tests.bitcoin.bitcoind import Bitcoind
from tests.integration.bitcoin.hot import Hot

SECOND = dt.timedelta(seconds=1)
FILLED = 1_000_000


@dataclass
class Bench:
    """A hot wallet of one coin, and the loop that sends from it."""

    hot: Hot
    parts: Parts
    clock: ManualClock
    wallet: HotWallet
    url: str

    async def queue(self, reference: str, sats: int) -> str:
        """Order so much to somebody new; return who."""
        order = replace(await self.hot.order(sats), reference=reference)
        actor = Actor(MerchantId(self.wallet.merchant_id), False, frozenset({"*"}))  # noqa: FBT003
        async with self.parts.works.begin(actor) as work:
            await queue_send(work, self.wallet, order)
        self.clock.advance(1)
        return order.recipient

    async def turn(self, *, mine: int = 0) -> list[str]:
        """Take a turn; return what somebody was told meanwhile."""
        with capture_logs() as logs:
            await send_once(self.parts)
        if mine:
            await self.hot.node.mine(mine)
            await self.hot.caught_up()
        self.clock.advance(20)
        return [log["reason"] for log in logs if log["event"] == "wallet.alarmed"]

    def sql(self, query: str, *args: object) -> list[tuple[object, ...]]:
        """Ask the database."""
        with psycopg.connect(self.url) as connection:
            return list(connection.execute(query.encode(), args).fetchall())

    def send(self, reference: str) -> tuple[object, ...]:
        """Return how a send stands."""
        [row] = self.sql("SELECT state, reason FROM sends WHERE reference = %s", reference)
        return row


@pytest.fixture(params=["with ElectrumX", "the node alone"])
async def bench(  # noqa: PLR0917 - fixtures
    request: pytest.FixtureRequest,
    node: Bitcoind,
    electrum_url: str,
    database: Database,
    database_url: str,
    clock: ManualClock,
    ids: Ids,
) -> AsyncIterator[Bench]:
    """Open a wallet that holds one coin, and is told of when it holds less than half of it."""
    hot = Hot(node, electrum_url)
    await hot.fill(FILLED)
    works = Works(database, clock, ids, NO_ROUTES, lambda _topics: None)
    signer = LocalSigner(hot.key.secret)
    writer = hot.writer if request.param == "with ElectrumX" else hot.by_node
    network = bitcoin_network(REGTEST)
    reader = BitcoinReader(REGTEST, Node(hot.node.url, hot.node.egress))
    chain = Chain(network, reader, BitcoinAddresses(REGTEST), writer=writer)

    async def find(_name: str) -> Signer:
        return signer

    pace = Pace(look=SECOND * 10, again=SECOND * 600, patience=SECOND * 6_000)
    parts = Parts(works, Chains({network.name: chain}), find, lambda _network: pace)
    async with works.begin() as work:
        merchant = await create_merchant(work, "Shop", Settings())
        wallet = await open_wallet(
            work, chain, signer.public_key, "hot", owner=(merchant.id, False),
            limits=Limits(low={"btc": FILLED // 2}),
            standing=await writer.standing(hot.account),
        )  # fmt: skip
    yield Bench(hot, parts, clock, wallet, database_url)
    await hot.server.close()


async def test_change_on_its_way_is_waited_for_and_alarms_nobody(bench: Bench) -> None:
    await bench.queue("po_1", 100_000)
    second = await bench.queue("po_2", 100_000)

    alarms = await bench.turn()
    before = bench.send("po_1"), bench.send("po_2")
    alarms += await bench.turn(mine=1)
    waited = bench.send("po_2")
    alarms += await bench.turn(mine=7)
    alarms += await bench.turn()

    assert before == (("open", None), ("queued", "change_underway"))
    assert waited == ("queued", "change_underway")
    assert (bench.send("po_1"), bench.send("po_2")) == (("done", None), ("done", None))
    assert alarms == []
    paid = await bench.hot.node.ask("getreceivedbyaddress", second)
    assert int(paid * 10**8) == 100_000
    [(used, slots)] = bench.sql("SELECT count(*), count(DISTINCT tx_id) FROM spent_coins")
    assert (used, slots) == (2, 2)


async def test_what_no_change_can_pay_is_told_at_once(bench: Bench) -> None:
    await bench.queue("po_1", 600_000)
    await bench.queue("po_2", 600_000)

    alarms = await bench.turn()
    alarms += await bench.turn()

    assert bench.send("po_2") == ("queued", "wallet_short")
    assert sorted(alarms) == ["low:btc", "wallet_short:btc"]


async def test_the_database_gives_no_coin_to_a_second_order(bench: Bench) -> None:
    await bench.queue("po_1", 100_000)
    await bench.turn()
    await bench.queue("po_2", 90_000)

    with pytest.raises(psycopg.errors.UniqueViolation, match="spent_coins"):
        bench.sql(
            "UPDATE sends s SET state = 'open', opened_at = now(), slot_key = 'other:1',"
            " slot = (SELECT slot FROM sends WHERE reference = 'po_1')"
            " WHERE reference = 'po_2' RETURNING id"
        )
