"""base58check: how Bitcoin writes addresses and extended keys."""

from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.hashing import checksum

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS: Final = {letter: number for number, letter in enumerate(_ALPHABET)}
_BASE: Final = 58
_CHECKSUM_BYTES: Final = 4


def encode_base58check(data: bytes) -> str:
    """Write bytes with their checksum."""
    whole = data + checksum(data)
    number = int.from_bytes(whole, "big")
    letters = []
    while number:
        number, rest = divmod(number, _BASE)
        letters.append(_ALPHABET[rest])
    zeros = len(whole) - len(whole.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(letters))


def decode_base58check(text: str) -> bytes:
    """Read what `encode_base58check` writes. Raises Invalid for wrong letters or checksum."""
    number = 0
    for letter in text:
        if letter not in _DIGITS:
            raise _refused()
        number = number * _BASE + _DIGITS[letter]
    zeros = len(text) - len(text.lstrip("1"))
    whole = bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    data = whole[:-_CHECKSUM_BYTES]
    if len(whole) <= _CHECKSUM_BYTES or whole[-_CHECKSUM_BYTES:] != checksum(data):
        raise _refused()
    return data


def _refused() -> Invalid:
    return Invalid("This is not base58 with its checksum: a character is mistyped or missing.")
