"""Authorization: whose account acts, at which nonce, for which fee, and who signed.

A spending condition names an account by the hash of its keys. The keys are not in it: they are
recovered from the signatures, together with the public keys of those who did not sign.
"""

import struct
from enum import IntEnum
from typing import Final

import msgspec

from sluice.engine.chains.stacks.c32 import HASH_BYTES
from sluice.engine.chains.stacks.keys import KeyEncoding, is_on_curve, script_address
from sluice.engine.chains.stacks.malformed import Malformed
from sluice.engine.chains.stacks.principals import MAINNET_SINGLE, TESTNET_SINGLE, Address
from sluice.engine.chains.stacks.reading import U16, U32, U64, Reader
from sluice.engine.chains.stacks.signatures import EMPTY_SIGNATURE, SIGNATURE_BYTES
from sluice.engine.chains.stacks.writing import write_exactly, write_number

PUBLIC_KEY_BYTES: Final = 33
SIGNATURES_MAX: Final = (1 << 16) - 1


class HashMode(IntEnum):
    """Which script of Bitcoin an account's hash is of."""

    P2PKH = 0
    P2SH = 1
    P2WPKH = 2
    P2WSH = 3
    P2SH_ANY_ORDER = 5
    P2WSH_ANY_ORDER = 7

    @property
    def is_single(self) -> bool:
        """Say whether one key acts alone."""
        return self in _SINGLE

    @property
    def is_ordered(self) -> bool:
        """Say whether each signer signs over the signature before (SIP-027 lifted this)."""
        return self in _ORDERED

    @property
    def is_witness(self) -> bool:
        """Say whether the script is a witness script, which knows compressed keys only."""
        return self in _WITNESS


_SINGLE: Final = frozenset({HashMode.P2PKH, HashMode.P2WPKH})
_ORDERED: Final = frozenset({HashMode.P2SH, HashMode.P2WSH})
_WITNESS: Final = frozenset({HashMode.P2WPKH, HashMode.P2WSH, HashMode.P2WSH_ANY_ORDER})


class SingleSig(msgspec.Struct, frozen=True, gc=False):
    """One key acts. `fee` is in micro-STX; an unsigned one has a signature of zeros."""

    hash_mode: HashMode
    signer: bytes
    nonce: int
    fee: int
    key_encoding: KeyEncoding = KeyEncoding.COMPRESSED
    signature: bytes = EMPTY_SIGNATURE


class PublicKeyField(msgspec.Struct, frozen=True, gc=False):
    """A key that did not sign: 33 bytes, and how the account writes it."""

    encoding: KeyEncoding
    key: bytes


class SignatureField(msgspec.Struct, frozen=True, gc=False):
    """A signature (id, r, s), and how the account writes its key."""

    encoding: KeyEncoding
    signature: bytes


AuthField = PublicKeyField | SignatureField


class MultiSig(msgspec.Struct, frozen=True, gc=False):
    """Several keys act; `fields` are in the order of the account's keys."""

    hash_mode: HashMode
    signer: bytes
    nonce: int
    fee: int
    fields: tuple[AuthField, ...]
    signatures_required: int


Condition = SingleSig | MultiSig

# What a sponsored transaction's origin signs in the sponsor's place.
SENTINEL: Final = SingleSig(HashMode.P2PKH, bytes(HASH_BYTES), 0, 0)


def address_of(condition: Condition, *, is_mainnet: bool) -> Address:
    """Return the address of the account that acts."""
    if condition.hash_mode is HashMode.P2PKH:
        return Address(MAINNET_SINGLE if is_mainnet else TESTNET_SINGLE, condition.signer)
    return script_address(condition.signer, is_mainnet=is_mainnet)


def read_condition(reader: Reader) -> Condition:
    """Read a spending condition. Raises Malformed."""
    start = reader.at
    mode = _MODES.get(reader.byte("a hash mode"))
    if mode is None:
        found = f"0x{reader.data[start]:02x}"
        raise Malformed(start, "a hash mode: 0, 1, 2, 3, 5 or 7", found)
    return _read_single(reader, mode) if mode in _SINGLE else _read_multi(reader, mode)


