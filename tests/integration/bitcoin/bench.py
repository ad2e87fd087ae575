"""Bench: a wallet of one coin on a real node, and the loop that sends from it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import psycopg
from structlog.testing import capture_logs

from sluice.base.actor import Actor
from sluice.base.clock import ManualClock
from sluice.base.ids import MerchantId
from sluice.base.work import Works
from sluice.business.accounts.merchants.edit import create_merchant
from sluice.business.accounts.merchants.model import Settings
from sluice.engine.chains.bitcoin.addresses import BitcoinAddresses
from sluice.engine.chains.bitcoin.nets import REGTEST
from sluice.engine.chains.bitcoin.network import bitcoin_network
from sluice.engine.chains.bitcoin.node import Node
from sluice.engine.chains.bitcoin.reader import BitcoinReader
from sluice.engine.chains.bitcoin.sending.outside import BitcoinOutside
from sluice.engine.chains.bitcoin.sending.spender import Spender
from sluice.engine.chains.bitcoin.sending.writer import BitcoinWriter
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.registry import Chains
from sluice.engine.keys.signer import Signer
from sluice.engine.keys.signers.local import LocalSigner
from sluice.engine.sender.edit import open_wallet
from sluice.engine.sender.model import HotWallet, Limits
from sluice.engine.sender.parts import Pace, Parts
from sluice.engine.sender.queue import queue_send
from sluice.engine.sender.turn import send_once
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


async def open_bench(
    hot: Hot,
    works: Works,
    clock: ManualClock,
    url: str,
    *,
    writer: BitcoinWriter,
    signer: str = "hot",
    sources: Sequence[Spender] = (),
) -> Bench:
    """Open a wallet that is told of when it holds less than half of its coin."""
    local = LocalSigner(hot.key.secret)
    network = bitcoin_network(REGTEST)
    reader = BitcoinReader(REGTEST, Node(hot.node.url, hot.node.egress))
    outside = BitcoinOutside(sources)
    chain = Chain(network, reader, BitcoinAddresses(REGTEST), writer=writer, outside=outside)

    async def find(name: str) -> Signer:
        assert name == "hot"
        return local

    pace = Pace(look=SECOND * 10, again=SECOND * 600, patience=SECOND * 6_000)
    parts = Parts(works, Chains({network.name: chain}), find, lambda _network: pace)
    standing = await writer.standing(hot.account)
    limits = Limits(low={"btc": FILLED // 2})
    async with works.begin() as work:
        merchant = await create_merchant(work, "Shop", Settings())
        wallet = await open_wallet(
            work, chain, local.public_key, signer, owner=(merchant.id, False), limits=limits,
            standing=standing,
        )  # fmt: skip
    return Bench(hot, parts, clock, wallet, url)
