"""bech32 and bech32m (BIP-173, BIP-350): how witness programs are written as addresses."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from sluice.base.errors import Invalid

_ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_DIGITS: Final = {letter: number for number, letter in enumerate(_ALPHABET)}
_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32: Final = 1
_BECH32M: Final = 0x2BC830A3
_CHECKSUM_LETTERS: Final = 6
_LETTERS_MAX: Final = 90
_PROGRAM_MIN: Final = 2
_PROGRAM_MAX: Final = 40
_PROGRAM_V0: Final = (20, 32)
_VERSION_MAX: Final = 16
_LAST: Final = 0x1FFFFFF


def _step(top: int) -> int:
    change = 0
    for bit, value in enumerate(_GENERATOR):
        if top >> bit & 1:
            change ^= value
    return change


# What the five bits that leave the checksum's register change in it.
_CHANGES: Final = tuple(_step(top) for top in range(32))


def encode_segwit(prefix: str, version: int, program: bytes) -> str:
    """Write a witness program as an address under this prefix, such as `bc`. Raises Invalid."""
    if not _is_program(version, program):
        raise Invalid("This is no witness program.", code="address_invalid")
    digits = [version, *_to_digits(program)]
    constant = _BECH32 if version == 0 else _BECH32M
    check = _polymod(_start(prefix), [*digits, 0, 0, 0, 0, 0, 0]) ^ constant
    digits += [check >> 5 * (5 - place) & 31 for place in range(_CHECKSUM_LETTERS)]
    return prefix + "1" + "".join([_ALPHABET[digit] for digit in digits])


def decode_segwit(prefix: str, text: str) -> tuple[int, bytes]:
    """Read an address of this prefix as its version and program. Raises Invalid."""
    if text not in {text.lower(), text.upper()}:
        raise _refused("Upper and lower case are mixed.")
    lower = text.lower()
    head, _, tail = lower.rpartition("1")
    if head != prefix or len(lower) > _LETTERS_MAX or len(tail) <= _CHECKSUM_LETTERS:
        raise _refused("It is cut, or of another network.")
    digits = [_DIGITS.get(letter, -1) for letter in tail]
    if -1 in digits or not lower.isascii():
        raise _refused("A character is mistyped.")
    version = digits[0]
    constant = _BECH32 if version == 0 else _BECH32M
    if _polymod(_start(prefix), digits) != constant:
        raise _refused("Its checksum does not fit: a character is mistyped.")
    program = _from_digits(digits[1:-_CHECKSUM_LETTERS])
    if program is None or not _is_program(version, program):
        raise _refused("It holds no witness program.")
    return version, program


def _is_program(version: int, program: bytes) -> bool:
    if not (0 <= version <= _VERSION_MAX and _PROGRAM_MIN <= len(program) <= _PROGRAM_MAX):
        return False
    return version != 0 or len(program) in _PROGRAM_V0


@lru_cache(maxsize=16)
def _start(prefix: str) -> int:
    expanded = [ord(letter) >> 5 for letter in prefix]
    return _polymod(1, [*expanded, 0, *(ord(letter) & 31 for letter in prefix)])


def _polymod(check: int, digits: Iterable[int]) -> int:
    for digit in digits:
        check = (check & _LAST) << 5 ^ digit ^ _CHANGES[check >> 25]
    return check


def _to_digits(data: bytes) -> list[int]:
    count = -(-len(data) * 8 // 5)
    number = int.from_bytes(data, "big") << count * 5 - len(data) * 8
    return [number >> shift & 31 for shift in range(count * 5 - 5, -5, -5)]


def _from_digits(digits: list[int]) -> bytes | None:
    """Return whole bytes, or None when what is left over is not a few bits of zero."""
    number = 0
    for digit in digits:
        number = number << 5 | digit
    size, padding = divmod(len(digits) * 5, 8)
    if padding >= 5 or number & (1 << padding) - 1:  # noqa: PLR2004 - a digit's five bits
        return None
    return (number >> padding).to_bytes(size, "big")


def _refused(why: str) -> Invalid:
    return Invalid(f"This is no Bitcoin address here. {why}", code="address_invalid")
