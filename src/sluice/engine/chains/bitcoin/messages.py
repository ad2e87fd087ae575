"""Proof that somebody holds an address's key: BIP-322's simple form, and P2PKH's older one."""

import base64
import binascii
from enum import StrEnum
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.addresses import read_address
from sluice.engine.chains.bitcoin.hashing import hash160, sha256d, tagged_hash
from sluice.engine.chains.bitcoin.nets import Net
from sluice.engine.chains.bitcoin.reading import Malformed, Reader, write_sized
from sluice.engine.chains.bitcoin.scripts import OP_RETURN, ScriptType, payload_of, type_of
from sluice.engine.chains.bitcoin.signatures import recover_key
from sluice.engine.chains.bitcoin.transactions.model import Input, Outpoint, Output, Transaction
from sluice.engine.chains.bitcoin.transactions.read import read_witness
from sluice.engine.chains.bitcoin.transactions.verify import is_spent_rightly
from sluice.engine.chains.bitcoin.transactions.write import tx_id_of

_TAG: Final = "BIP0322-signed-message"
_SIMPLE: Final = "smp"
_OTHERS: Final = ("ful", "pof")
_NO_OUTPUT: Final = Outpoint("00" * 32, 0xFFFFFFFF)
_SIGNATURE_MAX: Final = 4_096
# Bitcoin Core's signmessage: what every message begins with, and the bytes of a signature.
_MAGIC: Final = b"\x18Bitcoin Signed Message:\n"
_LEGACY_BYTES: Final = 65
_LEGACY_FIRST: Final = 27
_LEGACY_COMPRESSED: Final = 31
_LEGACY_LAST: Final = 34
_WITNESS_SINGLE: Final = 2


class Proof(StrEnum):
    """What a signature says of whoever gave it. Only VALID proves anything."""

    VALID = "valid"
    INVALID = "invalid"
    INCONCLUSIVE = "inconclusive"  # in a form, or of a kind of address, that we do not judge


def check_proof(address: str, message: str, signature: str, net: Net) -> Proof:
    """Judge a signature of a message by an address. Raises Invalid for what is no address here.

    P2WPKH, P2SH-P2WPKH and P2TR by key prove in BIP-322's simple form; P2PKH as `signmessage`
    does. A proof says that the key signed these words once: let the words name the purpose.
    """
    script = read_address(address, net)
    kind = type_of(script)
    text = signature.removeprefix(_SIMPLE)
    if signature.startswith(_OTHERS) or kind is ScriptType.P2WSH:
        return Proof.INCONCLUSIVE
    try:
        raw = base64.b64decode(text, validate=True) if len(text) <= _SIGNATURE_MAX else b""
    except (binascii.Error, ValueError):
        return Proof.INVALID
    if kind is ScriptType.P2PKH:
        is_valid = _is_legacy(raw, payload_of(script), message)
    else:
        is_valid = _is_simple(raw, script, message)
    return Proof.VALID if is_valid else Proof.INVALID


def message_hash(message: str) -> bytes:
    """Return BIP-322's hash of a message."""
    return tagged_hash(_TAG, _utf8(message))


def challenge(script: bytes, message: str) -> Transaction:
    """Return the transaction that never was, whose one output is to be spent ("to_spend")."""
    start = Input(_NO_OUTPUT, b"\x00\x20" + message_hash(message), sequence=0)
    return Transaction((start,), (Output(0, script),), version=0)


def response(
    script: bytes, message: str, witness: tuple[bytes, ...] = (), script_sig: bytes = b""
) -> Transaction:
    """Return the transaction that spends it ("to_sign"); its signature is the proof."""
    spent = Outpoint(tx_id_of(challenge(script, message)), 0)
    answer = Input(spent, script_sig, sequence=0, witness=witness)
    return Transaction((answer,), (Output(0, bytes([OP_RETURN])),), version=0)


def legacy_message_hash(message: str) -> bytes:
    """Return what Bitcoin Core's `signmessage` signs."""
    return sha256d(_MAGIC + write_sized(_utf8(message)))


def _is_simple(raw: bytes, script: bytes, message: str) -> bool:
    reader = Reader(raw)
    try:
        witness = read_witness(reader)
        reader.finish()
    except Malformed:
        return False
    script_sig = b""
    if type_of(script) is ScriptType.P2SH:
        if len(witness) != _WITNESS_SINGLE:
            return False
        # The simple form has no room for it; the key in the witness says what it must be.
        script_sig = b"\x16\x00\x14" + hash160(witness[1])
    transaction = response(script, message, witness, script_sig)
    return is_spent_rightly(transaction, 0, (Output(0, script),))


def _is_legacy(raw: bytes, key_hash: bytes, message: str) -> bool:
    if len(raw) != _LEGACY_BYTES or not _LEGACY_FIRST <= raw[0] <= _LEGACY_LAST:
        return False
    key = recover_key(raw[1:], (raw[0] - _LEGACY_FIRST) & 3, legacy_message_hash(message))
    if key is None:
        return False
    return hash160(key.format(compressed=raw[0] >= _LEGACY_COMPRESSED)) == key_hash


def _utf8(message: str) -> bytes:
    try:
        return message.encode()
    except UnicodeEncodeError:
        raise Invalid("A message is text.", code="message_invalid") from None
