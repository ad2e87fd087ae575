"""EvmReader: blocks and the token transfers in them, read from one node."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

import structlog

from sluice.base.errors import Invalid
from sluice.base.money.catalogue import find_asset
from sluice.engine.chains.chain import WrongNetwork
from sluice.engine.chains.evm.calldata import DECIMALS, SYMBOL
from sluice.engine.chains.evm.decode import (
    LIES,
    header_of,
    hint_of,
    memo_of,
    read_log,
)
from sluice.engine.chains.evm.faults import Fault, NodeTrouble
from sluice.engine.chains.evm.logs import SPAN_START, Logs
from sluice.engine.chains.evm.node import Node
from sluice.engine.chains.evm.shapes import RawHeader, RawLog
from sluice.engine.chains.model import Block, Header, Network, Tip, Transfer

log = structlog.get_logger()

# Says whether a recipient shares its address between payments, so that the memo matters.
Wants: TypeAlias = Callable[[str], bool]

# A range is read whole or not at all, so it must fit into memory.
BLOCKS_MAX: Final = 2048


class EvmReader:
    """Reads one network from one node and believes only answers that fit together.

    A transfer's memo costs a request for its transaction, so it is read only for recipients that
    `wants` names; without `wants` every transfer is asked for, which is for small networks only.
    A transfer's index is its place among the transfers of its transaction, not the log's place in
    the block: so the key stays the same when a waiting transaction is mined, or a fork moves it.
    A token under an asset `unknown:<token>` in `network.tokens` is reported as just that.
    """

    def __init__(
        self,
        network: Network,
        node: Node,
        *,
        chain_id: int,
        wants: Wants | None = None,
        span_start: int = SPAN_START,
    ) -> None:
        self._network = network
        self._node = node
        self._chain_id = chain_id
        self._wants = wants
        self._assets = {token.lower(): asset for asset, token in network.tokens.items()}
        known = [token for token, asset in self._assets.items() if asset in network.assets]
        self._logs = Logs(node, list(self._assets), trusted=known, span_start=span_start)
        self._tokens = {asset: token for token, asset in self._assets.items()}

    @property
    def name(self) -> str:
        """Return the node's host."""
        return self._node.name

    async def check(self) -> None:
        """Raise WrongNetwork for another chain id, or a token other than in the catalogue."""
        chain_id = await self._node.chain_id()
        if chain_id != self._chain_id:
            raise WrongNetwork(
                f"{self.name} serves the network {chain_id}, but {self._network.title} is "
                f"{self._chain_id}; correct the URL of this node."
            )
        for token, asset in self._assets.items():
            if asset in self._network.assets:
                await self._check_token(token, asset)

    async def tip(self) -> Tip:
        """Return the newest header, and the finalised height where the node knows that tag."""
        latest, final = await self._node.heads()
        if latest is None:
            raise NodeTrouble(f"{self.name} has no newest block.", Fault.NONSENSE)
        header = header_of(latest)
        if final is None:
            return Tip(header)
        return Tip(header, min(int(final.number, 16), header.height))

    async def header(self, height: int) -> Header | None:
        """Return the header now at this height, or None above the tip."""
        raw = await self._node.header(height)
        return None if raw is None else header_of(raw)

    async def blocks(self, first: int, last: int) -> Sequence[Block]:
        """Return the blocks first..last with their transfers, whole or an error."""
        if not 0 <= first <= last or last - first >= BLOCKS_MAX:
            raise Invalid(f"Ask for 1 to {BLOCKS_MAX} blocks.", code="range_invalid")
        raws = await self._headers(first, last)
        logs = await self._logs.read(raws)
        blocks = [Block(header_of(raw), self._transfers(logs[raw.hash.lower()])) for raw in raws]
        blocks = await self._with_memos(blocks)
        # One block is asked for by its hash; of several, the last must still be where it was.
        if first != last:
            again = await self._node.header(last)
            if again is None or again.hash.lower() != blocks[-1].header.hash:
                raise NodeTrouble(f"{self.name} changed its branch.", Fault.MOVED)
        return blocks

    async def pending(self) -> Sequence[Transfer]:
        """Return what waiting calls to the tokens would move; empty where a node shows none."""
        latest, pending = await self._node.pending()
        if latest is None or pending is None:
            return []
        # Nodes without a view of what waits answer with the newest block instead.
        if pending.number is not None and int(pending.number, 16) <= int(latest.number, 16):
            return []
        hints = [hint_of(raw, self._assets) for raw in pending.transactions]
        return [hint for hint in hints if hint is not None]

    async def _headers(self, first: int, last: int) -> list[RawHeader]:
        raws: list[RawHeader] = []
        for height, raw in enumerate(await self._node.headers(first, last), start=first):
            if raw is None:
                raise NodeTrouble(f"{self.name} has no block {height}.", Fault.BEHIND)
            if int(raw.number, 16) != height:
                raise NodeTrouble(f"{self.name} gave another block.", Fault.NONSENSE)
            if raws and raw.parent_hash.lower() != raws[-1].hash.lower():
                raise NodeTrouble(f"{self.name} changed its branch.", Fault.MOVED)
            raws.append(raw)
        return raws

    def _transfers(self, logs: Sequence[RawLog]) -> tuple[Transfer, ...]:
        transfers: list[Transfer] = []
        places: Counter[str] = Counter()
        for raw in logs:
            read = read_log(raw, self._assets)
            if isinstance(read, Transfer):
                transfers.append(replace(read, index=places[read.tx_id]))
                places[read.tx_id] += 1
            elif read in LIES:
                raise NodeTrouble(f"{self.name} gave a log that is {read}.", Fault.NONSENSE)
        return tuple(transfers)

    async def _with_memos(self, blocks: Sequence[Block]) -> list[Block]:
        """Ask for the transactions of transfers to shared addresses, and read their references."""
        wanted = {
            transfer.tx_id: block.header.hash
            for block in blocks
            for transfer in block.transfers
            if self._wants is None or self._wants(transfer.recipient)
        }
        found = dict(zip(wanted, await self._node.transactions(list(wanted)), strict=True))
        for tx_id, raw in found.items():
            if raw is None or raw.hash.lower() != tx_id or raw.block_hash is None:
                raise NodeTrouble(f"{self.name} lost a transaction.", Fault.MOVED)
            if raw.block_hash.lower() != wanted[tx_id]:
                raise NodeTrouble(f"{self.name} moved a transaction.", Fault.MOVED)

        def told(transfer: Transfer) -> Transfer:
            raw = found.get(transfer.tx_id)
            if raw is None or (self._wants and not self._wants(transfer.recipient)):
                return transfer
            memo = memo_of(raw, self._tokens[transfer.asset], transfer.recipient)
            return replace(transfer, memo=memo)

        return [Block(block.header, tuple(map(told, block.transfers))) for block in blocks]

    async def _check_token(self, token: str, asset: str) -> None:
        try:
            decimals = await self._node.call(token, DECIMALS)
        except NodeTrouble as trouble:
            if trouble.fault is not Fault.FATAL:
                raise
            decimals = b""
        if len(decimals) != 32:  # noqa: PLR2004 - one word
            raise WrongNetwork(f"{token} is no token on {self.name}.", code="token_missing")
        expected = find_asset(asset).decimals
        if int.from_bytes(decimals, "big") != expected:
            raise WrongNetwork(
                f"{token} on {self.name} has {int.from_bytes(decimals, 'big')} decimals, but "
                f"{asset} has {expected}.",
                code="token_decimals_wrong",
            )
        # A symbol is a name, not an identity: worth a look, no reason to stop.
        if asset.upper().encode() not in await self._node.call(token, SYMBOL):
            log.warning("token.symbol_differs", network=self._network.name, contract=token)
