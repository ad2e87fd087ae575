"""What a signer returns -> a transaction to send, only when it is the one that was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.hashing import hash160, sha256
from sluice.engine.chains.bitcoin.psbt.model import Fields, In, Psbt, key_of
from sluice.engine.chains.bitcoin.psbt.read import MAGIC, decode_psbt
from sluice.engine.chains.bitcoin.reading import Reader, write_sized
from sluice.engine.chains.bitcoin.scripts import (
    ScriptType,
    is_witness_program,
    payload_of,
    type_of,
)
from sluice.engine.chains.bitcoin.transactions.model import (
    SIGHASH_ALL,
    SIGHASH_DEFAULT,
    Input,
    Output,
    Transaction,
)
from sluice.engine.chains.bitcoin.transactions.read import (
    decode_output,
    decode_transaction,
    read_witness,
)
from sluice.engine.chains.bitcoin.transactions.verify import is_spent_rightly
from sluice.engine.chains.bitcoin.transactions.write import (
    encode_transaction,
    tx_id_of,
    vsize_of,
)

_WHOLE: Final = frozenset({SIGHASH_DEFAULT, SIGHASH_ALL})


@dataclass(frozen=True, slots=True)
class Signed:
    """A transaction ready to be sent."""

    raw: bytes
    tx_id: str
    fee_sats: int
    vsize: int


def check_signed(issued: Psbt, returned: bytes) -> Signed:
    """Return the signed transaction of a PSBT we issued, given back as a PSBT or as it is sent.

    Inputs, outputs, sequences, lock time and so the fee are those we issued, every input is
    signed for the whole transaction, and each signature holds over the amounts that we know.
    Raises Invalid: `psbt_changed`, `signature_missing`, `signature_invalid`; Malformed.
    """
    spent = spent_outputs(issued)
    if returned.startswith(MAGIC):
        signed = _finished(issued, decode_psbt(returned), spent)
    else:
        signed = decode_transaction(returned)
        _compare(issued.unsigned, _bare(signed))
    for index in range(len(signed.inputs)):
        if not is_spent_rightly(signed, index, spent):
            raise Invalid(
                f"The signature of input {index} does not hold.", code="signature_invalid"
            )
    fee = sum(one.sats for one in spent) - sum(one.sats for one in signed.outputs)
    return Signed(encode_transaction(signed), tx_id_of(signed), fee, vsize_of(signed))


def spent_outputs(psbt: Psbt) -> list[Output]:
    """Return the outputs that a PSBT spends, after the checks that BIP-174 asks of a signer."""
    return [_spent(psbt, index) for index in range(len(psbt.inputs))]


def _finished(issued: Psbt, returned: Psbt, spent: Sequence[Output]) -> Transaction:
    _compare(issued.unsigned, returned.unsigned)
    for index, fields in enumerate(returned.inputs):
        if any(one != spent[index] for one in _told(returned, index)):
            raise _changed("it tells other amounts")
        kind = int.from_bytes(fields.get(key_of(In.SIGHASH), b""), "little")
        if kind not in _WHOLE:
            raise _changed("a signature is not of the whole transaction")
    inputs = tuple(
        _finish(one, issued.inputs[index], returned.inputs[index], spent[index], index)
        for index, one in enumerate(issued.unsigned.inputs)
    )
    return replace(issued.unsigned, inputs=inputs)


def _finish(bare: Input, issued: Fields, returned: Fields, spent: Output, index: int) -> Input:
    """Return an input with what the signer finished, or put together from his signature."""
    script_sig = returned.get(key_of(In.FINAL_SCRIPT_SIG), b"")
    witness = returned.get(key_of(In.FINAL_WITNESS))
    if script_sig or witness is not None:
        pieces = read_witness(Reader(witness)) if witness is not None else ()
        return replace(bare, script_sig=script_sig, witness=pieces)
    if type_of(spent.script) is ScriptType.P2TR:
        signature = returned.get(key_of(In.TAP_SIGNATURE))
        if signature is None:
            raise _missing(index)
        return replace(bare, witness=(signature,))
    public = next((key[1:] for key in issued if key[0] == In.DERIVATION), b"")
    partial = returned.get(key_of(In.SIGNATURE, public))
    if partial is None:
        raise _missing(index)
    if type_of(spent.script) is ScriptType.P2PKH:
        return replace(bare, script_sig=write_sized(partial) + write_sized(public))
    program = issued.get(key_of(In.REDEEM_SCRIPT))
    script_sig = write_sized(program) if program is not None else b""
    return replace(bare, script_sig=script_sig, witness=(partial, public))


def _compare(ours: Transaction, theirs: Transaction) -> None:
    if [one.outpoint for one in ours.inputs] != [one.outpoint for one in theirs.inputs]:
        raise _changed("it spends other outputs")
    if tuple(ours.outputs) != tuple(theirs.outputs):
        raise _changed("it pays others, or another fee")
    if ours != theirs:
        raise _changed("its version, lock time or sequences are others")


def _bare(signed: Transaction) -> Transaction:
    inputs = tuple(Input(one.outpoint, sequence=one.sequence) for one in signed.inputs)
    return replace(signed, inputs=inputs)


def _spent(psbt: Psbt, index: int) -> Output:
    """Return the output of one input, after the checks that BIP-174 asks of a signer."""
    told = _told(psbt, index)
    if not told or told[0] != told[-1]:
        raise _wrong(index, "Nothing, or two things, are said of what it spends.")
    fields, locked = psbt.inputs[index], told[0].script
    redeem = fields.get(key_of(In.REDEEM_SCRIPT))
    if key_of(In.PREVIOUS) not in fields and not is_witness_program(redeem or locked):
        raise _wrong(index, "It needs the whole transaction that made it.")
    _check_scripts(fields, locked, redeem, index)
    return told[0]


def _told(psbt: Psbt, index: int) -> list[Output]:
    """Return what a PSBT says that one input spends, once for each way of saying it."""
    fields, outpoint = psbt.inputs[index], psbt.unsigned.inputs[index].outpoint
    told = []
    if (raw := fields.get(key_of(In.PREVIOUS))) is not None:
        previous = decode_transaction(raw)
        if tx_id_of(previous) != outpoint.tx_id or outpoint.index >= len(previous.outputs):
            raise _wrong(index, "The transaction beside it is another.")
        told.append(previous.outputs[outpoint.index])
    if (raw := fields.get(key_of(In.SPENT))) is not None:
        told.append(decode_output(raw))
    return told


def _check_scripts(fields: Fields, locked: bytes, redeem: bytes | None, index: int) -> None:
    if redeem is not None:
        is_hashed = type_of(locked) is ScriptType.P2SH and payload_of(locked) == hash160(redeem)
        if not is_hashed:
            raise _wrong(index, "Its redeem script is another's.")
    witness = fields.get(key_of(In.WITNESS_SCRIPT))
    program = redeem or locked
    if witness is not None and (
        type_of(program) is not ScriptType.P2WSH or payload_of(program) != sha256(witness)
    ):
        raise _wrong(index, "Its witness script is another's.")


def _changed(how: str) -> Invalid:
    return Invalid(
        f"This is not the transaction that was given to sign: {how}.", code="psbt_changed"
    )


def _missing(index: int) -> Invalid:
    return Invalid(f"Input {index} is not signed.", code="signature_missing")


def _wrong(index: int, why: str) -> Invalid:
    return Invalid(f"Input {index} cannot be signed. {why}", code="psbt_invalid")
