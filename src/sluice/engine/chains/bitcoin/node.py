"""Node: one bitcoind, asked by JSON-RPC over HTTP; bounded batches and answers."""

from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from sluice.base.egress import Answer, Egress, EgressError
from sluice.engine.chains.bitcoin.source import ChainInfo
from sluice.engine.chains.chain import ProviderTrouble
from sluice.engine.chains.endpoint import Endpoint

T = TypeVar("T")

READ_S: Final = 15.0
# A block of 4,000,000 bytes in hex, and what stands around it.
ANSWER_MAX: Final = 9 * 1024 * 1024
BATCH_MAX: Final = 50

_AS_JSON: Final = False
_OUT_OF_RANGE: Final = -8
_NOT_FOUND: Final = -5


class _Error(msgspec.Struct, frozen=True):
    message: str = ""
    code: int = 0


class _Reply(msgspec.Struct, frozen=True):
    id: int | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: _Error | None = None


class NodeRefusal(ProviderTrouble):
    """The node answered with an error of its own: its number and its words."""

    def __init__(self, message: str, *, refusal: int, said: str) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.said = said


_REPLIES: Final[msgspec.json.Decoder[list[_Reply] | _Reply]] = msgspec.json.Decoder(
    list[_Reply] | _Reply
)
_INFO: Final = msgspec.json.Decoder(ChainInfo)
_TEXT: Final = msgspec.json.Decoder(str)
_NAMES: Final = msgspec.json.Decoder(list[str])


class Node:
    """One bitcoind. Every method raises ProviderTrouble; no message holds the URL's secrets."""

    def __init__(self, url: str, egress: Egress, *, read_s: float = READ_S) -> None:
        self._endpoint = Endpoint.of(url)
        self._egress = egress
        self._read_s = read_s

    @property
    def name(self) -> str:
        """Return the node's host."""
        return self._endpoint.host

    async def info(self) -> ChainInfo:
        """Return which network this is, and its newest block."""
        return self._read(await self._one("getblockchaininfo"), _INFO)

    async def hashes(self, first: int, last: int) -> list[str | None]:
        """Return the hashes of the blocks now at these heights, None above the tip."""
        found: list[str | None] = []
        for reply in await self._all([("getblockhash", at) for at in range(first, last + 1)]):
            is_above = reply.error is not None and reply.error.code == _OUT_OF_RANGE
            found.append(None if is_above else self._read(reply, _TEXT))
        return found

    async def header(self, block: str) -> bytes:
        """Return the eighty bytes of a block's header."""
        return self._bytes(await self._one("getblockheader", block, _AS_JSON))

    async def block(self, block: str) -> bytes:
        """Return a whole block."""
        return self._bytes(await self._one("getblock", block, 0))

    async def waiting(self, addresses: Sequence[str] = ()) -> list[str]:  # noqa: ARG002
        """Return the names of all transactions in the mempool, whomever they pay."""
        return self._read(await self._one("getrawmempool"), _NAMES)

    async def transactions(self, tx_ids: Sequence[str]) -> list[bytes | None]:
        """Return transactions of the mempool, None for those that left it meanwhile."""
        found: list[bytes | None] = []
        for reply in await self._all([("getrawtransaction", tx_id) for tx_id in tx_ids]):
            is_gone = reply.error is not None and reply.error.code == _NOT_FOUND
            found.append(None if is_gone else self._bytes(reply))
        return found

    async def ask(
        self, shape: "type[T]", method: str, *params: object, read_s: float | None = None
    ) -> T:
        """Call one method. Raises NodeRefusal for the node's own errors."""
        [reply] = await self._ask([(method, *params)], read_s)
        if reply.error is not None:
            said = self._endpoint.scrub(reply.error.message)
            raise NodeRefusal(f"{self.name} says: {said}", refusal=reply.error.code, said=said)
        return self._read(reply, msgspec.json.Decoder(shape))

    async def _one(self, *call: object) -> _Reply:
        return (await self._ask([call]))[0]

    async def _all(self, calls: Sequence[Sequence[object]]) -> list[_Reply]:
        replies: list[_Reply] = []
        for at in range(0, len(calls), BATCH_MAX):
            replies += await self._ask(calls[at : at + BATCH_MAX])
        return replies

    async def _ask(
        self, calls: Sequence[Sequence[object]], read_s: float | None = None
    ) -> list[_Reply]:
        asked = [
            {"jsonrpc": "1.0", "id": at, "method": method, "params": params}
            for at, (method, *params) in enumerate(calls)
        ]
        try:
            answer = await self._egress.post(
                self._endpoint.url,
                msgspec.json.encode(asked if len(asked) > 1 else asked[0]),
                headers=self._endpoint.headers,
                timeout_s=read_s or self._read_s,
                answer_max=ANSWER_MAX,
            )
        except EgressError as error:
            # Without its cause: what lies below may write the URL.
            raise ProviderTrouble(f"{self.name}: {error.message}") from None
        return self._sorted(answer, len(calls))

    def _sorted(self, answer: Answer, count: int) -> list[_Reply]:
        """Put the replies in the order of the calls; bitcoind tells errors with HTTP's 404, 500."""
        try:
            decoded = _REPLIES.decode(answer.body)
        except msgspec.DecodeError:
            raise ProviderTrouble(
                f"{self.name} answers with HTTP status {answer.status} and no JSON-RPC."
            ) from None
        replies = decoded if isinstance(decoded, list) else [decoded]
        by_id = {reply.id: reply for reply in replies}
        if len(replies) != count or by_id.keys() != set(range(count)):
            raise ProviderTrouble(f"{self.name} does not answer what was asked.")
        return [by_id[at] for at in range(count)]

    def _read(self, reply: _Reply, shape: "msgspec.json.Decoder[T]") -> T:
        if reply.error is not None:
            said = self._endpoint.scrub(reply.error.message)
            raise ProviderTrouble(f"{self.name} says: {said}")
        try:
            return shape.decode(reply.result)
        except msgspec.DecodeError as error:
            raise ProviderTrouble(f"{self.name} answers nonsense: {error}") from None

    def _bytes(self, reply: _Reply) -> bytes:
        try:
            return bytes.fromhex(self._read(reply, _TEXT))
        except ValueError:
            raise ProviderTrouble(f"{self.name} answers nonsense: no hex.") from None
