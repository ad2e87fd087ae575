"""Whether an input is rightly spent, for outputs that one key locks."""

from collections.abc import Sequence
from typing import Final

from sluice.engine.chains.bitcoin.hashing import hash160
from sluice.engine.chains.bitcoin.scripts import ScriptType, key_script, payload_of, type_of
from sluice.engine.chains.bitcoin.signatures import SCHNORR_BYTES, is_ecdsa, is_schnorr
from sluice.engine.chains.bitcoin.transactions.model import (
    SIGHASH_ALL,
    SIGHASH_DEFAULT,
    Output,
    Transaction,
)
from sluice.engine.chains.bitcoin.transactions.sighash import (
    legacy_hash,
    segwit_hash,
    taproot_hash,
)

_PUSH_MAX: Final = 75
_COMPRESSED_BYTES: Final = 33


def is_spent_rightly(transaction: Transaction, index: int, spent: Sequence[Output]) -> bool:
    """Return whether this input carries the one signature its output asks for.

    `spent` are the outputs of all inputs, as we know them. Only signatures of the whole
    transaction count; script paths, several signers and other kinds of output never do.
    """
    source, output = transaction.inputs[index], spent[index]
    kind = type_of(output.script)
    if kind is ScriptType.P2PKH:
        return not source.witness and _by_script(transaction, index, output.script)
    if kind is ScriptType.P2SH:
        program = single_push(source.script_sig) or b""
        return hash160(program) == payload_of(output.script) and _by_witness(
            transaction, index, program, output.sats
        )
    if source.script_sig:
        return False
    if kind is ScriptType.P2TR:
        return _by_taproot_key(transaction, index, spent)
    return _by_witness(transaction, index, output.script, output.sats)


def single_push(script: bytes) -> bytes | None:
    """Return what a script pushes, when it is one short push and nothing else."""
    pushes = _pushes(script)
    return pushes[0] if pushes is not None and len(pushes) == 1 else None


def _by_taproot_key(transaction: Transaction, index: int, spent: Sequence[Output]) -> bool:
    witness = transaction.inputs[index].witness
    if len(witness) != 1:
        return False
    signature, kind = witness[0], SIGHASH_DEFAULT
    if len(signature) == SCHNORR_BYTES + 1:
        signature, kind = signature[:-1], signature[-1]
        if kind != SIGHASH_ALL:
            return False
    digest = taproot_hash(transaction, index, spent, kind)
    return is_schnorr(payload_of(spent[index].script), signature, digest)


def _by_witness(transaction: Transaction, index: int, program: bytes, sats: int) -> bool:
    if type_of(program) is not ScriptType.P2WPKH:
        return False
    key_hash = payload_of(program)
    pair = _signature_and_key(transaction.inputs[index].witness, key_hash)
    if pair is None or len(pair[1]) != _COMPRESSED_BYTES:
        return False
    digest = segwit_hash(transaction, index, key_script(key_hash), sats)
    return is_ecdsa(pair[1], pair[0], digest)


def _by_script(transaction: Transaction, index: int, script: bytes) -> bool:
    pushes = _pushes(transaction.inputs[index].script_sig)
    pair = _signature_and_key(pushes or (), payload_of(script))
    if pair is None:
        return False
    return is_ecdsa(pair[1], pair[0], legacy_hash(transaction, index, script))


def _signature_and_key(pieces: Sequence[bytes], key_hash: bytes) -> tuple[bytes, bytes] | None:
    """Return a signature of everything without its mark, and the key the hash stands for."""
    if len(pieces) != 2:  # noqa: PLR2004 - a signature and a key
        return None
    signature, public = pieces
    if signature[-1:] != bytes([SIGHASH_ALL]) or hash160(public) != key_hash:
        return None
    return signature[:-1], public


def _pushes(script: bytes) -> tuple[bytes, ...] | None:
    """Return what a script pushes, or None when it does anything but short, minimal pushes."""
    found, at = [], 0
    while at < len(script):
        size = script[at]
        piece = script[at + 1 : at + 1 + size]
        if not 2 <= size <= _PUSH_MAX or len(piece) != size:  # noqa: PLR2004 - 0 and 1 have codes
            return None
        found.append(piece)
        at += 1 + size
    return tuple(found)