def write_condition(out: bytearray, condition: Condition) -> None:
    """Append a spending condition. Raises Invalid."""
    out.append(condition.hash_mode)
    write_exactly(out, condition.signer, HASH_BYTES, "A signer")
    write_number(out, condition.nonce, U64, "A nonce")
    write_number(out, condition.fee, U64, "A fee")
    if isinstance(condition, SingleSig):
        out.append(condition.key_encoding)
        write_exactly(out, condition.signature, SIGNATURE_BYTES, "A signature")
        return
    write_number(out, len(condition.fields), U32, "The number of fields")
    for field in condition.fields:
        if isinstance(field, SignatureField):
            out.append(_SIGNATURES + field.encoding)
            write_exactly(out, field.signature, SIGNATURE_BYTES, "A signature")
        else:
            out.append(field.encoding)
            write_exactly(out, field.key, PUBLIC_KEY_BYTES, "A public key")
    write_number(out, condition.signatures_required, U16, "The number of signatures required")


def _read_single(reader: Reader, mode: HashMode) -> SingleSig:
    start = reader.at
    stop = start + _SINGLE_BODY.size
    if stop > reader.end:
        raise reader.short(_SINGLE_BODY.size, "a spending condition")
    signer, nonce, fee, encoding, signature = _SINGLE_BODY.unpack_from(reader.data, start)
    if encoding and (encoding != 1 or mode is HashMode.P2WPKH):
        expected = "a compressed key, 0x00" if mode is HashMode.P2WPKH else "a key encoding, 0 or 1"
        raise Malformed(stop - SIGNATURE_BYTES - 1, expected, f"0x{encoding:02x}")
    reader.at = stop
    return SingleSig(mode, signer, nonce, fee, _ENCODINGS[encoding], signature)


def _read_multi(reader: Reader, mode: HashMode) -> MultiSig:
    start = reader.at
    stop = start + _MULTI_HEAD.size
    if stop > reader.end:
        raise reader.short(_MULTI_HEAD.size, "a spending condition")
    signer, nonce, fee, count = _MULTI_HEAD.unpack_from(reader.data, start)
    reader.at = stop
    fields = tuple(_read_field(reader, mode) for _ in range(count))
    given = sum(isinstance(field, SignatureField) for field in fields)
    end = reader.at
    required = reader.number(U16, "the number of signatures required")
    is_enough = given == required if mode in _ORDERED else required <= given <= SIGNATURES_MAX
    if not is_enough:
        raise Malformed(end, f"as many signatures as are given, {given}", str(required))
    return MultiSig(mode, signer, nonce, fee, fields, required)


def _read_field(reader: Reader, mode: HashMode) -> AuthField:
    start = reader.at
    kind = reader.byte("a field of a multisig account")
    if kind >= 2 * _SIGNATURES:
        raise Malformed(start, "a key or a signature, 0 to 3", f"0x{kind:02x}")
    encoding = _ENCODINGS[kind % _SIGNATURES]
    if encoding and mode in _WITNESS:
        raise Malformed(start, "a compressed key, as witness scripts need", f"0x{kind:02x}")
    if kind >= _SIGNATURES:
        return SignatureField(encoding, reader.take(SIGNATURE_BYTES, "a signature"))
    key = reader.take(PUBLIC_KEY_BYTES, "a public key")
    if not is_on_curve(key):
        raise Malformed(start + 1, "a public key of secp256k1", key.hex())
    return PublicKeyField(encoding, key)


_SIGNATURES: Final = 2
_MODES: Final = {mode.value: mode for mode in HashMode}
_ENCODINGS: Final = tuple(KeyEncoding)
_SINGLE_BODY: Final = struct.Struct(f">{HASH_BYTES}sQQB{SIGNATURE_BYTES}s")
_MULTI_HEAD: Final = struct.Struct(f">{HASH_BYTES}sQQI")
