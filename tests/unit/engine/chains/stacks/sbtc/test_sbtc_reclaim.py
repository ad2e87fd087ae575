"""The way back: when it is open, what it costs, signed by another library, and what is refused."""

from dataclasses import replace
from typing import Final

import pytest
from embit import psbt as other_psbt
from embit.ec import PrivateKey as OtherKey
from embit.script import Script as OtherScript
from embit.transaction import Transaction as OtherTransaction
from hypothesis import given
from hypothesis import strategies as st

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.psbt.model import In, key_of
from sluice.engine.chains.bitcoin.psbt.read import decode_psbt
from sluice.engine.chains.bitcoin.psbt.write import encode_psbt
from sluice.engine.chains.bitcoin.scripts import ScriptType, dust_limit, script_of
from sluice.engine.chains.bitcoin.transactions.model import (
    SIGHASH_ALL,
    Input,
    Outpoint,
    Output,
)
from sluice.engine.chains.bitcoin.transactions.read import decode_transaction
from sluice.engine.chains.bitcoin.transactions.write import (
    encode_stripped,
    encode_transaction,
    encode_witness,
    vsize_of,
)
from sluice.engine.chains.stacks.sbtc.deposit import FoundDeposit
from sluice.engine.chains.stacks.sbtc.locks import (
    LOCK_BLOCKS_DEFAULT,
    check_lock,
    is_reclaimable,
    reclaimable_at,
    sweep_blocks_left,
)
from sluice.engine.chains.stacks.sbtc.reclaim import (
    BuiltReclaim,
    KeySource,
    Reclaim,
    build_reclaim,
    finish_reclaim,
)
from sluice.engine.chains.stacks.sbtc.taproot import leaf_hash
from tests.unit.engine.chains.stacks.sbtc.deposits import SIGNERS, USER, a_deposit

TO: Final = script_of(ScriptType.P2WPKH, b"\x09" * 20)
OUTPOINT: Final = Outpoint("ab" * 32, 1)


def a_reclaim(**changes: object) -> Reclaim:
    """Return the reclaim of a hundred thousand satoshis at 2 sat/vB."""
    plain = Reclaim(a_deposit(), FoundDeposit(OUTPOINT, 100_000), TO, 2_000, 5_000)
    return replace(plain, **changes)  # type: ignore[arg-type]


def signed_elsewhere(built: BuiltReclaim, secret: bytes = USER, sighash: int = 0) -> bytes:
    """Return the PSBT with the other library's signature by this key."""
    theirs = other_psbt.PSBT.parse(encode_psbt(built.psbt))
    theirs.sign_with(OtherKey(secret), sighash=sighash)
    return bytes(theirs.serialize())


def their_signature(built: BuiltReclaim, secret: bytes = USER, sighash: int = 0) -> bytes:
    """Return the other library's signature over what it thinks is signed."""
    deposit = built.reclaim.deposit
    other = OtherTransaction.parse(encode_stripped(built.psbt.unsigned))
    digest = other.sighash_taproot(
        0,
        [OtherScript(deposit.output_script)],
        [built.reclaim.found.sats],
        sighash,
        ext_flag=1,
        script=OtherScript(deposit.reclaim_script),
    )
    return bytes(OtherKey(secret).schnorr_sign(digest).serialize())


def test_a_reclaim_is_one_locked_input_and_one_output() -> None:
    built = build_reclaim(a_reclaim())

    unsigned = built.psbt.unsigned
    assert unsigned.version == 2
    assert unsigned.lock_time == 0
    assert unsigned.inputs == (Input(OUTPOINT, sequence=950),)
    assert unsigned.outputs == (Output(100_000 - built.fee_sats, TO),)
    assert built.fee_sats == 2 * built.vsize
    assert decode_psbt(encode_psbt(built.psbt)) == built.psbt


def test_a_psbt_tells_the_signer_leaf_proof_and_key() -> None:
    source = KeySource(bytes.fromhex("73c5da0a"), (0x80000056, 0x80000000, 0, 5))
    built = build_reclaim(a_reclaim(source=source))
    deposit = built.reclaim.deposit

    theirs = other_psbt.PSBT.parse(encode_psbt(built.psbt)).inputs[0]

    [(control, leaf)] = theirs.taproot_scripts.items()
    assert control == deposit.reclaim_control
    assert leaf == deposit.reclaim_script + b"\xc0"
    assert theirs.taproot_merkle_root == deposit.root
    [(public, (leaves, derivation))] = theirs.taproot_bip32_derivations.items()
    assert public.xonly() == deposit.reclaim.user_key
    assert leaves == [leaf_hash(deposit.reclaim_script)]
    assert (derivation.fingerprint, tuple(derivation.derivation)) == (
        source.fingerprint,
        source.path,
    )


@pytest.mark.parametrize("sighash", [0, SIGHASH_ALL])
def test_what_another_library_signs_is_finished(sighash: int) -> None:
    built = build_reclaim(a_reclaim())

    signed = finish_reclaim(built, signed_elsewhere(built, sighash=sighash))

    whole = decode_transaction(signed.raw)
    deposit = built.reclaim.deposit
    assert whole.inputs[0].witness[1:] == (deposit.reclaim_script, deposit.reclaim_control)
    assert (signed.fee_sats, signed.vsize) == (built.fee_sats, vsize_of(whole))
    assert signed.vsize - built.vsize in {0, 1}
    assert finish_reclaim(built, signed.raw) == signed


