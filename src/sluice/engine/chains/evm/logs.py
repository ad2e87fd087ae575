"""Logs: every Transfer log of some tokens over a run of blocks, in spans the provider allows."""

from collections.abc import Iterable, Sequence
from typing import Final

from sluice.engine.chains.evm.decode import TRANSFER_TOPIC, logs_of, may_hold
from sluice.engine.chains.evm.faults import Fault, NodeTrouble
from sluice.engine.chains.evm.node import Node
from sluice.engine.chains.evm.shapes import RawHeader, RawLog

# Busy stablecoins say some 100 to 300 things per block, and 10,000 logs is a usual limit.
SPAN_START: Final = 64
SPAN_MAX: Final = 2048

# A smaller question may be answered; a node that is silent is asked a smaller one next time.
_SHRINKING: Final = frozenset({Fault.RANGE_TOO_WIDE, Fault.TIMEOUT})


class Logs:
    """Reads logs and learns how many blocks the provider gives at once."""

    def __init__(
        self,
        node: Node,
        tokens: Sequence[str],
        *,
        trusted: Sequence[str],
        span_start: int = SPAN_START,
        span_max: int = SPAN_MAX,
    ) -> None:
        self._node = node
        self._tokens = tokens
        self._trusted = trusted
        self._span = span_start
        self._span_max = span_max

    @property
    def span(self) -> int:
        """Return how many blocks the next question will cover."""
        return self._span

    async def read(self, headers: Sequence[RawHeader]) -> dict[str, list[RawLog]]:
        """Return the logs of these blocks, in order, by block hash; whole or an error."""
        found: dict[str, list[RawLog]] = {}
        at = 0
        while at < len(headers):
            part = headers[at : at + self._span]
            try:
                found |= await self._read_span(part)
            except NodeTrouble as trouble:
                # Each refusal leaves a smaller span, so this ends.
                self._shrink(trouble, part)
                continue
            at += len(part)
            if len(part) == self._span:
                self._span = min(self._span * 2, self._span_max)
        return found

    async def _read_span(self, part: Sequence[RawHeader]) -> dict[str, list[RawLog]]:
        if len(part) == 1:
            logs = await self._read_block(part[0])
        else:
            first, last = int(part[0].number, 16), int(part[-1].number, 16)
            logs = await self._node.logs(first, last, self._tokens, TRANSFER_TOPIC)
        found = _filed(logs, part)
        await self._doubt_silence(part, found)
        return found

    async def _read_block(self, header: RawHeader) -> list[RawLog]:
        """Ask for one block by its hash, which a node that lacks it must refuse."""
        block = header.hash.lower()
        try:
            return (await self._node.logs_of([block], self._tokens, TRANSFER_TOPIC))[0]
        except NodeTrouble as trouble:
            if trouble.fault is not Fault.RANGE_TOO_WIDE:
                raise
        return self._ours(logs_of(await self._node.receipts_of(block), block))

    async def _doubt_silence(
        self, part: Sequence[RawHeader], found: dict[str, list[RawLog]]
    ) -> None:
        """Ask again, in another way, about blocks that gave no log though their bloom allows one.

        A bloom's yes proves nothing, so a second silence is believed. A second answer that differs
        proves the first incomplete, and then nothing of it is believed.
        """
        doubtful = [
            header
            for header in part
            if not found[header.hash.lower()] and may_hold(header, self._trusted, TRANSFER_TOPIC)
        ]
        if not doubtful:
            return
        if any(await self._ask_again(doubtful, is_single=len(part) == 1)):
            raise NodeTrouble(f"{self._node.name} left out transfers.", Fault.INCOMPLETE)

    async def _ask_again(
        self, doubtful: Sequence[RawHeader], *, is_single: bool
    ) -> list[list[RawLog]]:
        blocks = [header.hash.lower() for header in doubtful]
        if is_single:
            # It was asked by hash already; receipts are kept apart from the index of logs.
            try:
                return [self._ours(logs_of(await self._node.receipts_of(blocks[0]), blocks[0]))]
            except NodeTrouble as trouble:
                if trouble.fault is not Fault.UNSUPPORTED:
                    raise
        return await self._node.logs_of(blocks, self._tokens, TRANSFER_TOPIC)

    def _ours(self, logs: Iterable[RawLog]) -> list[RawLog]:
        return [
            log
            for log in logs
            if log.address.lower() in self._tokens
            and log.topics
            and log.topics[0].lower() == TRANSFER_TOPIC
        ]

    def _shrink(self, trouble: NodeTrouble, part: Sequence[RawHeader]) -> None:
        """Take a smaller span, or raise the trouble when no smaller question can help."""
        count = len(part)
        if trouble.fault in _SHRINKING and count > 1:
            self._span = self._smaller(trouble, part)
        if trouble.fault is not Fault.RANGE_TOO_WIDE or count == 1:
            raise trouble

    def _smaller(self, trouble: NodeTrouble, part: Sequence[RawHeader]) -> int:
        """Believe a provider's hint only when it lies inside what was asked and is smaller."""
        count = len(part)
        if trouble.limit is not None and 0 < trouble.limit < count:
            self._span_max = trouble.limit
            return trouble.limit
        if trouble.suggested is not None:
            low, high = trouble.suggested
            if low == int(part[0].number, 16) and 0 < high - low + 1 < count:
                return high - low + 1
        return count // 2


def _filed(logs: Iterable[RawLog], part: Sequence[RawHeader]) -> dict[str, list[RawLog]]:
    """Put logs with their blocks, in order; refuse those of other blocks or other branches."""
    by_height = {int(header.number, 16): header.hash.lower() for header in part}
    filed: dict[str, dict[int, RawLog]] = {block: {} for block in by_height.values()}
    for log in logs:
        block = by_height.get(int(log.block_number, 16))
        if block is None:
            raise NodeTrouble("A log lies outside what was asked.", Fault.NONSENSE)
        if log.block_hash.lower() != block:
            raise NodeTrouble("A log is of another branch.", Fault.MOVED)
        if filed[block].setdefault(int(log.log_index, 16), log) != log:
            raise NodeTrouble("Two logs claim one place.", Fault.NONSENSE)
    return {block: [log for _, log in sorted(own.items())] for block, own in filed.items()}
