"""Node: one provider's JSON-RPC over HTTP; bounded batches, bounded answers, errors understood."""

import datetime as dt
from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from sluice.base.clock import Clock
from sluice.base.egress import Answer, Egress, EgressError, Reason
from sluice.engine.chains.endpoint import Endpoint, retry_after_s
from sluice.engine.chains.evm.faults import (
    Fault,
    NodeTrouble,
    classify,
    find_limit,
    find_suggestion,
)
from sluice.engine.chains.evm.pace import Pace
from sluice.engine.chains.evm.shapes import (
    Hex,
    Quantity,
    RawError,
    RawHeader,
    RawLog,
    RawPending,
    RawReceipt,
    RawReply,
    RawTransaction,
)

T = TypeVar("T")

READ_S: Final = 5.0
LOGS_S: Final = 15.0
# About 25,000 logs: more than any provider gives at once.
ANSWER_MAX: Final = 16 * 1024 * 1024
# More calls than this in one request are refused or counted against us by several providers.
BATCH_MAX: Final = 20
QUIET_MAX_S: Final = 600.0

_HEADER: Final[msgspec.json.Decoder[RawHeader | None]] = msgspec.json.Decoder(RawHeader | None)
_LOGS: Final = msgspec.json.Decoder(list[RawLog])
_RECEIPTS: Final[msgspec.json.Decoder[list[RawReceipt] | None]] = msgspec.json.Decoder(
    list[RawReceipt] | None
)
_RECEIPT: Final[msgspec.json.Decoder[RawReceipt | None]] = msgspec.json.Decoder(RawReceipt | None)
_TRANSACTION: Final[msgspec.json.Decoder[RawTransaction | None]] = msgspec.json.Decoder(
    RawTransaction | None
)
_PENDING: Final[msgspec.json.Decoder[RawPending | None]] = msgspec.json.Decoder(RawPending | None)
_QUANTITY: Final[msgspec.json.Decoder[str]] = msgspec.json.Decoder(Quantity)
_HEX: Final[msgspec.json.Decoder[str]] = msgspec.json.Decoder(Hex)
_REPLIES: Final[msgspec.json.Decoder[list[RawReply] | RawReply]] = msgspec.json.Decoder(
    list[RawReply] | RawReply
)


class Call(msgspec.Struct, frozen=True):
    """One method and what it is asked."""

    method: str
    params: Sequence[object]