def test_a_finished_witness_is_taken_too() -> None:
    built = build_reclaim(a_reclaim())
    deposit = built.reclaim.deposit
    witness = (their_signature(built), deposit.reclaim_script, deposit.reclaim_control)
    fields = {**built.psbt.inputs[0], key_of(In.FINAL_WITNESS): encode_witness(witness)}

    signed = finish_reclaim(built, encode_psbt(replace(built.psbt, inputs=(fields,))))

    assert decode_transaction(signed.raw).inputs[0].witness == witness


@given(st.integers(1, 0xFFFF), st.integers(20_000, 10**12), st.integers(100, 50_000))
def test_both_libraries_sign_the_same(blocks: int, sats: int, rate: int) -> None:
    deposit = a_deposit(lock_blocks=blocks)
    found = FoundDeposit(OUTPOINT, sats)
    built = build_reclaim(
        a_reclaim(deposit=deposit, found=found, fee_rate_sat_kvb=rate, fee_max_sats=10_000)
    )

    assert finish_reclaim(built, signed_elsewhere(built)).fee_sats == built.fee_sats


def test_nothing_but_the_issued_transaction_is_finished() -> None:
    built = build_reclaim(a_reclaim())
    deposit = built.reclaim.deposit
    signature = their_signature(built)

    def sent(*witness: bytes, **changes: object) -> bytes:
        spent = replace(built.psbt.unsigned.inputs[0], witness=witness)
        whole = replace(built.psbt.unsigned, inputs=(spent,))
        return encode_transaction(replace(whole, **changes))  # type: ignore[arg-type]

    good = (signature, deposit.reclaim_script, deposit.reclaim_control)
    cheated = (Output(90_000, script_of(ScriptType.P2WPKH, b"\1" * 20)),)
    for returned, code in (
        (sent(*good, outputs=cheated), "psbt_changed"),
        (sent(*good, lock_time=1), "psbt_changed"),
        (encode_psbt(build_reclaim(a_reclaim(fee_rate_sat_kvb=3_000)).psbt), "psbt_changed"),
        (encode_psbt(built.psbt), "signature_missing"),
        (encode_stripped(built.psbt.unsigned), "signature_missing"),
        (signed_elsewhere(built, SIGNERS), "signature_missing"),
        (sent(their_signature(built, SIGNERS), *good[1:]), "signature_invalid"),
        (sent(their_signature(built, sighash=3) + b"\3", *good[1:]), "signature_invalid"),
        (sent(signature[:-1], *good[1:]), "signature_invalid"),
        (sent(signature + b"\1", *good[1:]), "signature_invalid"),
        (sent(signature), "signature_invalid"),
        (sent(signature, deposit.deposit_script, deposit.deposit_control), "signature_invalid"),
        (sent(*good, b"\x50"), "signature_invalid"),
    ):
        with pytest.raises(Invalid) as refused:
            finish_reclaim(built, returned)
        assert refused.value.code == code
    assert finish_reclaim(built, sent(*good)).raw == sent(*good)


def test_a_fee_leaves_something_and_keeps_its_limit() -> None:
    vsize = build_reclaim(a_reclaim()).vsize
    least = dust_limit(TO) + 2 * vsize
    for changes, code in (
        ({"fee_rate_sat_kvb": 99}, "fee_rate_too_low"),
        ({"fee_max_sats": 2 * vsize - 1}, "fee_too_high"),
        ({"found": FoundDeposit(OUTPOINT, least - 1)}, "amount_too_small"),
    ):
        with pytest.raises(Invalid) as refused:
            build_reclaim(a_reclaim(**changes))
        assert refused.value.code == code
    built = build_reclaim(a_reclaim(found=FoundDeposit(OUTPOINT, least), fee_max_sats=2 * vsize))
    assert built.psbt.unsigned.outputs[0].sats == dust_limit(TO)


def test_a_lock_leaves_the_signers_time() -> None:
    for blocks in (4, LOCK_BLOCKS_DEFAULT, 0xFFFF):
        check_lock(blocks)
    for blocks in (-1, 0, 3, 0x10000):
        with pytest.raises(Invalid, match="4 to 65535 blocks"):
            check_lock(blocks)


@pytest.mark.parametrize(
    ("tip", "left", "is_open"),
    [(99, 13, False), (100, 13, False), (101, 12, False), (112, 1, False), (113, 0, False),
     (114, 0, False), (115, 0, True), (116, 0, True), (999, 0, True)],
)  # fmt: skip
def test_the_signers_time_ends_before_the_way_back_opens(
    tip: int, left: int, *, is_open: bool
) -> None:
    assert sweep_blocks_left(100, tip, 16) == left
    assert is_reclaimable(100, tip, 16) is is_open
    assert reclaimable_at(100, 16) == 116


@given(st.integers(0, 10**6), st.integers(0, 10**5), st.integers(4, 0xFFFF))
def test_no_block_serves_both(mined_at: int, age: int, lock: int) -> None:
    both = sweep_blocks_left(mined_at, mined_at + age, lock) > 0 and is_reclaimable(
        mined_at, mined_at + age, lock
    )
    assert not both
