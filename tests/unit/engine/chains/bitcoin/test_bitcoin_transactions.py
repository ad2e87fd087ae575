"""Transactions: read, written, named and judged as another library has them, and more strictly."""

from dataclasses import replace
from typing import Final

import pytest
from embit.transaction import Transaction as OtherTransaction
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.engine.chains.bitcoin.extended_keys import Scheme
from sluice.engine.chains.bitcoin.reading import Malformed, Reader, write_size
from sluice.engine.chains.bitcoin.transactions.model import (
    Input,
    Outpoint,
    Output,
    Transaction,
)
from sluice.engine.chains.bitcoin.transactions.read import (
    decode_output,
    decode_transaction,
    decode_unsigned,
)
from sluice.engine.chains.bitcoin.transactions.verify import is_spent_rightly, single_push
from sluice.engine.chains.bitcoin.transactions.write import (
    encode_output,
    encode_stripped,
    encode_transaction,
    tx_id_of,
    vsize_of,
)
from tests.unit.engine.chains.bitcoin.signers import SCHEMES, script_of_secret, sign

SECRET: Final = b"\x07" * 32
OTHER_SECRET: Final = b"\x08" * 32
OUTPOINT: Final = Outpoint("11" * 32, 1)

BYTES32: Final = st.binary(min_size=32, max_size=32)
U32: Final = st.integers(0, 2**32 - 1)
OUTPOINTS: Final = st.builds(Outpoint, BYTES32.map(bytes.hex), U32)
OUTPUTS: Final = st.builds(Output, st.integers(0, 10**12), st.binary(max_size=300))
INPUTS: Final = st.builds(
    Input,
    OUTPOINTS,
    st.binary(max_size=300),
    U32,
    st.lists(st.binary(max_size=300), max_size=3).map(tuple),
)
TRANSACTIONS: Final = st.builds(
    Transaction,
    st.lists(INPUTS, min_size=1, max_size=4, unique_by=lambda one: one.outpoint).map(tuple),
    st.lists(OUTPUTS, min_size=1, max_size=4).map(tuple),
    st.integers(0, 2**31 - 1),
    U32,
)


def payment(count: int = 1) -> Transaction:
    inputs = tuple(Input(Outpoint(f"{place + 1:064x}", place)) for place in range(count))
    return Transaction(inputs, (Output(9_000, b"\x00\x14" + bytes(20)),))


@settings(max_examples=60)
@given(TRANSACTIONS)
def test_a_transaction_is_what_another_library_takes_it_for(transaction: Transaction) -> None:
    raw = encode_transaction(transaction)

    other = OtherTransaction.parse(raw)

    assert decode_transaction(raw) == transaction
    assert other.serialize() == raw
    assert other.txid().hex() == tx_id_of(transaction)
    assert vsize_of(transaction) * 4 - len(encode_stripped(transaction)) * 3 - len(raw) in range(4)


@settings(max_examples=60)
@given(TRANSACTIONS, st.data())
def test_a_transaction_that_ends_early_or_late_is_refused(
    transaction: Transaction, data: st.DataObject
) -> None:
    raw = encode_transaction(transaction)
    cut = data.draw(st.integers(0, len(raw) - 1))

    for wrong in (raw[:cut], raw + b"\0"):
        with pytest.raises(Malformed):
            decode_transaction(wrong)


@given(st.binary(max_size=400))
def test_whatever_is_read_is_written_again(raw: bytes) -> None:
    try:
        transaction = decode_transaction(raw)
    except Malformed:
        return
    assert encode_transaction(transaction) == raw


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("02000000" + "0002" + "00" * 60, "unknown flag"),
        ("02000000" + "00" + "01" + "00" * 60, "spends something"),
        ("02000000" + "fd0100" + "00" * 60, "shortest form"),
        ("02000000" + "ff" * 9 + "00" * 60, "cannot follow"),
        ("02000000" + "fe00000001" + "00" * 60, "cannot follow"),
    ],
)
def test_odd_bytes_are_refused_where_they_stand(raw: str, problem: str) -> None:
    with pytest.raises(Malformed, match=problem):
        decode_transaction(bytes.fromhex(raw))


def test_a_marked_witness_must_be_there() -> None:
    raw = encode_stripped(payment())
    marked = raw[:4] + b"\x00\x01" + raw[4:-4] + b"\x00" + raw[-4:]

    with pytest.raises(Malformed, match="marked is missing"):
        decode_transaction(marked)


def test_an_output_is_spent_once_and_pays_what_there_is() -> None:
    twice = replace(payment(), inputs=(Input(OUTPOINT), Input(OUTPOINT)))
    much = replace(payment(), outputs=(Output(2_100_000_000_000_001, b""),))
    too_much = replace(payment(), outputs=(Output(2_000_000_000_000_000, b""),) * 2)

    for wrong in (twice, much, too_much):
        with pytest.raises(Malformed):
            decode_transaction(encode_transaction(wrong))


