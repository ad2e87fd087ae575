"""BitcoinReader: blocks and what they pay to whom we wait for, read from one source."""

from collections.abc import Callable, Container, Iterable, Sequence
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.addresses import write_address
from sluice.engine.chains.bitcoin.blocks.header import BlockHeader, decode_header
from sluice.engine.chains.bitcoin.blocks.match import (
    COINBASE_DEPTH,
    SeenOutput,
    match_block,
    match_transaction,
)
from sluice.engine.chains.bitcoin.nets import REGTEST, Net
from sluice.engine.chains.bitcoin.reading import Malformed
from sluice.engine.chains.bitcoin.scripts import type_of
from sluice.engine.chains.bitcoin.source import Source
from sluice.engine.chains.chain import ProviderTrouble, WrongNetwork
from sluice.engine.chains.model import Block, Header, Tip, Transfer

# A range is read whole or not at all, so it must fit into memory.
BLOCKS_MAX: Final = 50
# The first look into a full mempool takes several rounds of so many transactions.
WAITING_MAX: Final = 5_000
# Every so many blocks the target is set anew, and then it grows fourfold at most.
RETARGET_BLOCKS: Final = 2_016
RETARGET_MAX: Final = 4

_ASSET: Final = "btc"
_CHAINS: Final = {
    "main": "mainnet",
    "test": "testnet",
    "testnet4": "testnet",
    "signet": "signet",
    "regtest": "regtest",
}


class _Everything:
    """Contains every script: for reading outputs before it is known who waits for them."""

    def __contains__(self, script: object) -> bool:
        return True


