"""Accounts: the hash that stands for one key or several, and how many must sign."""

from collections.abc import Sequence
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.hashing import hash160, sha256
from sluice.engine.chains.stacks.keys import KeyEncoding
from sluice.engine.chains.stacks.transactions.authorization import (
    PUBLIC_KEY_BYTES,
    Condition,
    HashMode,
    MultiSig,
    SingleSig,
)

_CHECK_MULTISIG: Final = 0xAE
_SMALL_NUMBERS: Final = 0x50
_SMALL_MAX: Final = 16
_SIGN_BIT: Final = 0x80
_WITNESS_KEY: Final = b"\x00\x14"
_WITNESS_SCRIPT: Final = b"\x00\x20"


def single_account(
    public: bytes, *, nonce: int, fee: int, mode: HashMode = HashMode.P2PKH
) -> SingleSig:
    """Return the unsigned condition of one key (33 bytes, or 65 where the account has it so)."""
    encoding = KeyEncoding(len(public) != PUBLIC_KEY_BYTES)
    return SingleSig(mode, signer_of(mode, [public], 1), nonce, fee, encoding)


def multi_account(
    publics: Sequence[bytes],
    *,
    required: int,
    nonce: int,
    fee: int,
    mode: HashMode = HashMode.P2SH_ANY_ORDER,
) -> MultiSig:
    """Return the unsigned condition of `required` out of these keys. Raises Invalid."""
    return MultiSig(mode, signer_of(mode, publics, required), nonce, fee, (), required)


def signer_of(mode: HashMode, publics: Sequence[bytes], required: int) -> bytes:
    """Return the twenty bytes that stand for these keys, in this order. Raises Invalid."""
    if mode.is_single and (len(publics) != 1 or required != 1):
        raise Invalid("This account has one key, which signs.", code="account_invalid")
    if len(publics) < required:
        raise Invalid("More signatures are required than there are keys.", code="account_invalid")
    if mode.is_witness and any(len(public) != PUBLIC_KEY_BYTES for public in publics):
        raise Invalid("Witness scripts know compressed keys only.", code="account_invalid")
    if mode is HashMode.P2PKH:
        return hash160(publics[0])
    if mode is HashMode.P2WPKH:
        return hash160(_WITNESS_KEY + hash160(publics[0]))
    script = _multisig_script(publics, required)
    return hash160(_WITNESS_SCRIPT + sha256(script) if mode.is_witness else script)


def is_signed(condition: Condition) -> bool:
    """Say whether anybody has signed."""
    return any(condition.signature) if isinstance(condition, SingleSig) else bool(condition.fields)


def _multisig_script(publics: Sequence[bytes], required: int) -> bytes:
    keys = b"".join(bytes([len(public)]) + public for public in publics)
    return _number(required) + keys + _number(len(publics)) + bytes([_CHECK_MULTISIG])


def _number(number: int) -> bytes:
    """Write a number as Bitcoin's scripts do: an opcode up to 16, little-endian bytes above."""
    if number <= _SMALL_MAX:
        return bytes([_SMALL_NUMBERS + number if number else 0])
    raw = number.to_bytes((number.bit_length() + 7) // 8, "little")
    if raw[-1] & _SIGN_BIT:
        raw += b"\0"
    return bytes([len(raw)]) + raw
