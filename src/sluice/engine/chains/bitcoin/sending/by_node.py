"""NodeSpender: bitcoind, asked as who sends asks."""

from decimal import Decimal
from typing import Final

import msgspec

from sluice.engine.chains.bitcoin.amounts import parse_btc
from sluice.engine.chains.bitcoin.blocks.match import COINBASE_DEPTH
from sluice.engine.chains.bitcoin.node import Node, NodeRefusal
from sluice.engine.chains.bitcoin.sending.spender import Look, judge
from sluice.engine.chains.chain import ProviderTrouble
from sluice.engine.chains.writer import Coin, Slot, State, Verdict

# To be in one of the next so many blocks.
TARGET_BLOCKS: Final = 3
# The whole set of unspent outputs is read for it: a minute or two on the main network.
_SCAN_S: Final = 300.0
_NOT_FOUND: Final = -5
_CONFIRMED: Final = False
# Our fee has a cap of its own.
_ANY_RATE: Final = 0


class _Unspent(msgspec.Struct, frozen=True):
    txid: str
    vout: int
    amount: Decimal
    height: int
    coinbase: bool = False


class _Scan(msgspec.Struct, frozen=True):
    success: bool
    height: int
    unspents: list[_Unspent]


class _Estimate(msgspec.Struct, frozen=True):
    feerate: Decimal | None = None


class _Found(msgspec.Struct, frozen=True):
    blockhash: str | None = None
    confirmations: int = 0


class _Index(msgspec.Struct, frozen=True):
    synced: bool


class _Output(msgspec.Struct, frozen=True):
    confirmations: int


# An output that is spent, or never was, is null.
_LEFT: Final[msgspec.json.Decoder[_Output | None]] = msgspec.json.Decoder(_Output | None)


class NodeSpender:
    """One bitcoind. Where nothing else knows coins by address, it reads all coins there are."""

    def __init__(self, node: Node) -> None:
        self._node = node

    @property
    def name(self) -> str:
        """Return the node's host."""
        return self._node.name

    async def coins(self, address: str, script: bytes) -> list[Coin]:  # noqa: ARG002
        """Return an address's unspent outputs that are in blocks."""
        wanted = [{"desc": f"addr({address})"}]
        found = await self._node.ask(_Scan, "scantxoutset", "start", wanted, read_s=_SCAN_S)
        return [
            Coin(one.txid, one.vout, parse_btc(f"{one.amount:f}"))
            for one in found.unspents
            if not one.coinbase or found.height - one.height + 1 >= COINBASE_DEPTH
        ]

    async def rate(self) -> int | None:
        """Return the node's own estimate, None where it saw too little."""
        found = await self._node.ask(_Estimate, "estimatesmartfee", TARGET_BLOCKS)
        return None if found.feerate is None else parse_btc(f"{found.feerate:f}")

    async def look(self, tx_id: str, slot: Slot, script: bytes) -> Look:  # noqa: ARG002
        """Return where a transaction is; a node cannot tell who took a coin.

        Without an index it forgets a transaction whose outputs are spent. Then its coins are gone
        as well, and to call it unknown would send it for ever: ProviderTrouble says what helps.
        """
        tip = await self._node.info()
        found = await self._find(tx_id)
        if found is not None and found.confirmations < 1:
            return Look(State.PENDING, tip_height=tip.blocks)
        if found is not None:
            height = tip.blocks - found.confirmations + 1
            [block] = await self._node.hashes(height, height)
            return Look(State.INCLUDED, height, block, tip.blocks)
        if await self._is_spent(slot) and not await self._has_index():
            raise ProviderTrouble(
                f"{self.name} cannot tell which transaction spent {slot.key}. Start it with "
                "-txindex=1, or name an Electrum or Esplora server for sending."
            )
        return Look(State.UNKNOWN, tip_height=tip.blocks)

    async def has(self, height: int, block_hash: str) -> bool | None:
        """Say whether this block is on the source's best branch; None below that height."""
        [now] = await self._node.hashes(height, height)
        return None if now is None else now == block_hash

    async def raw(self, tx_id: str) -> bytes | None:
        """Return a transaction's bytes; without an index, only while it waits."""
        [raw] = await self._node.transactions([tx_id])
        return raw

    async def send(self, raw: bytes) -> Verdict:
        """Send; silence is UNKNOWN."""
        try:
            await self._node.ask(str, "sendrawtransaction", raw.hex(), _ANY_RATE)
        except NodeRefusal as refusal:
            return judge(refusal.said)
        except ProviderTrouble:
            return Verdict.UNKNOWN
        return Verdict.SENT

    async def _find(self, tx_id: str) -> _Found | None:
        """Look into the mempool and the index, and where there is no index at its first outputs."""
        try:
            return await self._node.ask(_Found, "getrawtransaction", tx_id, 1)
        except NodeRefusal as refusal:
            if refusal.refusal != _NOT_FOUND:
                raise
        for index in (0, 1):
            left = await self._left(tx_id, index)
            if left is not None:
                return _Found(confirmations=left.confirmations)
        return None

    async def _left(self, tx_id: str, index: int) -> _Output | None:
        raw = await self._node.ask(msgspec.Raw, "gettxout", tx_id, index, _CONFIRMED)
        return _LEFT.decode(raw)

    async def _is_spent(self, slot: Slot) -> bool:
        """Say whether a block took one of the slot's coins."""
        for coin in slot.coins:
            if await self._left(coin.tx_id, coin.index) is None:
                return True
        return False

    async def _has_index(self) -> bool:
        found = await self._node.ask(dict[str, _Index], "getindexinfo", "txindex")
        return any(index.synced for index in found.values())
