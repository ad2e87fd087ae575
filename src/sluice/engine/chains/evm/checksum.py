"""EIP-55: the capitals that tell a mistyped address."""

from typing import Final

from eth_hash.auto import keccak

# A letter is a capital where the hash's digit is at least this.
_CAPITAL: Final = 8


def checksummed(address: str) -> str:
    """Write a lower-case address with its checksum."""
    digits = address[2:]
    marks = keccak(digits.encode()).hex()
    return "0x" + "".join(
        letter.upper() if int(mark, 16) >= _CAPITAL else letter
        for letter, mark in zip(digits, marks, strict=False)
    )
