"""BitcoinField: a real Bitcoin node, on which the process that sends is killed."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sluice.app.app import App
from sluice.app.bitcoin import bitcoin_chain
from sluice.base.clock import SystemClock
from sluice.base.egress import Egress
from sluice.base.reach import NODES
from sluice.engine.chains.bitcoin.addresses import write_address
from sluice.engine.chains.bitcoin.amounts import parse_btc
from sluice.engine.chains.bitcoin.nets import REGTEST
from sluice.engine.chains.bitcoin.scripts import ScriptType, script_of
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.writer import Account
from sluice.engine.keys.signer import Signer
from sluice.engine.keys.signers.local import LocalSigner
from tests.bitcoin.bitcoind import Bitcoind, ready, run_bitcoind

# A wallet of several coins, as one has that was filled more than once.
_COINS: Final = 8


@dataclass(frozen=True)
class BitcoinField:
    """A real Bitcoin node on regtest, whose own wallet fills the merchant's."""

    url: str
    name: str = "bitcoin-regtest"
    asset: str = "btc"

    def chains(self, egress: Egress) -> Sequence[Chain]:
        """Return the network, final three blocks deep."""
        table = {"rpc": [self.url], "block_time_s": 0.1, "reorg_max": 2}
        clock = SystemClock()
        made = bitcoin_chain(
            self.name, table, egress=egress, clock=clock, count=lambda _source, _fault: None
        )
        return [made]

    def signer(self, app: App, merchant: str) -> Signer:  # noqa: ARG002
        """Return a key of this merchant's."""
        return LocalSigner(hashlib.sha256(merchant.encode()).digest())

    def recipient(self, seed: bytes) -> str:
        """Return an address on regtest."""
        return write_address(script_of(ScriptType.P2WPKH, seed[:20]), REGTEST)

    async def fill(self, app: App, address: str, key: bytes, units: int) -> Account:  # noqa: ARG002
        """Pay it in several coins."""
        async with self._node() as node:
            for _ in range(_COINS - 1):
                await node.pay(address, units // _COINS)
            await node.pay(address, units - units // _COINS * (_COINS - 1))
            await node.mine()
        return Account(address, key)

    async def mine(self, app: App) -> None:  # noqa: ARG002
        """Add a block."""
        async with self._node() as node:
            await node.mine()

    async def received(self, app: App, recipient: str) -> list[int]:  # noqa: ARG002
        """Read the outputs that nobody spent: nobody has the keys of these addresses."""
        async with self._node() as node:
            found = await node.ask("scantxoutset", "start", [{"desc": f"addr({recipient})"}])
        return [parse_btc(f"{one['amount']:f}") for one in found["unspents"]]

    @contextlib.asynccontextmanager
    async def _node(self) -> AsyncIterator[Bitcoind]:
        egress = Egress(NODES)
        try:
            yield Bitcoind(self.url, egress)
        finally:
            await egress.close()


@contextlib.contextmanager
def open_bitcoin() -> Iterator[BitcoinField]:
    """Start a node, and give its own wallet money."""
    with run_bitcoind(options=["-txindex=1"]) as url:
        asyncio.run(_prepare(url))
        yield BitcoinField(url)


async def _prepare(url: str) -> None:
    egress = Egress(NODES)
    try:
        await ready(Bitcoind(url, egress))
    finally:
        await egress.close()