class BitcoinReader:
    """Reads one network from one source; believes a block only when its bytes fit its hash.

    `watched` are the output scripts somebody waits for, kept up by whoever handed them in;
    without it every output that has an address is told, which is for small networks only. A
    transfer's index is its output's place. It has no sender: inputs say nothing of who paid. A
    block's reward counts a hundred blocks deep, where it may be spent. A block must have the work
    that the one below it asks for, so that nobody makes up cheap ones.
    `asked` are addresses to ask for one by one, at sources that cannot tell all that waits.
    """

    def __init__(
        self,
        net: Net,
        node: Source,
        *,
        watched: Container[bytes] | None = None,
        asked: Callable[[], Sequence[str]] = tuple,
        blocks_max: int = BLOCKS_MAX,
    ) -> None:
        self._net = net
        self._node = node
        self._watched: Container[bytes] = _Everything() if watched is None else watched
        self._asked = asked
        self._blocks_max = blocks_max
        self._waiting: dict[str, tuple[SeenOutput, ...]] = {}

    @property
    def name(self) -> str:
        """Return the source's host."""
        return self._node.name

    async def check(self) -> None:
        """Raise WrongNetwork for another network, ProviderTrouble while it is still loading."""
        info = await self._node.info()
        if _CHAINS.get(info.chain) != self._net.name:
            raise WrongNetwork(
                f"{self.name} serves the network {info.chain}, not {self._net.name}; correct the "
                "URL of this node."
            )
        if info.initialblockdownload and self._net is not REGTEST:
            raise ProviderTrouble(f"{self.name} is still loading the chain.")

    async def tip(self) -> Tip:
        """Return the newest header; nothing is ever final here, only deep."""
        info = await self._node.info()
        header = self._header(await self._node.header(info.bestblockhash), info.bestblockhash)
        return Tip(_placed(header, info.blocks))

    async def header(self, height: int) -> Header | None:
        """Return the header now at this height, or None above the tip."""
        [name] = await self._node.hashes(height, height)
        if name is None:
            return None
        return _placed(self._header(await self._node.header(name), name), height)

    async def blocks(self, first: int, last: int) -> Sequence[Block]:
        """Return the blocks first..last with the transfers waited for, whole or an error."""
        if not 0 <= first <= last or last - first >= self._blocks_max:
            raise Invalid(f"Ask for 1 to {self._blocks_max} blocks.", code="range_invalid")
        blocks: list[Block] = []
        names = await self._node.hashes(first, last)
        below = await self._below(first)
        for height, name in enumerate(names, start=first):
            if name is None:
                raise ProviderTrouble(f"{self.name} has no block {height}.")
            below, block = await self._block(height, name, below)
            if blocks and block.header.parent != blocks[-1].header.hash:
                raise ProviderTrouble(f"{self.name} changed its branch.")
            blocks.append(block)
        # All were asked for by their hashes; they must still be where they were.
        if await self._node.hashes(last, last) != [blocks[-1].header.hash]:
            raise ProviderTrouble(f"{self.name} changed its branch.")
        return blocks

    async def pending(self) -> Sequence[Transfer]:
        """Return what waits in the mempool for the scripts watched now.

        Each transaction is fetched once and its outputs are kept while it waits, so that an
        address is noticed also when it is watched later: about 500 bytes per transaction.
        """
        names = await self._node.waiting(self._asked())
        known = self._waiting
        fresh = [name for name in names if name not in known][:WAITING_MAX]
        raws = await self._node.transactions(fresh)
        found = {
            name: self._outputs(name, raw)
            for name, raw in zip(fresh, raws, strict=True)
            if raw is not None
        }
        self._waiting = {
            name: known.get(name) or found.get(name, ())
            for name in names
            if name in known or name in found
        }
        seen = (output for outputs in self._waiting.values() for output in outputs)
        return self._transfers(output for output in seen if output.script in self._watched)

    async def _below(self, height: int) -> BlockHeader | None:
        """Return the header below a height, None below the first."""
        if not height:
            return None
        [name] = await self._node.hashes(height - 1, height - 1)
        if name is None:
            raise ProviderTrouble(f"{self.name} has no block {height - 1}.")
        return self._header(await self._node.header(name), name)

    async def _block(
        self, height: int, name: str, below: BlockHeader | None
    ) -> tuple[BlockHeader, Block]:
        raw = await self._node.block(name)
        try:
            matched = match_block(raw, self._watched)
        except Malformed as error:
            raise ProviderTrouble(f"{self.name} gave a bad block. {error}") from None
        self._believe(matched.header, name)
        if below is not None and not self._net.has_easy_blocks:
            self._require_work(matched.header, below, height)
        block = Block(_placed(matched.header, height), self._transfers(matched.outputs))
        return matched.header, block

    def _require_work(self, header: BlockHeader, below: BlockHeader, height: int) -> None:
        """Refuse a block that is easier than its place allows."""
        easiest = below.target if height % RETARGET_BLOCKS else below.target * RETARGET_MAX
        if header.target > easiest:
            raise ProviderTrouble(
                f"{self.name} gave block {height} without the work it must have.",
                code="block_without_work",
            )

    def _header(self, raw: bytes, name: str) -> BlockHeader:
        try:
            header = decode_header(raw)
        except Malformed as error:
            raise ProviderTrouble(f"{self.name} gave a bad header. {error}") from None
        self._believe(header, name)
        return header

    def _believe(self, header: BlockHeader, name: str) -> None:
        if header.hash != name or not header.has_work:
            raise ProviderTrouble(f"{self.name} gave another block than was asked for.")

    def _outputs(self, name: str, raw: bytes) -> tuple[SeenOutput, ...]:
        try:
            outputs = match_transaction(raw, _Everything())
        except Malformed as error:
            raise ProviderTrouble(f"{self.name} gave a bad transaction. {error}") from None
        if any(output.tx_id != name for output in outputs):
            raise ProviderTrouble(f"{self.name} gave another transaction than was asked for.")
        return tuple(output for output in outputs if type_of(output.script) is not None)

    def _transfers(self, outputs: Iterable[SeenOutput]) -> tuple[Transfer, ...]:
        return tuple(
            Transfer(
                tx_id=output.tx_id,
                index=output.index,
                asset=_ASSET,
                sender="",
                recipient=write_address(output.script, self._net),
                units=output.sats,
                depth_min=COINBASE_DEPTH if output.is_coinbase else 0,
            )
            for output in outputs
            if output.sats and type_of(output.script) is not None
        )


def _placed(header: BlockHeader, height: int) -> Header:
    return Header(height, header.hash, header.parent, header.time)
