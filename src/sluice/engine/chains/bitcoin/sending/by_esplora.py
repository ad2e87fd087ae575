"""EsploraSpender: an explorer, asked as who sends asks."""

from http import HTTPStatus

from sluice.engine.chains.bitcoin.blocks.header import decode_header, is_under
from sluice.engine.chains.bitcoin.esplora import Esplora, Status
from sluice.engine.chains.bitcoin.sending.by_node import TARGET_BLOCKS
from sluice.engine.chains.bitcoin.sending.spender import Look, judge
from sluice.engine.chains.chain import ProviderTrouble
from sluice.engine.chains.writer import Coin, Slot, State, Verdict


class EsploraSpender:
    """One server."""

    def __init__(self, server: Esplora) -> None:
        self._server = server

    @property
    def name(self) -> str:
        """Return the server's host."""
        return self._server.name

    async def coins(self, address: str, script: bytes) -> list[Coin]:  # noqa: ARG002
        """Return an address's unspent outputs that are in blocks."""
        return [
            Coin(one.txid, one.vout, one.value)
            for one in await self._server.outputs(address)
            if one.status.get("confirmed") is True
        ]

    async def rate(self) -> int | None:
        """Return the server's estimate, None where it has none."""
        found = (await self._server.fees()).get(str(TARGET_BLOCKS))
        return None if not found else round(found * 1_000)

    async def look(self, tx_id: str, slot: Slot, script: bytes) -> Look:  # noqa: ARG002
        """Return where a transaction is, or that another one in a block took one of its coins."""
        tip = (await self._server.info()).blocks
        found = await self._server.status(tx_id)
        if found is not None and not found.confirmed:
            return Look(State.PENDING, tip_height=tip)
        if found is not None:
            return await self._placed(State.INCLUDED, tx_id, found, tip)
        for coin in slot.coins:
            spent = await self._server.outspend(coin.tx_id, coin.index)
            if spent.spent and spent.txid != tx_id and spent.status and spent.status.confirmed:
                return await self._placed(State.REPLACED, spent.txid or "", spent.status, tip)
        return Look(State.UNKNOWN, tip_height=tip)

    async def _placed(self, state: State, tx_id: str, status: Status, tip: int) -> Look:
        """Return a place that the server proves."""
        height, block = status.block_height, status.block_hash
        proof = await self._server.proof(tx_id)
        header = decode_header(await self._server.header(block or ""))
        if (
            header.hash != block
            or proof.block_height != height
            or not is_under(header.root, tx_id, proof.pos, proof.merkle)
        ):
            raise ProviderTrouble(f"{self.name} does not prove that {tx_id} is in a block.")
        return Look(state, height, block, tip)

    async def has(self, height: int, block_hash: str) -> bool | None:
        """Say whether this block is on the source's best branch; None below that height."""
        [now] = await self._server.hashes(height, height)
        return None if now is None else now == block_hash

    async def raw(self, tx_id: str) -> bytes | None:
        """Return a transaction's bytes, None where the server does not have it."""
        [raw] = await self._server.transactions([tx_id])
        return raw

    async def send(self, raw: bytes) -> Verdict:
        """Send; silence is UNKNOWN."""
        try:
            status, said = await self._server.send(raw)
        except ProviderTrouble:
            return Verdict.UNKNOWN
        return Verdict.SENT if status == HTTPStatus.OK else judge(said)