def test_an_unsigned_transaction_may_be_empty_and_carries_no_scripts() -> None:
    signed = replace(payment(), inputs=(Input(OUTPOINT, b"\x01\x02"),))

    assert decode_unsigned(bytes.fromhex("02000000" + "00" * 6)) == Transaction((), ())
    with pytest.raises(Malformed, match="signature's script"):
        decode_unsigned(encode_stripped(signed))


@given(OUTPUTS)
def test_an_output_is_read_and_written(output: Output) -> None:
    assert decode_output(encode_output(output)) == output
    with pytest.raises(Malformed):
        decode_output(encode_output(output) + b"\0")


@given(st.integers(0, 2**64 - 1))
def test_a_count_has_one_form(count: int) -> None:
    reader = Reader(write_size(count))

    assert reader.size() == count
    reader.finish()
    for mark, width in ((b"\xfd", 2), (b"\xfe", 4), (b"\xff", 8)):
        if count >> 8 * width:
            continue
        longer = mark + count.to_bytes(width, "little")
        if longer != write_size(count):
            with pytest.raises(Malformed, match="shortest form"):
                Reader(longer).size()


@pytest.mark.parametrize("schemes", [[one] for one in SCHEMES] + [SCHEMES], ids=str)
def test_what_another_library_signs_is_spent_rightly(schemes: list[Scheme]) -> None:
    secrets = [bytes([place + 1]) * 32 for place in range(len(schemes))]
    spent = [
        Output(5_000 + place, script_of_secret(scheme, secret))
        for place, (scheme, secret) in enumerate(zip(schemes, secrets, strict=True))
    ]

    signed = sign(payment(len(schemes)), spent, secrets, schemes)

    for place in range(len(schemes)):
        assert is_spent_rightly(signed, place, spent)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_signature_is_of_this_key_this_amount_and_these_outputs_only(scheme: Scheme) -> None:
    spent = [Output(10_000, script_of_secret(scheme, SECRET))]
    signed = sign(payment(), spent, [SECRET], [scheme])
    others = [
        replace(signed, outputs=(Output(9_001, b"\x00\x14" + bytes(20)),)),
        replace(signed, lock_time=1),
        replace(signed, version=1),
        replace(signed, inputs=(replace(signed.inputs[0], sequence=0),)),
        replace(signed, inputs=(replace(signed.inputs[0], outpoint=OUTPOINT),)),
        sign(payment(), spent, [OTHER_SECRET], [scheme]),
        payment(),
    ]

    assert is_spent_rightly(signed, 0, spent)
    assert not any(is_spent_rightly(other, 0, spent) for other in others)
    assert not is_spent_rightly(signed, 0, [replace(spent[0], script=b"\x51")])
    if scheme is not Scheme.PKH:
        assert not is_spent_rightly(signed, 0, [replace(spent[0], sats=9_999)])


@pytest.mark.parametrize("scheme", [Scheme.WPKH, Scheme.SH_WPKH])
def test_a_witness_holds_a_whole_signature_and_the_key(scheme: Scheme) -> None:
    spent = [Output(10_000, script_of_secret(scheme, SECRET))]
    signed = sign(payment(), spent, [SECRET], [scheme])
    signature, public = signed.inputs[0].witness
    witnesses = [
        (),
        (signature,),
        (signature, public, b""),
        (signature[:-1] + b"\x81", public),
        (signature[:-1] + b"\x02", public),
        (signature[:-1], public),
        (b"", public),
        (signature, public[:-1]),
    ]

    for witness in witnesses:
        wrong = replace(signed, inputs=(replace(signed.inputs[0], witness=witness),))
        assert not is_spent_rightly(wrong, 0, spent)


def test_a_high_s_is_not_taken() -> None:
    spent = [Output(10_000, script_of_secret(Scheme.WPKH, SECRET))]
    signed = sign(payment(), spent, [SECRET], [Scheme.WPKH])
    signature, public = signed.inputs[0].witness
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    r = signature[4 : 4 + signature[3]]
    low = int.from_bytes(signature[6 + len(r) : -1], "big")
    s = b"\0" + (order - low).to_bytes(32, "big")
    body = b"\x02" + bytes([len(r)]) + r + b"\x02" + bytes([len(s)]) + s
    high = b"\x30" + bytes([len(body)]) + body + b"\x01"

    wrong = replace(signed, inputs=(replace(signed.inputs[0], witness=(high, public)),))

    assert not is_spent_rightly(wrong, 0, spent)


def test_a_wrapped_key_needs_its_program_pushed_once() -> None:
    spent = [Output(10_000, script_of_secret(Scheme.SH_WPKH, SECRET))]
    signed = sign(payment(), spent, [SECRET], [Scheme.SH_WPKH])
    script = signed.inputs[0].script_sig

    for wrong in (b"", script + b"\x51", b"\x4c" + script, script[:-1]):
        other = replace(signed, inputs=(replace(signed.inputs[0], script_sig=wrong),))
        assert not is_spent_rightly(other, 0, spent)
    assert single_push(script) == script[1:]
