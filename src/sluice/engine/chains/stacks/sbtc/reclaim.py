"""The way back: a deposit that the signers did not take, paid to its payer after the lock.

The transaction is built as a PSBT with the leaf, its proof and where the key is; whoever has the
key signs it elsewhere, and what comes back is checked before it is sent.
"""

from dataclasses import dataclass, replace
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.psbt.check import Signed
from sluice.engine.chains.bitcoin.psbt.model import Global, In, Psbt, key_of
from sluice.engine.chains.bitcoin.psbt.read import MAGIC, decode_psbt
from sluice.engine.chains.bitcoin.reading import Reader, write_size
from sluice.engine.chains.bitcoin.scripts import dust_limit
from sluice.engine.chains.bitcoin.signatures import SCHNORR_BYTES, is_schnorr
from sluice.engine.chains.bitcoin.transactions.model import (
    SIGHASH_ALL,
    SIGHASH_DEFAULT,
    Input,
    Output,
    Transaction,
)
from sluice.engine.chains.bitcoin.transactions.read import decode_transaction, read_witness
from sluice.engine.chains.bitcoin.transactions.write import (
    encode_output,
    encode_stripped,
    encode_transaction,
    tx_id_of,
    vsize_of,
)
from sluice.engine.chains.stacks.sbtc.deposit import Deposit, FoundDeposit
from sluice.engine.chains.stacks.sbtc.taproot import (
    LEAF_VERSION,
    UNSPENDABLE_KEY,
    leaf_hash,
    script_path_hash,
)

