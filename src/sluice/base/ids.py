"""Ids: the only source of identifiers.

An identifier is a prefix that says what it is and 24 base58 characters: 48 bits of time in
milliseconds, then 92 random bits. It sorts by time as text and fits every contract type.
"""

import random  # noqa: TID251 - the one place that may
import re
import secrets
from typing import Final, NewType

from sluice.base.clock import Clock

# Bitcoin's base58 alphabet: in ASCII order, so encoded numbers of one width sort as they count.
ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BODY_LENGTH: Final = 24
# Two digits at a time: an identifier is made for every row that is written.
_PAIRS: Final = [high + low for high in ALPHABET for low in ALPHABET]
_RANDOM_BITS: Final = 92
_WELL_FORMED: Final = re.compile(r"[a-z]+(?:_[a-z]+)*_[1-9A-HJ-NP-Za-km-z]{24,64}", re.ASCII)

MerchantId = NewType("MerchantId", str)


class Ids:
    """Makes identifiers. Seeded for a simulation, from the system's entropy otherwise."""

    def __init__(self, clock: Clock, *, seed: int | None = None) -> None:
        self._clock = clock
        self._random: random.Random = secrets.SystemRandom()
        if seed is not None:
            self._random = random.Random(seed)  # noqa: S311 - a run that repeats, not a secret

    def new(self, prefix: str) -> str:
        """Return a new identifier such as `pi_1A…`."""
        millis = int(self._clock.now().timestamp() * 1000)
        number = (millis << _RANDOM_BITS) | self._random.getrandbits(_RANDOM_BITS)
        return f"{prefix}_{encode(number)}"

    def new_unguessable(self, prefix: str) -> str:
        """Return an identifier with 128 more random bits, for links that open without a key."""
        return self.new(prefix) + encode(self._random.getrandbits(128), 22)

    def bytes(self, count: int) -> bytes:
        """Return random bytes."""
        return self._random.randbytes(count)

    def below(self, limit: int) -> int:
        """Return a random whole number from 0 up to but not including `limit`."""
        return self._random.randrange(limit)


def encode(number: int, length: int = BODY_LENGTH) -> str:
    """Write a number in base58 with leading ones up to `length` characters."""
    pairs: list[str] = []
    while number:
        number, pair = divmod(number, len(_PAIRS))
        pairs.append(_PAIRS[pair])
    pairs.reverse()
    return "".join(pairs).lstrip(ALPHABET[0]).rjust(length, ALPHABET[0])


def is_well_formed(text: str, prefix: str) -> bool:
    """Say whether text looks like an identifier with this prefix."""
    return text.startswith(prefix + "_") and _WELL_FORMED.fullmatch(text) is not None
