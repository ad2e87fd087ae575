"""Mutate bytes that are good into bytes that are nearly good."""

import random
from collections.abc import Callable, Sequence
from typing import Final

# Numbers at which lengths, counts, names and depths begin to be too much.
EDGES: Final = (0, 1, 2, 15, 16, 31, 32, 40, 41, 127, 128, 129, 255, 256, 65_535, 65_536)
BIG_EDGES: Final = (*EDGES, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 1 << 21, 1 << 31, (1 << 32) - 1)
ROUNDS_MAX: Final = 3
PIECE_MAX: Final = 40
REPEATS_MAX: Final = 20

WRAPPERS: Final = (7, 8, 10)
LEVELS: Final = (1, 14, 15, 16, 30, 31, 32, 99)

Change = Callable[[random.Random, bytearray, Sequence[bytes]], None]


def mutate(chance: random.Random, corpus: Sequence[bytes]) -> bytes:
    """Return one of the corpus, changed once to three times."""
    data = bytearray(chance.choice(corpus))
    for _ in range(chance.randint(1, ROUNDS_MAX)):
        chance.choice(CHANGES)(chance, data, corpus)
    return bytes(data)


def _flip(chance: random.Random, data: bytearray, _corpus: Sequence[bytes]) -> None:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _set(chance: random.Random, data: bytearray, _corpus: Sequence[bytes]) -> None:
    if data:
        data[chance.randrange(len(data))] = chance.randrange(256)


def _set_small(chance: random.Random, data: bytearray, _corpus: Sequence[bytes]) -> None:
    """Put a type prefix, a mode or a code where it may not belong."""
    if data:
        data[chance.randrange(len(data))] = chance.randrange(16)


def _insert(chance: random.Random, data: bytearray, _corpus: Sequence[bytes]) -> None:
    at = chance.randint(0, len(data))
    data[at:at] = chance.randbytes(chance.randint(1, 4))


def _delete(chance: random.Random, data: bytearray, _corpus: Sequence[bytes]) -> None:
    at = chance.randint(0, len(data))
    del data[at : at + chance.randint(1, PIECE_MAX)]


def _cut(chance: random.Random, data: bytearray, _corpus: Sequence[bytes]) -> None:
    del data[chance.randint(0, len(data)) :]


def _repeat(chance: random.Random, data: bytearray, _corpus: Sequence[bytes]) -> None:
    at = chance.randint(0, len(data))
    piece = data[at : at + chance.randint(1, PIECE_MAX)]
    data[at:at] = piece * chance.randint(1, REPEATS_MAX)


def _swap(chance: random.Random, data: bytearray, _corpus: Sequence[bytes]) -> None:
    one, other = (chance.randint(0, len(data)) for _ in range(2))
    size = chance.randint(1, PIECE_MAX)
    piece = data[one : one + size]
    data[one : one + size] = data[other : other + size]
    data[other : other + size] = piece


def _splice(chance: random.Random, data: bytearray, corpus: Sequence[bytes]) -> None:
    other = chance.choice(corpus)
    at, start = chance.randint(0, len(data)), chance.randint(0, len(other))
    data[at : at + chance.randint(0, PIECE_MAX)] = other[start : start + chance.randint(1, 400)]


def _number(chance: random.Random, data: bytearray, _corpus: Sequence[bytes]) -> None:
    at = chance.randint(0, len(data))
    data[at : at + 4] = chance.choice(BIG_EDGES).to_bytes(4, "big")


def _short_number(chance: random.Random, data: bytearray, _corpus: Sequence[bytes]) -> None:
    if data:
        data[chance.randrange(len(data))] = min(chance.choice(EDGES), 255)


def _nest(chance: random.Random, data: bytearray, _corpus: Sequence[bytes]) -> None:
    """Wrap a value in so many levels that it may be one too many."""
    at = chance.randint(0, len(data))
    data[at:at] = bytes([chance.choice((7, 8, 10))]) * chance.choice(
        (1, 14, 15, 16, 30, 31, 32, 99)
    )


CHANGES: Final[tuple[Change, ...]] = (
    _flip,
    _flip,
    _set,
    _set_small,
    _set_small,
    _insert,
    _delete,
    _cut,
    _repeat,
    _swap,
    _splice,
    _number,
    _short_number,
    _nest,
)