_RATE_MIN_SAT_KVB: Final = 100  # the least that nodes relay since Bitcoin Core 30.0
_PER_KVB: Final = 1_000
_FINGERPRINT_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where a signer finds the user's key: its master's fingerprint, and the path from there."""

    fingerprint: bytes = bytes(_FINGERPRINT_BYTES)
    path: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Reclaim:
    """Which deposit goes back to which output script, and at most at what price.

    The fee rate is in satoshis per 1,000 virtual bytes.
    """

    deposit: Deposit
    found: FoundDeposit
    to_script: bytes
    fee_rate_sat_kvb: int
    fee_max_sats: int
    source: KeySource = KeySource()


@dataclass(frozen=True, slots=True)
class BuiltReclaim:
    """A reclaim to be signed, and what it costs."""

    reclaim: Reclaim
    psbt: Psbt
    fee_sats: int
    vsize: int


def build_reclaim(reclaim: Reclaim) -> BuiltReclaim:
    """Build the one transaction: one input whose sequence is the lock, one output, no lock time.

    Raises Invalid: `fee_rate_too_low`, `fee_too_high`, `amount_too_small`.
    """
    if reclaim.fee_rate_sat_kvb < _RATE_MIN_SAT_KVB:
        raise Invalid("Nodes do not relay so low a fee.", code="fee_rate_too_low")
    vsize = vsize_of(_with_witness(_unsigned(reclaim, 0), reclaim.deposit, bytes(SCHNORR_BYTES)))
    fee = -(-vsize * reclaim.fee_rate_sat_kvb // _PER_KVB)
    if fee > reclaim.fee_max_sats:
        raise Invalid(
            f"The fee would be {fee} satoshis, above the limit of {reclaim.fee_max_sats}.",
            code="fee_too_high",
        )
    if reclaim.found.sats - fee < dust_limit(reclaim.to_script):
        raise Invalid("Its fee would leave nothing that nodes relay.", code="amount_too_small")
    unsigned = _unsigned(reclaim, reclaim.found.sats - fee)
    return BuiltReclaim(reclaim, _psbt(reclaim, unsigned), fee, vsize)


def finish_reclaim(issued: BuiltReclaim, returned: bytes) -> Signed:
    """Return the transaction to send, from a signed PSBT or from the transaction itself.

    Raises Invalid: `psbt_changed`, `signature_missing`, `signature_invalid`; Malformed.
    """
    deposit, unsigned = issued.reclaim.deposit, issued.psbt.unsigned
    if returned.startswith(MAGIC):
        psbt = decode_psbt(returned)
        bare, witness = psbt.unsigned, _told_witness(psbt, deposit)
    else:
        whole = decode_transaction(returned)
        witness = whole.inputs[0].witness
        bare = replace(whole, inputs=tuple(replace(one, witness=()) for one in whole.inputs))
    if bare != unsigned:
        raise Invalid("This is not the transaction that was given to sign.", code="psbt_changed")
    if not witness:
        raise Invalid("The reclaim is not signed.", code="signature_missing")
    signed = _with_witness(unsigned, deposit, witness[0])
    if witness != signed.inputs[0].witness or not _is_signed(issued, witness[0]):
        raise Invalid("The reclaim's signature does not hold.", code="signature_invalid")
    return Signed(encode_transaction(signed), tx_id_of(signed), issued.fee_sats, vsize_of(signed))


def _unsigned(reclaim: Reclaim, sats: int) -> Transaction:
    # Below bit 31, so it can be replaced by fee, too (BIP-125).
    lock = reclaim.deposit.reclaim.lock_blocks
    spends = Input(reclaim.found.outpoint, sequence=lock)
    return Transaction((spends,), (Output(sats, reclaim.to_script),))


def _with_witness(transaction: Transaction, deposit: Deposit, signature: bytes) -> Transaction:
    witness = (signature, deposit.reclaim_script, deposit.reclaim_control)
    return replace(transaction, inputs=(replace(transaction.inputs[0], witness=witness),))


def _psbt(reclaim: Reclaim, unsigned: Transaction) -> Psbt:
    deposit, source = reclaim.deposit, reclaim.source
    leaf = leaf_hash(deposit.reclaim_script)
    path = b"".join(step.to_bytes(4, "little") for step in source.path)
    fields = {
        key_of(In.SPENT): encode_output(Output(reclaim.found.sats, deposit.output_script)),
        key_of(In.TAP_LEAF, deposit.reclaim_control): deposit.reclaim_script
        + bytes([LEAF_VERSION]),
        key_of(In.TAP_DERIVATION, deposit.reclaim.user_key): write_size(1)
        + leaf
        + source.fingerprint
        + path,
        key_of(In.TAP_KEY): UNSPENDABLE_KEY,
        key_of(In.TAP_ROOT): deposit.root,
    }
    whole = {key_of(Global.UNSIGNED): encode_stripped(unsigned)}
    return Psbt(unsigned, whole, (fields,), ({},))


def _told_witness(psbt: Psbt, deposit: Deposit) -> tuple[bytes, ...]:
    """Return the witness that a signer finished, or the one that his signature makes."""
    fields = psbt.inputs[0] if psbt.inputs else {}
    final = fields.get(key_of(In.FINAL_WITNESS))
    if final is not None:
        return read_witness(Reader(final))
    about = deposit.reclaim.user_key + leaf_hash(deposit.reclaim_script)
    signature = fields.get(key_of(In.TAP_SCRIPT_SIGNATURE, about))
    if signature is None:
        return ()
    return signature, deposit.reclaim_script, deposit.reclaim_control


def _is_signed(issued: BuiltReclaim, signature: bytes) -> bool:
    """Return whether a signature is the user's, over the whole transaction."""
    deposit, kind = issued.reclaim.deposit, SIGHASH_DEFAULT
    if len(signature) == SCHNORR_BYTES + 1:
        signature, kind = signature[:-1], signature[-1]
        if kind != SIGHASH_ALL:
            return False
    spent = [Output(issued.reclaim.found.sats, deposit.output_script)]
    digest = script_path_hash(issued.psbt.unsigned, 0, spent, deposit.reclaim_script, kind)
    return is_schnorr(deposit.reclaim.user_key, signature, digest)
