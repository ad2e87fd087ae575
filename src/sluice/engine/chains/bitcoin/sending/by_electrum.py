"""ElectrumSpender: a server that knows the whole history of an address, proofs included."""

from typing import Final

import msgspec

from sluice.engine.chains.bitcoin.amounts import SATS_PER_BTC
from sluice.engine.chains.bitcoin.blocks.header import decode_header, is_under
from sluice.engine.chains.bitcoin.electrum import Electrum, ElectrumError, Unspent
from sluice.engine.chains.bitcoin.hashing import sha256
from sluice.engine.chains.bitcoin.reading import Malformed
from sluice.engine.chains.bitcoin.sending.by_node import TARGET_BLOCKS
from sluice.engine.chains.bitcoin.sending.spender import Look, judge
from sluice.engine.chains.bitcoin.source import Merkle
from sluice.engine.chains.bitcoin.transactions.model import Outpoint
from sluice.engine.chains.bitcoin.transactions.read import decode_transaction
from sluice.engine.chains.chain import ProviderTrouble
from sluice.engine.chains.writer import Coin, Slot, State, Verdict

# A hot wallet that made more transactions than this should be emptied into a new one.
_HISTORY_MAX: Final = 20_000


class _Past(msgspec.Struct, frozen=True):
    tx_hash: str
    height: int


class ElectrumSpender:
    """One server."""

    def __init__(self, server: Electrum) -> None:
        self._server = server

    @property
    def name(self) -> str:
        """Return the server's host and port."""
        return self._server.name

    async def coins(self, address: str, script: bytes) -> list[Coin]:  # noqa: ARG002
        """Return a script's unspent outputs that are in blocks."""
        found = await self._server.ask(
            list[Unspent], "blockchain.scripthash.listunspent", _hash(script)
        )
        return [Coin(one.tx_hash, one.tx_pos, one.value) for one in found if one.height > 0]

    async def rate(self) -> int | None:
        """Return the server's estimate, None where it has none."""
        found = await self._server.ask(float, "blockchain.estimatefee", TARGET_BLOCKS)
        return None if found <= 0 else round(found * SATS_PER_BTC)

    async def look(self, tx_id: str, slot: Slot, script: bytes) -> Look:
        """Return where a transaction is, or that another one in a block took one of its coins."""
        tip, _ = await self._server.tip()
        past = await self._server.ask(
            list[_Past], "blockchain.scripthash.get_history", _hash(script)
        )
        if len(past) > _HISTORY_MAX:
            raise ProviderTrouble(f"{self.name} tells of too many transactions of this wallet.")
        mine = next((one for one in past if one.tx_hash == tx_id), None)
        if mine is not None and mine.height > 0:
            return Look(State.INCLUDED, mine.height, await self._prove(mine), tip)
        if mine is not None:
            return Look(State.PENDING, tip_height=tip)
        spent = {Outpoint(coin.tx_id, coin.index) for coin in slot.coins}
        for one in reversed(past):
            if one.height > 0 and spent & await self._inputs(one.tx_hash):
                return Look(State.REPLACED, one.height, await self._prove(one), tip)
        return Look(State.UNKNOWN, tip_height=tip)

    async def has(self, height: int, block_hash: str) -> bool | None:
        """Say whether this block is on the source's best branch; None below that height."""
        raw = await self._server.header(height)
        return None if raw is None else _named(raw) == block_hash

    async def raw(self, tx_id: str) -> bytes | None:
        """Return a transaction's bytes, None where the server does not have it."""
        try:
            text = await self._server.ask(str, "blockchain.transaction.get", tx_id)
        except ElectrumError:
            return None
        try:
            return bytes.fromhex(text)
        except ValueError:
            raise ProviderTrouble(f"{self.name} gave a bad transaction.") from None

    async def send(self, raw: bytes) -> Verdict:
        """Send; silence is UNKNOWN."""
        try:
            await self._server.ask(str, "blockchain.transaction.broadcast", raw.hex())
        except ElectrumError as refusal:
            return judge(refusal.said)
        except ProviderTrouble:
            return Verdict.UNKNOWN
        return Verdict.SENT

    async def _prove(self, one: _Past) -> str:
        """Return the hash of the block that a transaction is under."""
        proof = await self._server.ask(
            Merkle, "blockchain.transaction.get_merkle", one.tx_hash, one.height
        )
        raw = await self._server.header(one.height)
        try:
            header = None if raw is None else decode_header(raw)
        except Malformed:
            header = None
        if header is None or not is_under(header.root, one.tx_hash, proof.pos, proof.merkle):
            raise ProviderTrouble(f"{self.name} does not prove that {one.tx_hash} is in a block.")
        return header.hash

    async def _inputs(self, tx_id: str) -> set[Outpoint]:
        raw = await self._server.ask(str, "blockchain.transaction.get", tx_id)
        try:
            return {one.outpoint for one in decode_transaction(bytes.fromhex(raw)).inputs}
        except (ValueError, Malformed):
            raise ProviderTrouble(f"{self.name} gave a bad transaction.") from None


def _named(raw: bytes) -> str | None:
    try:
        return decode_header(raw).hash
    except Malformed:
        return None


def _hash(script: bytes) -> str:
    return sha256(script)[::-1].hex()
