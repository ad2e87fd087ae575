"""Esplora: an explorer's REST interface, as Blockstream's and mempool.space's servers speak it."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final, TypeVar

import msgspec

from sluice.base.egress import Egress, EgressError
from sluice.engine.chains.bitcoin.nets import Net
from sluice.engine.chains.bitcoin.source import ChainInfo, Merkle
from sluice.engine.chains.chain import ProviderTrouble
from sluice.engine.chains.endpoint import Endpoint

T = TypeVar("T")

READ_S: Final = 15.0
ANSWER_MAX: Final = 9 * 1024 * 1024
# Servers that serve everybody count questions: few at the same time.
_AT_ONCE: Final = 4
_HASH_LETTERS: Final = 64
_DIGITS: Final = frozenset("0123456789abcdef")


class _Placed(msgspec.Struct, frozen=True):
    height: int


class _Named(msgspec.Struct, frozen=True):
    txid: str


class Output(msgspec.Struct, frozen=True):
    """An output of an address; `status` says whether it is in a block."""

    txid: str
    vout: int
    value: int
    status: dict[str, bool | int | str]


class Status(msgspec.Struct, frozen=True):
    """Where a transaction is."""

    confirmed: bool
    block_height: int | None = None
    block_hash: str | None = None


class Outspend(msgspec.Struct, frozen=True):
    """What spends an output."""

    spent: bool
    txid: str | None = None
    status: Status | None = None


_PLACED: Final = msgspec.json.Decoder(_Placed)
_NAMED: Final = msgspec.json.Decoder(list[_Named])
_OUTPUTS: Final = msgspec.json.Decoder(list[Output])
_STATUS: Final = msgspec.json.Decoder(Status)
_OUTSPEND: Final = msgspec.json.Decoder(Outspend)
_MERKLE: Final = msgspec.json.Decoder(Merkle)
_FEES: Final = msgspec.json.Decoder(dict[str, float])


class Esplora:
    """One server. Every method raises ProviderTrouble; no message holds the URL's secrets."""

    def __init__(self, url: str, egress: Egress, net: Net) -> None:
        self._endpoint = Endpoint.of(url)
        self._egress = egress
        self._net = net
        self._is_known = False

    @property
    def name(self) -> str:
        """Return the server's host."""
        return self._endpoint.host

    async def info(self) -> ChainInfo:
        """Return its newest block; its network is told by its first."""
        if not self._is_known:
            first = self._hash(await self._text("/block-height/0"))
            self._is_known = first in self._net.genesis
        best = self._hash(await self._text("/blocks/tip/hash"))
        placed = self._read(await self._get(f"/block/{best}"), _PLACED)
        chain = self._net.core if self._is_known else "another"
        return ChainInfo(chain=chain, blocks=placed.height, bestblockhash=best)

    async def hashes(self, first: int, last: int) -> list[str | None]:
        """Return the hashes of the blocks now at these heights, None above the tip."""
        paths = [f"/block-height/{height}" for height in range(first, last + 1)]
        found = await self._each(paths)
        return [None if one is None else self._hash(_ascii(one)) for one in found]

    async def header(self, block: str) -> bytes:
        """Return the eighty bytes of a block's header."""
        return self._bytes(await self._text(f"/block/{block}/header"))

    async def block(self, block: str) -> bytes:
        """Return a whole block."""
        return await self._get(f"/block/{block}/raw")

    async def waiting(self, addresses: Sequence[str]) -> list[str]:
        """Return the names of waiting transactions that pay these addresses."""
        found = await self._each([f"/address/{one}/txs/mempool" for one in addresses])
        names = [one.txid for answer in found if answer for one in self._read(answer, _NAMED)]
        return list(dict.fromkeys(self._hash(name) for name in names))

    async def transactions(self, tx_ids: Sequence[str]) -> list[bytes | None]:
        """Return waiting transactions, None for those that left meanwhile."""
        return await self._each([f"/tx/{name}/raw" for name in tx_ids])

    async def outputs(self, address: str) -> list[Output]:
        """Return an address's unspent outputs, waiting ones too."""
        return self._read(await self._get(f"/address/{address}/utxo"), _OUTPUTS)

    async def status(self, tx_id: str) -> Status | None:
        """Return where a transaction is, None when the server knows none."""
        [found] = await self._each([f"/tx/{tx_id}/status"])
        return None if found is None else self._read(found, _STATUS)

    async def outspend(self, tx_id: str, index: int) -> Outspend:
        """Return what spends an output."""
        return self._read(await self._get(f"/tx/{tx_id}/outspend/{index}"), _OUTSPEND)

    async def proof(self, tx_id: str) -> Merkle:
        """Return what leads from a transaction up to its block's root."""
        return self._read(await self._get(f"/tx/{tx_id}/merkle-proof"), _MERKLE)

    async def fees(self) -> dict[str, float]:
        """Return satoshis per virtual byte by the number of blocks one is ready to wait."""
        return self._read(await self._get("/fee-estimates"), _FEES)

    async def send(self, raw: bytes) -> tuple[int, str]:
        """Post a transaction; return the HTTP status and what the server said."""
        try:
            answer = await self._egress.post(
                self._endpoint.at("/tx"),
                raw.hex().encode(),
                headers={**self._endpoint.headers, "Content-Type": "text/plain"},
                timeout_s=READ_S,
                answer_max=ANSWER_MAX,
            )
        except EgressError as error:
            raise ProviderTrouble(f"{self.name}: {error.message}") from None
        return answer.status, answer.body.decode("utf-8", "replace")

    async def _each(self, paths: Sequence[str]) -> list[bytes | None]:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(path: str) -> bytes | None:
            async with gate:
                return await self._try(path)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(path)) for path in paths]
        return [task.result() for task in tasks]

    async def _get(self, path: str) -> bytes:
        found = await self._try(path)
        if found is None:
            raise ProviderTrouble(f"{self.name} does not know {path.split('/')[1]}.")
        return found

    async def _try(self, path: str) -> bytes | None:
        """Return an answer's bytes, None where there is nothing."""
        try:
            answer = await self._egress.get(
                self._endpoint.at(path),
                headers=self._endpoint.headers,
                timeout_s=READ_S,
                answer_max=ANSWER_MAX,
            )
        except EgressError as error:
            raise ProviderTrouble(f"{self.name}: {error.message}") from None
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        if answer.status != HTTPStatus.OK:
            said = self._endpoint.scrub(answer.body.decode("utf-8", "replace"))
            raise ProviderTrouble(f"{self.name} answers with HTTP status {answer.status}: {said}")
        return answer.body

    async def _text(self, path: str) -> str:
        return _ascii(await self._get(path))

    def _hash(self, text: str) -> str:
        if len(text) != _HASH_LETTERS or not _DIGITS.issuperset(text):
            raise ProviderTrouble(f"{self.name} answers nonsense: no hash.")
        return text

    def _bytes(self, text: str) -> bytes:
        try:
            return bytes.fromhex(text)
        except ValueError:
            raise ProviderTrouble(f"{self.name} answers nonsense: no hex.") from None

    def _read(self, answer: bytes, shape: "msgspec.json.Decoder[T]") -> T:
        try:
            return shape.decode(answer)
        except msgspec.DecodeError as error:
            raise ProviderTrouble(f"{self.name} answers nonsense: {error}") from None


def _ascii(answer: bytes) -> str:
    return answer.decode("ascii", "replace").strip()
