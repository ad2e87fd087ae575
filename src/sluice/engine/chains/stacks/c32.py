"""c32check: Crockford's base 32 with a version and a checksum, the letters of Stacks addresses.

Only the canonical form is read: capitals, no O, I or L for 0 and 1, no zero too many. Nodes are
more tolerant; a payer's typing mistake should not be.
"""

from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.hashing import checksum

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
VERSION_MAX: Final = 31
HASH_BYTES: Final = 20

_DIGITS: Final = {letter: number for number, letter in enumerate(ALPHABET)}
_BITS: Final = 5
_CHECKSUM_BYTES: Final = 4
# 'S', the version, and between 24 zero bytes and 24 bytes of ones.
_LENGTHS: Final = range(2 + 24, 2 + 39 + 1)


def encode_c32(data: bytes) -> str:
    """Write bytes in base 32; a leading zero byte becomes a leading 0."""
    number = int.from_bytes(data, "big")
    letters = []
    while number:
        letters.append(ALPHABET[number & VERSION_MAX])
        number >>= _BITS
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "0" * zeros + "".join(reversed(letters))


def decode_c32(text: str) -> bytes:
    """Read what `encode_c32` writes. Raises Invalid for letters outside the alphabet."""
    number = 0
    for letter in text:
        if letter not in _DIGITS:
            raise Invalid(f"'{letter}' is not in the alphabet of c32.", code="c32_invalid")
        number = number << _BITS | _DIGITS[letter]
    zeros = len(text) - len(text.lstrip("0"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def encode_address(version: int, hash160: bytes) -> str:
    """Write a version (0 to 31) and twenty bytes as an address: `SP…`, `ST…`."""
    if not 0 <= version <= VERSION_MAX or len(hash160) != HASH_BYTES:
        raise _refused("it has a version from 0 to 31 and twenty bytes")
    body = encode_c32(hash160 + checksum(bytes([version]) + hash160))
    return f"S{ALPHABET[version]}{body}"


def decode_address(text: str) -> tuple[int, bytes]:
    """Return an address's version and its twenty bytes. Raises Invalid for all but its one form."""
    if not text.startswith("S"):
        raise _refused("it starts with a capital S")
    if len(text) not in _LENGTHS or text[1] not in _DIGITS:
        raise _refused("it has 28 to 41 capital letters and digits, without I, L, O and U")
    version, body = _DIGITS[text[1]], decode_c32(text[2:])
    if len(body) != HASH_BYTES + _CHECKSUM_BYTES:
        raise _refused("it holds twenty bytes and a checksum")
    hash160 = body[:HASH_BYTES]
    if body[HASH_BYTES:] != checksum(bytes([version]) + hash160):
        raise _refused("its checksum fits: a character is mistyped")
    return version, hash160


def _refused(rule: str) -> Invalid:
    return Invalid(f"This is not a Stacks address: {rule}.", code="address_invalid")
