"""Calldata: what a wallet is asked to send, and what a transaction says it sends."""

import re
from dataclasses import dataclass, replace
from typing import Final

from sluice.base.errors import Invalid

TRANSFER: Final = bytes.fromhex("a9059cbb")  # transfer(address,uint256)
TRANSFER_FROM: Final = bytes.fromhex("23b872dd")  # transferFrom(address,address,uint256)
# transferWithAuthorization, with the signature in parts or whole (EIP-3009).
AUTHORIZED: Final = frozenset({bytes.fromhex("e3ee160e"), bytes.fromhex("cf092995")})
DECIMALS: Final = "0x313ce567"  # decimals()
SYMBOL: Final = "0x95d89b41"  # symbol()

# A reference rides behind the arguments, where contracts do not look: mark, then sixteen bytes.
MARK: Final = b"SLU1"
REFERENCE_BYTES: Final = 16

_WORD: Final = 32
_AUTHORIZED_WORDS: Final = 6  # from, to, value, two bounds, nonce; then the signature
_ADDRESS_PAD: Final = bytes(12)
_UNITS_MAX: Final = 2**256 - 1
_REFERENCE: Final = re.compile(r"[0-9a-f]{32}")
_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class WalletCall:
    """What a wallet is asked to sign: to which contract, with which bytes, in hex."""

    to: str
    data: str


@dataclass(frozen=True, slots=True)
class TransferCall:
    """A transfer as asked for, not as done; `sender` is None when it is whoever signed."""

    sender: str | None
    recipient: str
    units: int
    reference: str | None


def transfer_call(token: str, to: str, units: int, reference: str | None = None) -> WalletCall:
    """Write the call that sends `units` of a token, with a reference of 32 hex digits behind it."""
    if not 0 < units <= _UNITS_MAX:
        raise Invalid("The amount does not fit a token transfer.", code="amount_invalid")
    if not _ADDRESS.fullmatch(token) or not _ADDRESS.fullmatch(to):
        raise Invalid("Use addresses in their stored form.", code="address_invalid")
    data = TRANSFER + _ADDRESS_PAD + bytes.fromhex(to[2:]) + units.to_bytes(_WORD, "big")
    if reference is not None:
        if not _REFERENCE.fullmatch(reference):
            raise Invalid(
                "A reference is sixteen bytes in lower-case hex.", code="reference_invalid"
            )
        data += MARK + bytes.fromhex(reference)
    return WalletCall(to=token, data=f"0x{data.hex()}")


def read_call(calldata: str) -> TransferCall | None:
    """Read a token transfer, or None when the bytes are something else."""
    data = bytes.fromhex(calldata[2:]) if len(calldata) % 2 == 0 else b""
    selector, words = data[:4], data[4:]
    if selector == TRANSFER:
        return _read(words, count=2)
    if selector == TRANSFER_FROM:
        return _read(words, count=3)
    if selector in AUTHORIZED:
        return _read_authorized(words)
    return None


def _read_authorized(words: bytes) -> TransferCall | None:
    """Read a payer's word that somebody hands in; its payer and nonce are the reference."""
    moved = _read(words[: 3 * _WORD], count=3)
    if moved is None or moved.sender is None or len(words) < _AUTHORIZED_WORDS * _WORD:
        return None
    nonce = words[5 * _WORD : 6 * _WORD]
    return replace(moved, reference=moved.sender[2:] + nonce.hex())


def _read(words: bytes, *, count: int) -> TransferCall | None:
    length = count * _WORD
    if len(words) < length:
        return None
    people = [words[at : at + _WORD] for at in range(0, length - _WORD, _WORD)]
    if any(not word.startswith(_ADDRESS_PAD) for word in people):
        return None
    addresses = [f"0x{word[len(_ADDRESS_PAD) :].hex()}" for word in people]
    return TransferCall(
        sender=addresses[0] if count > 2 else None,  # noqa: PLR2004 - transferFrom names both
        recipient=addresses[-1],
        units=int.from_bytes(words[length - _WORD : length], "big"),
        reference=_reference(words[length:]),
    )


def _reference(rest: bytes) -> str | None:
    tail = rest[-len(MARK) - REFERENCE_BYTES :]
    if len(tail) < len(MARK) + REFERENCE_BYTES or not tail.startswith(MARK):
        return None
    return tail[len(MARK) :].hex()
