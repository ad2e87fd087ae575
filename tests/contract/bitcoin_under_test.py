"""A Bitcoin network with its levers within reach: a real node on regtest."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any, Final

from sluice.engine.chains.bitcoin.addresses import BitcoinAddresses, write_address
from sluice.engine.chains.bitcoin.amounts import show_btc
from sluice.engine.chains.bitcoin.blocks.header import decode_header
from sluice.engine.chains.bitcoin.electrum import Electrum
from sluice.engine.chains.bitcoin.nets import REGTEST
from sluice.engine.chains.bitcoin.network import bitcoin_network
from sluice.engine.chains.bitcoin.node import Node
from sluice.engine.chains.bitcoin.reader import BitcoinReader
from sluice.engine.chains.bitcoin.scripts import ScriptType, script_of
from sluice.engine.chains.chain import ChainReader
from sluice.engine.chains.model import Network
from tests.bitcoin.bitcoind import Bitcoind
from tests.contract.chain_under_test import WithReader

# A fee of the wallet's own kind, and one that replaces it.
_FEE_SATS: Final = 5_000
_TRIES: Final = 400
# The suite reads a chain from its first block.
_BLOCKS_MAX: Final = 2_000


class BitcoinUnderTest:
    """A node whose wallet pays, started so that it relays the smallest amounts, too."""

    assets = ("btc",)

    def __init__(self, node: Bitcoind) -> None:
        self.node = node
        self.network: Network = bitcoin_network(REGTEST)
        self.reader = self.reader_at(node.url)
        self.addresses = BitcoinAddresses(REGTEST)
        self._fresh = 0

    def reader_at(self, url: str) -> BitcoinReader:
        """Return a reader of another node."""
        return BitcoinReader(REGTEST, Node(url, self.node.egress), blocks_max=_BLOCKS_MAX)

    def new_address(self) -> str:
        """Return an address nobody has used."""
        self._fresh += 1
        digest = hashlib.sha256(f"{id(self)}/{self._fresh}".encode()).digest()
        return write_address(script_of(ScriptType.P2WPKH, digest[:20]), REGTEST)

    async def pay(
        self, recipient: str, units: int, *, asset: str = "btc", memo: str | None = None
    ) -> str:
        """Send from the wallet; there is one asset, and no memo."""
        assert (asset, memo) == ("btc", None)
        return await self.node.pay(recipient, units)

    async def mine(self, count: int = 1) -> Sequence[object]:
        """Add blocks; the first takes what waits."""
        return await self.node.mine(count)

    async def fork(self, depth: int, *, keep: bool) -> Sequence[object]:
        """Replace the newest blocks by one more; what was in them waits again, or is spent else."""
        height = await self.node.ask("getblockcount")
        left = [
            await self.node.ask("getblockhash", at) for at in range(height - depth + 1, height + 1)
        ]
        await self.node.undo(depth)
        waiting = [] if keep else await self.node.ask("getrawmempool")
        spent = [await self.node.elsewhere(tx_id, fee_sats=_FEE_SATS) for tx_id in waiting]
        for number in range(depth + 1):
            address = await self.node.new_address()
            await self.node.ask("generateblock", address, spent if number == 0 else [])
        return left

    async def replace(self, tx_id: str, recipient: str, units: int) -> str:
        """Spend what a waiting transaction spends, for somebody else."""
        old = await self.node.ask("getrawtransaction", tx_id, 1)
        inputs = [
            {"txid": one["txid"], "vout": one["vout"], "sequence": 0xFFFFFFFD} for one in old["vin"]
        ]
        spent = sum([await self._value(one) for one in inputs])
        change = spent - units - 4 * _FEE_SATS
        outputs = [
            {recipient: show_btc(units)},
            {await self.node.new_address(): show_btc(change)},
        ]
        raw = await self.node.ask("createrawtransaction", inputs, outputs)
        signed = await self.node.ask("signrawtransactionwithwallet", raw)
        made: str = await self.node.ask("sendrawtransaction", signed["hex"])
        return made

    async def drop(self, tx_id: str) -> None:
        """Let the network forget a waiting transaction: a block spends its money elsewhere."""
        raw = await self.node.elsewhere(tx_id, fee_sats=_FEE_SATS)
        await self.node.ask("generateblock", await self.node.new_address(), [raw])

    async def _value(self, spent: dict[str, Any]) -> int:
        found = await self.node.ask("getrawtransaction", spent["txid"], 1)
        return int(found["vout"][spent["vout"]]["value"] * 10**8)


class WithPatience(WithReader):
    """The same network, witnessed by a server that needs a moment after each change."""

    def __init__(self, chain: BitcoinUnderTest, reader: ChainReader, witness: Electrum) -> None:
        super().__init__(chain, reader)
        self._bitcoin = chain
        self._witness = witness

    async def mine(self, count: int = 1) -> Sequence[object]:
        """Add blocks, and wait until the witness saw them."""
        made = await self._bitcoin.mine(count)
        await self.caught_up()
        return made

    async def fork(self, depth: int, *, keep: bool) -> Sequence[object]:
        """Fork, and wait until the witness saw it."""
        left = await self._bitcoin.fork(depth, keep=keep)
        await self.caught_up()
        return left

    async def drop(self, tx_id: str) -> None:
        """Drop, and wait until the witness saw the block that did it."""
        await self._bitcoin.drop(tx_id)
        await self.caught_up()

    async def caught_up(self) -> None:
        """Wait until the witness stands where the node does."""
        best = await self._bitcoin.node.ask("getbestblockhash")
        for _ in range(_TRIES):
            if decode_header((await self._witness.tip())[1]).hash == best:
                return
            await asyncio.sleep(0.05)
        raise TimeoutError("ElectrumX does not follow its node")
