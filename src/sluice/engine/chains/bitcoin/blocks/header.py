"""Headers: eighty bytes that prove work, and what proves that a transaction is under one."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sluice.engine.chains.bitcoin.hashing import sha256d
from sluice.engine.chains.bitcoin.reading import Malformed, Reader

HEADER_BYTES: Final = 80
_MANTISSA: Final = 0x007FFFFF
_SIGN: Final = 0x00800000
# Levels of the tree of the largest block that could be: 4,000,000 bytes of the least transactions.
_LEVELS_MAX: Final = 17
_HASH_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """A block's head; hashes as people write them, in reversed hex."""

    hash: str
    parent: str
    root: bytes  # of the tree of transactions, as it is hashed
    time: dt.datetime
    target: int

    @property
    def has_work(self) -> bool:
        """Return whether the hash is as small as the header itself promises."""
        return int(self.hash, 16) <= self.target


def decode_header(data: bytes) -> BlockHeader:
    """Read the eighty bytes of a header. Raises Malformed."""
    reader = Reader(data)
    reader.take(4)
    parent, root = reader.take(32), reader.take(32)
    time, bits = reader.number(4), reader.number(4)
    reader.take(4)
    reader.finish()
    return BlockHeader(
        hash=sha256d(data)[::-1].hex(),
        parent=parent[::-1].hex(),
        root=root,
        time=dt.datetime.fromtimestamp(time, dt.UTC),
        target=_target(bits),
    )


def check_headers(raw: Sequence[bytes], *, easiest: int) -> list[BlockHeader]:
    """Read headers that follow one another, each with work of at most this target.

    `easiest` is the largest target that we believe, such as four times that of a header we know:
    the difficulty falls at most so far in two weeks. Raises Malformed.
    """
    headers = [decode_header(one) for one in raw]
    for place, header in enumerate(headers):
        if place and header.parent != headers[place - 1].hash:
            raise Malformed(place * HEADER_BYTES, "a header does not follow the one before it")
        if not header.has_work or header.target > easiest:
            raise Malformed(place * HEADER_BYTES, "a header without the work it must have")
    return headers


def is_under(root: bytes, tx_id: str, position: int, siblings: Sequence[str]) -> bool:
    """Return whether these hashes lead from a transaction at this place up to the root.

    As `merkle-proof` of Esplora and `blockchain.transaction.get_merkle` of Electrum give it.
    Take it as proof only for a transaction whose bytes you have: an inner node can be made to
    look like a transaction of 64 bytes.
    """
    if len(siblings) > _LEVELS_MAX or not 0 <= position < 1 << len(siblings):
        return False
    node = bytes.fromhex(tx_id)[::-1]
    for step in siblings:
        other = bytes.fromhex(step)[::-1]
        if len(other) != _HASH_BYTES:
            return False
        node = sha256d(other + node if position & 1 else node + other)
        position >>= 1
    return node == root


def root_of(names: Sequence[bytes]) -> bytes:
    """Return the root of the tree over transactions' hashes. Raises Malformed.

    Refuses a list that repeats its end: it has the same root as the list without the repetition.
    """
    level = list(names)
    while len(level) > 1:
        pairs = list(zip(level[::2], level[1::2], strict=False))
        if any(left == right for left, right in pairs):
            raise Malformed(HEADER_BYTES, "transactions are repeated")
        if len(level) % 2:
            pairs.append((level[-1], level[-1]))
        level = [sha256d(left + right) for left, right in pairs]
    return level[0]


def _target(bits: int) -> int:
    if bits & _SIGN:
        raise Malformed(72, "a negative target")
    size, mantissa = bits >> 24, bits & _MANTISSA
    target = mantissa << 8 * (size - 3) if size > 3 else mantissa >> 8 * (3 - size)  # noqa: PLR2004 - three bytes
    if target >> 256:
        raise Malformed(72, "a target beyond every hash")
    return target
