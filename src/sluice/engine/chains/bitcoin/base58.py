"""base58check: how Bitcoin writes extended keys and the older addresses."""

from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.hashing import sha256d

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS: Final = {letter: number for number, letter in enumerate(_ALPHABET)}
_BASE: Final = 58
_CHECKSUM_BYTES: Final = 4
# Longer than anything that is written so: an extended key has 111 characters.
_LETTERS_MAX: Final = 120


def encode_base58check(data: bytes) -> str:
    """Write bytes with their checksum."""
    whole = data + sha256d(data)[:_CHECKSUM_BYTES]
    number = int.from_bytes(whole, "big")
    letters = []
    while number:
        number, rest = divmod(number, _BASE)
        letters.append(_ALPHABET[rest])
    zeros = len(whole) - len(whole.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(letters))


def decode_base58check(text: str) -> bytes:
    """Read what `encode_base58check` writes. Raises Invalid, which never shows the text."""
    number = 0
    if len(text) > _LETTERS_MAX or not all(letter in _DIGITS for letter in text):
        raise _refused()
    for letter in text:
        number = number * _BASE + _DIGITS[letter]
    zeros = len(text) - len(text.lstrip("1"))
    whole = bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    data = whole[:-_CHECKSUM_BYTES]
    if len(whole) <= _CHECKSUM_BYTES or whole[-_CHECKSUM_BYTES:] != sha256d(data)[:4]:
        raise _refused()
    return data


def _refused() -> Invalid:
    return Invalid("This is not base58 with its checksum: a character is mistyped or missing.")
