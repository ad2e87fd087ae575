"""A raw block against the scripts somebody waits for: only outputs are read, the rest is skipped.

One pass over the bytes without objects per transaction: a block of 4,000 transactions in about a
tenth of a second, however many scripts are waited for.
"""

from collections.abc import Container
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sluice.engine.chains.bitcoin.amounts import MONEY_MAX_SATS
from sluice.engine.chains.bitcoin.blocks.header import (
    HEADER_BYTES,
    BlockHeader,
    decode_header,
    root_of,
)
from sluice.engine.chains.bitcoin.reading import Malformed, Reader

# Blocks on top of and including its own before a block's reward may be spent.
COINBASE_DEPTH: Final = 100

_NO_OUTPUT: Final = bytes(32) + b"\xff" * 4
_BLOCK_BYTES_MAX: Final = 4_000_000
_LONG: Final = {0xFD: 2, 0xFE: 4, 0xFF: 8}
_LONG_LEAST: Final = {0xFD: 0xFD, 0xFE: 1 << 16, 0xFF: 1 << 32}


@dataclass(frozen=True, slots=True)
class SeenOutput:
    """Money to a script somebody waits for. The key is (tx_id, index)."""

    tx_id: str
    index: int
    script: bytes
    sats: int
    is_coinbase: bool = False

    def depth_at_least(self, depth: int) -> int:
        """Return the depth to credit it at: a block's reward is nobody's before it may be spent."""
        return max(depth, COINBASE_DEPTH) if self.is_coinbase else depth


@dataclass(frozen=True, slots=True)
class MatchedBlock:
    """A block's header, how many transactions it holds, and the outputs waited for."""

    header: BlockHeader
    transactions: int
    outputs: tuple[SeenOutput, ...]


def match_block(raw: bytes, watched: Container[bytes]) -> MatchedBlock:
    """Return the outputs of a block to these scripts, once its transactions fit its header.

    Raises Malformed for bytes that end early or late, and for transactions that the header does
    not commit to: nothing can be left out or added. Proof of work is the header's to tell.
    """
    if len(raw) > _BLOCK_BYTES_MAX:
        raise Malformed(_BLOCK_BYTES_MAX, "a block is not longer than 4000000 bytes")
    header = decode_header(raw[:HEADER_BYTES])
    reader = Reader(raw)
    reader.take(HEADER_BYTES)
    count = reader.size()
    at = reader.at
    names: list[bytes] = []
    found: list[SeenOutput] = []
    for _ in range(count):
        at, name, outputs = _scan(raw, at, watched)
        names.append(name)
        found += outputs
    if at != len(raw):
        raise Malformed(at, "a block ends where its transactions do")
    if not names or root_of(names) != header.root:
        raise Malformed(HEADER_BYTES, "the header is of other transactions")
    return MatchedBlock(header, count, tuple(found))


def transaction_in(raw: bytes, tx_id: str) -> bytes | None:
    """Return the bytes of one transaction of a block, None where the block has none of this id."""
    reader = Reader(raw)
    reader.take(HEADER_BYTES)
    count = reader.size()
    at, wanted = reader.at, bytes.fromhex(tx_id)[::-1]
    for _ in range(count):
        start = at
        at, name, _ = _scan(raw, start, ())
        if name == wanted:
            return raw[start:at]
    return None


def match_transaction(raw: bytes, watched: Container[bytes]) -> tuple[SeenOutput, ...]:
    """Return the outputs of one transaction to these scripts. Raises Malformed."""
    at, _, outputs = _scan(raw, 0, watched)
    if at != len(raw):
        raise Malformed(at, "a transaction ends with its lock time")
    return tuple(outputs)


def _scan(
    data: bytes, start: int, watched: Container[bytes]
) -> tuple[int, bytes, list[SeenOutput]]:
    """Return where the transaction that starts here ends, its hash, and the outputs waited for."""
    try:
        has_witness = data[start + 4] == 0
        if has_witness and data[start + 5] != 1:
            raise Malformed(start + 5, "a transaction without inputs, or an unknown flag")
        body = start + (6 if has_witness else 4)
        at, inputs = _skip_inputs(data, body)
        is_coinbase = data[body + 1 : body + 37] == _NO_OUTPUT
        at, hits = _read_outputs(data, at, watched)
        end = at
        if has_witness:
            at = _skip_witnesses(data, at, inputs)
    except IndexError:
        raise Malformed(len(data), "the bytes end inside a transaction") from None
    stop = at + 4
    if stop > len(data):
        raise Malformed(len(data), "the bytes end inside a transaction")
    if has_witness:
        whole = data[start : start + 4] + data[body:end] + data[at:stop]
    else:
        whole = data[start:stop]
    name = sha256(sha256(whole).digest()).digest()
    if not hits:
        return stop, name, []
    tx_id = name[::-1].hex()
    return stop, name, [SeenOutput(tx_id, *hit, is_coinbase) for hit in hits]


def _skip_inputs(data: bytes, at: int) -> tuple[int, int]:
    count, at = _size(data, at)
    if not count:
        raise Malformed(at, "a transaction spends something")
    for _ in range(count):
        at += 36
        size = data[at]
        at += 1
        if size > 0xFC:  # noqa: PLR2004 - the last count in one byte
            size, at = _size(data, at - 1)
        at += size + 4
    return at, count


def _read_outputs(
    data: bytes, at: int, watched: Container[bytes]
) -> tuple[int, list[tuple[int, bytes, int]]]:
    count, at = _size(data, at)
    hits = []
    for index in range(count):
        head = at
        at += 8
        size = data[at]
        at += 1
        if size > 0xFC:  # noqa: PLR2004 - the last count in one byte
            size, at = _size(data, at - 1)
        script = data[at : at + size]
        at += size
        if script in watched:
            sats = int.from_bytes(data[head : head + 8], "little")
            if sats > MONEY_MAX_SATS:
                raise Malformed(head, "more bitcoin than there are")
            hits.append((index, script, sats))
    return at, hits


def _skip_witnesses(data: bytes, at: int, inputs: int) -> int:
    for _ in range(inputs):
        count, at = _size(data, at)
        for _ in range(count):
            size = data[at]
            at += 1
            if size > 0xFC:  # noqa: PLR2004 - the last count in one byte
                size, at = _size(data, at - 1)
            at += size
    return at


def _size(data: bytes, at: int) -> tuple[int, int]:
    """Return a count in its shortest form, and where it ends."""
    first = data[at]
    width = _LONG.get(first)
    if width is None:
        return first, at + 1
    stop = at + 1 + width
    count = int.from_bytes(data[at + 1 : stop], "little")
    if count < _LONG_LEAST[first]:
        raise Malformed(at, "a count is not in its shortest form")
    return count, stop