class Node:
    """One provider. Every method raises NodeTrouble; no message holds the URL's secrets."""

    def __init__(
        self,
        url: str,
        egress: Egress,
        clock: Clock,
        *,
        batch_max: int = BATCH_MAX,
        answer_max: int = ANSWER_MAX,
        read_s: float = READ_S,
        logs_s: float = LOGS_S,
        pace: Pace | None = None,
    ) -> None:
        self._endpoint = Endpoint.of(url)
        self._egress = egress
        self._clock = clock
        self._batch_max = batch_max
        self._answer_max = answer_max
        self._read_s = read_s
        self._logs_s = logs_s
        self._pace = pace
        self._quiet_until: dt.datetime | None = None

    @property
    def name(self) -> str:
        """Return the provider's host."""
        return self._endpoint.host

    async def chain_id(self) -> int:
        """Return which network this is."""
        quantity = await self._one(Call("eth_chainId", ()), _QUANTITY)
        return int(quantity, 16)

    async def header(self, height: int) -> RawHeader | None:
        """Return the block now at this height, or None where the node has none."""
        try:
            return await self._one(_block(hex(height)), _HEADER)
        except NodeTrouble as trouble:
            if trouble.fault is Fault.UNKNOWN_BLOCK:
                return None
            raise

    async def headers(self, first: int, last: int) -> list[RawHeader | None]:
        """Return the blocks now at these heights, each in one call of a batch."""
        return await self.every([_block(hex(at)) for at in range(first, last + 1)], _HEADER)

    async def heads(self) -> tuple[RawHeader | None, RawHeader | None]:
        """Return the newest block and the newest final one, None where the node cannot say."""
        latest, final = await self._ask([_block("latest"), _block("finalized")])
        return self._read(latest, _HEADER), self._read_if_able(final, _HEADER)

    async def pending(self) -> tuple[RawHeader | None, RawPending | None]:
        """Return the newest block and the one the node would make now, if it makes any."""
        calls = [_block("latest"), Call("eth_getBlockByNumber", ("pending", True))]
        latest, pending = await self._ask(calls)
        return self._read(latest, _HEADER), self._read_if_able(pending, _PENDING)

    async def logs(self, first: int, last: int, tokens: Sequence[str], topic: str) -> list[RawLog]:
        """Return the logs with this first topic from these contracts in a range of blocks."""
        what = {"fromBlock": hex(first), "toBlock": hex(last), "address": tokens, "topics": [topic]}
        return await self._one(Call("eth_getLogs", (what,)), _LOGS, self._logs_s)

    async def logs_of(
        self, blocks: Sequence[str], tokens: Sequence[str], topic: str
    ) -> list[list[RawLog]]:
        """Return the same for blocks named by hash: a node that lacks one says so."""
        what = [{"blockHash": block, "address": tokens, "topics": [topic]} for block in blocks]
        return await self.every([Call("eth_getLogs", (one,)) for one in what], _LOGS, self._logs_s)

    async def receipts_of(self, block: str) -> list[RawReceipt]:
        """Return every receipt of a block named by hash."""
        found = await self._one(Call("eth_getBlockReceipts", (block,)), _RECEIPTS, self._logs_s)
        if found is None:
            raise NodeTrouble(f"{self.name} does not know the block {block}.", Fault.UNKNOWN_BLOCK)
        return found

    async def receipts(self, tx_ids: Sequence[str]) -> list[RawReceipt | None]:
        """Return how transactions ended, None for those in no block of this node."""
        calls = [Call("eth_getTransactionReceipt", (tx_id,)) for tx_id in tx_ids]
        return await self.every(calls, _RECEIPT)

    async def transactions(self, tx_ids: Sequence[str]) -> list[RawTransaction | None]:
        """Return the transactions, None for those the node does not know."""
        calls = [Call("eth_getTransactionByHash", (tx_id,)) for tx_id in tx_ids]
        return await self.every(calls, _TRANSACTION)

    async def call(self, contract: str, calldata: str) -> bytes:
        """Return what a contract answers now."""
        what = {"to": contract, "data": calldata}
        return bytes.fromhex((await self._one(Call("eth_call", (what, "latest")), _HEX))[2:])

    async def code(self, address: str) -> bytes:
        """Return the code that stands at an address now; none at a plain wallet's."""
        return bytes.fromhex((await self._one(Call("eth_getCode", (address, "latest")), _HEX))[2:])

    async def _one(
        self, call: Call, shape: "msgspec.json.Decoder[T]", timeout_s: float | None = None
    ) -> T:
        return (await self.every([call], shape, timeout_s))[0]

    async def every(
        self,
        calls: Sequence[Call],
        shape: "msgspec.json.Decoder[T]",
        timeout_s: float | None = None,
    ) -> list[T]:
        """Ask in batches of the size this provider takes."""
        results: list[T] = []
        for at in range(0, len(calls), self._batch_max):
            replies = await self._ask(calls[at : at + self._batch_max], timeout_s)
            results += [self._read(reply, shape) for reply in replies]
        return results

    async def _ask(self, calls: Sequence[Call], timeout_s: float | None = None) -> list[RawReply]:
        if len(calls) > self._batch_max:
            return [reply for call in calls for reply in await self._ask([call], timeout_s)]
        self._keep_quiet()
        if self._pace is not None:
            await self._pace.wait(len(calls))
        asked = [
            {"jsonrpc": "2.0", "id": at, "method": call.method, "params": call.params}
            for at, call in enumerate(calls)
        ]
        body = msgspec.json.encode(asked if len(asked) > 1 else asked[0])
        try:
            answer = await self._egress.post(
                self._endpoint.url,
                body,
                headers=self._endpoint.headers,
                timeout_s=timeout_s or self._read_s,
                answer_max=self._answer_max,
            )
        except EgressError as error:
            fault = _SILENCES.get(error.reason, Fault.UNAVAILABLE)
            # Without its cause: what lies below may write the URL.
            raise NodeTrouble(f"{self.name}: {error.message}", fault) from None
        return self._sorted(answer, len(calls))

    def _sorted(self, answer: Answer, count: int) -> list[RawReply]:
        """Put the replies in the order of the calls, or say why that is impossible."""
        try:
            decoded = _REPLIES.decode(answer.body)
        except msgspec.DecodeError:
            decoded = []
        replies = decoded if isinstance(decoded, list) else [decoded]
        if answer.status != 200:  # noqa: PLR2004 - HTTP's own number
            raise self._refused(answer, replies)
        by_id = {reply.id: reply for reply in replies}
        if len(replies) == count and by_id.keys() == set(range(count)):
            return [by_id[at] for at in range(count)]
        for reply in replies:
            if reply.error is not None:
                raise self._understood(reply.error)
        if answer.body.lstrip()[:1] == b"<":
            raise NodeTrouble(f"{self.name} answers with a web page.", Fault.UNAVAILABLE)
        raise NodeTrouble(f"{self.name} does not answer what was asked.", Fault.NONSENSE)

    def _read(self, reply: RawReply, shape: "msgspec.json.Decoder[T]") -> T:
        if reply.error is not None:
            raise self._understood(reply.error)
        try:
            return shape.decode(reply.result)
        except msgspec.DecodeError as error:
            raise NodeTrouble(f"{self.name} answers nonsense: {error}", Fault.NONSENSE) from None

    def _read_if_able(self, reply: RawReply, shape: "msgspec.json.Decoder[T | None]") -> T | None:
        """Read a result that not every node has; None from one that never had it."""
        try:
            return self._read(reply, shape)
        except NodeTrouble as trouble:
            if trouble.fault in {Fault.UNSUPPORTED, Fault.UNKNOWN_BLOCK}:
                return None
            raise

    def _refused(self, answer: Answer, replies: Sequence[RawReply]) -> NodeTrouble:
        """Understand an HTTP error: by what it says, else by its status."""
        wait_s = retry_after_s(answer.headers, self._clock.now())
        error = next((reply.error for reply in replies if reply.error is not None), None)
        if error is not None:
            trouble = self._understood(error, wait_s)
            if trouble.fault is not Fault.OTHER:
                return trouble
        fault = _STATUSES.get(answer.status, Fault.UNAVAILABLE)
        self._rest(fault, wait_s)
        return NodeTrouble(
            f"{self.name} answers with HTTP status {answer.status}.", fault, retry_after_s=wait_s
        )

    def _understood(self, error: RawError | str, wait_s: float | None = None) -> NodeTrouble:
        if isinstance(error, str):
            error = RawError(error)
        fault = classify(error.message, error.code if isinstance(error.code, int) else None)
        self._rest(fault, wait_s)
        return NodeTrouble(
            f"{self.name} says: {self._endpoint.scrub(error.message)}",
            fault,
            limit=find_limit(error.message),
            suggested=find_suggestion(error.message),
            retry_after_s=wait_s,
        )

    def _rest(self, fault: Fault, wait_s: float | None) -> None:
        if fault is Fault.RATE_LIMITED or wait_s is not None:
            pause_s = min(1.0 if wait_s is None else wait_s, QUIET_MAX_S)
            self._quiet_until = self._clock.now() + dt.timedelta(seconds=pause_s)

    def _keep_quiet(self) -> None:
        """Refuse to ask a provider that told us to wait."""
        if self._quiet_until is None:
            return
        left_s = (self._quiet_until - self._clock.now()).total_seconds()
        if left_s <= 0:
            self._quiet_until = None
            return
        raise NodeTrouble(
            f"{self.name} asked us to wait another {left_s:.0f} s.",
            Fault.RATE_LIMITED,
            retry_after_s=left_s,
        )


# What no answer at all means: an answer past our limit asks for smaller questions.
_SILENCES: Final = {Reason.TIMEOUT: Fault.TIMEOUT, Reason.TOO_LARGE: Fault.RANGE_TOO_WIDE}
_STATUSES: Final = {
    401: Fault.UNAUTHORIZED,
    403: Fault.UNAUTHORIZED,
    413: Fault.RANGE_TOO_WIDE,
    429: Fault.RATE_LIMITED,
}


def _block(tag: str) -> Call:
    return Call("eth_getBlockByNumber", (tag, False))
