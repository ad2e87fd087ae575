"""PSBTs: BIP-174's own, ours, and what another library signs and gives back."""

import base64
from dataclasses import replace
from typing import Any, Final

import pytest
from embit import psbt as other_psbt
from embit.bip32 import HDKey
from embit.finalizer import finalize_psbt
from embit.networks import NETWORKS
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.derive import changing, receiving, script_for
from sluice.engine.chains.bitcoin.descriptors import Descriptor, parse_descriptor
from sluice.engine.chains.bitcoin.extended_keys import Scheme
from sluice.engine.chains.bitcoin.nets import REGTEST
from sluice.engine.chains.bitcoin.psbt.build import Built, Payout, build_payout
from sluice.engine.chains.bitcoin.psbt.check import check_signed, spent_outputs
from sluice.engine.chains.bitcoin.psbt.model import Global, In, Psbt, key_of
from sluice.engine.chains.bitcoin.psbt.read import decode_psbt, parse_psbt
from sluice.engine.chains.bitcoin.psbt.select import Holding
from sluice.engine.chains.bitcoin.psbt.write import encode_psbt, show_psbt
from sluice.engine.chains.bitcoin.reading import Malformed
from sluice.engine.chains.bitcoin.scripts import ScriptType, dust_limit, script_of
from sluice.engine.chains.bitcoin.transactions.model import (
    SEQUENCE_REPLACEABLE,
    Input,
    Outpoint,
    Output,
    Transaction,
)
from sluice.engine.chains.bitcoin.transactions.read import decode_transaction
from sluice.engine.chains.bitcoin.transactions.write import encode_transaction, tx_id_of
from tests.unit.engine.chains.bitcoin.vectors import named, vectors

CASES: Final = vectors("psbt_bip174")["cases"]
VALID: Final = [case for case in CASES if case["cls"] != "invalid"]
ROOT: Final = HDKey.from_seed(b"\x07" * 64, version=NETWORKS["regtest"]["xprv"])
STRANGER: Final = HDKey.from_seed(b"\x08" * 64, version=NETWORKS["regtest"]["xprv"])
PAYEE: Final = script_of(ScriptType.P2WPKH, b"\x09" * 20)
OLD_PAYEE: Final = script_of(ScriptType.P2PKH, b"\x09" * 20)
FORMS: Final = {
    Scheme.PKH: ("44", "pkh({})"),
    Scheme.SH_WPKH: ("49", "sh(wpkh({}))"),
    Scheme.WPKH: ("84", "wpkh({})"),
    Scheme.TR: ("86", "tr({})"),
}


def account_of(scheme: Scheme) -> Descriptor:
    purpose, form = FORMS[scheme]
    path = f"{purpose}h/1h/0h"
    public = ROOT.derive(f"m/{path}").to_public(version=NETWORKS["regtest"]["xpub"])
    key = f"[{ROOT.my_fingerprint.hex()}/{path}]{public}/<0;1>/*"
    return parse_descriptor(form.format(key), REGTEST)


def holdings_of(account: Descriptor, *amounts: int) -> list[Holding]:
    """Return outputs of the account's own, each made by a transaction that exists."""
    made = []
    for index, sats in enumerate(amounts):
        script = receiving(account, REGTEST).script(index)
        previous = Transaction(
            (Input(Outpoint(f"{index + 1:064x}", 0)),), (Output(1, PAYEE), Output(sats, script))
        )
        outpoint = Outpoint(tx_id_of(previous), 1)
        made.append(Holding(outpoint, sats, (0,), index, encode_transaction(previous)))
    return made


def payout(*outputs: Output, rate: int = 2_000, fee_max: int = 100_000) -> Payout:
    return Payout(
        outputs or (Output(50_000, PAYEE),),
        change_index=3,
        fee_rate_sat_kvb=rate,
        fee_max_sats=fee_max,
    )


def built(scheme: Scheme = Scheme.WPKH, *amounts: int) -> Built:
    account = account_of(scheme)
    holdings = holdings_of(account, *(amounts or (40_000, 60_000)))
    return build_payout(account, REGTEST, holdings, payout(Output(70_000, PAYEE)))


def sign(psbt: Psbt, root: HDKey = ROOT) -> other_psbt.PSBT:
    other = other_psbt.PSBT.parse(encode_psbt(psbt))
    other.sign_with(root)
    return other


@pytest.mark.parametrize("case", VALID, ids=named)
def test_a_psbt_is_read_and_written_byte_for_byte(case: dict[str, Any]) -> None:
    raw = bytes.fromhex(case["hex"])

    psbt = decode_psbt(raw)

    assert encode_psbt(psbt) == raw
    assert parse_psbt(case["b64"]) == psbt
    assert base64.b64decode(show_psbt(psbt)) == raw


@pytest.mark.parametrize("case", [case for case in CASES if case["cls"] == "invalid"], ids=named)
def test_b13_what_bip_174_calls_invalid_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        decode_psbt(bytes.fromhex(case["hex"]))
    with pytest.raises(Invalid):
        parse_psbt(case["b64"])


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["cls"] == "fails_signer"], ids=named
)
def test_b13_what_a_signer_must_not_sign_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        spent_outputs(decode_psbt(bytes.fromhex(case["hex"])))

    assert refused.value.code == "psbt_invalid"


@pytest.mark.parametrize("text", ["", "cHNidP8=x", "not base64", "\u0661"])
def test_only_base64_is_a_psbt_in_text(text: str) -> None:
    with pytest.raises(Invalid):
        parse_psbt(text)


@settings(max_examples=60)
@given(st.sampled_from(VALID), st.data())
def test_a_psbt_that_is_cut_or_grows_is_refused(case: dict[str, Any], data: st.DataObject) -> None:
    raw = bytes.fromhex(case["hex"])
    cut = data.draw(st.integers(0, len(raw) - 1))

    for wrong in (raw[:cut], raw + b"\0"):
        with pytest.raises(Malformed):
            decode_psbt(wrong)


@settings(max_examples=200)
@given(st.sampled_from(VALID), st.data())
def test_a_changed_psbt_is_refused_or_written_again(
    case: dict[str, Any], data: st.DataObject
) -> None:
    raw = bytearray.fromhex(case["hex"])
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))

    try:
        psbt = decode_psbt(bytes(raw))
    except Malformed:
        return
    assert encode_psbt(psbt) == bytes(raw)


@pytest.mark.parametrize("field", [b"\xfb", b"\x02", b"\x04"])
def test_version_two_is_refused(field: bytes) -> None:
    psbt = decode_psbt(bytes.fromhex(VALID[0]["hex"]))
    other = replace(psbt, whole={**psbt.whole, field: b"\x02\0\0\0"})

    with pytest.raises(Malformed):
        decode_psbt(encode_psbt(other))


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("form", ["signed", "finished", "sent"])
def test_what_another_library_signs_is_ready_to_send(scheme: Scheme, form: str) -> None:
    asked = built(scheme)
    other = sign(asked.psbt)
    sent = finalize_psbt(other)
    assert sent is not None
    raw = {"signed": other.serialize, "sent": sent.serialize, "finished": lambda: finished(other)}

    signed = check_signed(asked.psbt, raw[form]())

    transaction = decode_transaction(signed.raw)
    assert signed.raw == sent.serialize()
    assert signed.tx_id == sent.txid().hex()
    assert signed.fee_sats == asked.fee_sats
    assert asked.change_sats + asked.fee_sats == 100_000 - 70_000
    assert signed.vsize <= asked.vsize <= signed.vsize + 3
    assert {one.sequence for one in transaction.inputs} == {SEQUENCE_REPLACEABLE}
    change = changing(account_of(scheme), REGTEST).script(3)
    assert {one.script for one in transaction.outputs} == {PAYEE, change}


def finished(other: Any) -> bytes:  # noqa: ANN401 - untyped
    """Return the PSBT as a finaliser leaves it: only what was spent, and what is final."""
    sent = finalize_psbt(other)
    psbt = decode_psbt(other.serialize())
    inputs = []
    for place, fields in enumerate(psbt.inputs):
        kept = {key: value for key, value in fields.items() if key[0] in {In.PREVIOUS, In.SPENT}}
        if sent.vin[place].script_sig.data:
            kept[key_of(In.FINAL_SCRIPT_SIG)] = sent.vin[place].script_sig.data
        if sent.vin[place].is_segwit:
            kept[key_of(In.FINAL_WITNESS)] = sent.vin[place].witness.serialize()
        inputs.append(kept)
    return encode_psbt(replace(psbt, inputs=tuple(inputs)))


@pytest.mark.parametrize("scheme", Scheme)
def test_b13_another_signer_does_not_do(scheme: Scheme) -> None:
    asked = built(scheme)

    for raw in (encode_psbt(asked.psbt), sign(asked.psbt, STRANGER).serialize()):
        with pytest.raises(Invalid) as refused:
            check_signed(asked.psbt, raw)

        assert refused.value.code == "signature_missing"


@pytest.mark.parametrize("scheme", Scheme)
def test_b13_a_signature_that_does_not_hold_is_refused(scheme: Scheme) -> None:
    asked = built(scheme)
    transaction = decode_transaction(check_signed(asked.psbt, sign(asked.psbt).serialize()).raw)
    first, second = transaction.inputs
    swapped = (
        replace(first, script_sig=second.script_sig, witness=second.witness),
        second,
    )

    with pytest.raises(Invalid) as refused:
        check_signed(asked.psbt, encode_transaction(replace(transaction, inputs=swapped)))

    assert refused.value.code == "signature_invalid"


def test_b13_other_outputs_inputs_and_fees_are_refused() -> None:
    account = account_of(Scheme.WPKH)
    holdings = holdings_of(account, 40_000, 60_000, 200_000)
    asked = build_payout(account, REGTEST, holdings[:2], payout(Output(70_000, PAYEE)))
    others = [
        build_payout(account, REGTEST, holdings[:2], payout(Output(70_001, PAYEE))),
        build_payout(account, REGTEST, holdings[:2], payout(Output(70_000, OLD_PAYEE))),
        build_payout(account, REGTEST, holdings[:2], payout(Output(70_000, PAYEE), rate=9_000)),
        build_payout(account, REGTEST, holdings[2:], payout(Output(70_000, PAYEE))),
        build_payout(
            account, REGTEST, holdings[:2], replace(payout(Output(70_000, PAYEE)), lock_time=5)
        ),
        build_payout(
            account, REGTEST, holdings[:2], replace(payout(Output(70_000, PAYEE)), change_index=4)
        ),
    ]

    for other in others:
        signed = sign(other.psbt)
        for raw in (signed.serialize(), finalize_psbt(signed).serialize()):
            with pytest.raises(Invalid) as refused:
                check_signed(asked.psbt, raw)
            assert refused.value.code == "psbt_changed"


def test_b13_a_signer_that_tells_other_amounts_or_signs_in_part_is_refused() -> None:
    asked = built()
    honest = decode_psbt(sign(asked.psbt).serialize())
    first = dict(honest.inputs[0])
    spent = key_of(In.SPENT)
    lies = [
        {**first, spent: (1).to_bytes(8, "little") + first[spent][8:]},
        {**first, key_of(In.SIGHASH): b"\x83\0\0\0"},
    ]

    for lie in lies:
        told = replace(honest, inputs=(lie, *honest.inputs[1:]))
        with pytest.raises(Invalid) as refused:
            check_signed(asked.psbt, encode_psbt(told))
        assert refused.value.code == "psbt_changed"
    with pytest.raises(Malformed):
        check_signed(asked.psbt, b"")


def test_the_order_is_bip_69s_and_does_not_tell_what_is_change() -> None:
    account = account_of(Scheme.WPKH)
    holdings = holdings_of(account, 30_000, 30_000, 30_000)
    outputs = (Output(20_000, OLD_PAYEE), Output(20_000, PAYEE), Output(1_000, PAYEE))

    unsigned = build_payout(account, REGTEST, holdings, payout(*outputs)).psbt.unsigned

    assert [one.outpoint for one in unsigned.inputs] == sorted(
        one.outpoint for one in unsigned.inputs
    )
    assert [(one.sats, one.script) for one in unsigned.outputs] == sorted(
        (one.sats, one.script) for one in unsigned.outputs
    )
    assert build_payout(account, REGTEST, holdings[::-1], payout(*outputs[::-1])).psbt.unsigned == (
        unsigned
    )


def test_a_signer_finds_its_keys_and_our_change() -> None:
    for scheme in Scheme:
        asked = built(scheme)

        kinds = [{key[0] for key in fields} for fields in asked.psbt.outputs]

        assert sum(bool(kind) for kind in kinds) == 1
        assert (In.PREVIOUS, In.SPENT) == (0, 1)
        wants = {In.PREVIOUS} if scheme is Scheme.PKH else {In.PREVIOUS, In.SPENT}
        assert all(wants <= {key[0] for key in fields} for fields in asked.psbt.inputs)
        assert spent_outputs(asked.psbt)[0].script == script_for(
            scheme, receiving(account_of(scheme), REGTEST).key(order_of(asked)[0])
        )


def order_of(asked: Built) -> list[int]:
    """Return the index of each input's key, as its path says."""
    paths = [
        value
        for fields in asked.psbt.inputs
        for key, value in fields.items()
        if key[0] in {In.DERIVATION, In.TAP_DERIVATION}
    ]
    return [int.from_bytes(path[-4:], "little") for path in paths]


def test_the_smallest_output_that_pays_alone_is_taken() -> None:
    account = account_of(Scheme.WPKH)
    holdings = holdings_of(account, 500_000, 51_000, 60_000, 49_000)

    asked = build_payout(account, REGTEST, holdings, payout())

    assert [one.outpoint for one in asked.psbt.unsigned.inputs] == [holdings[1].outpoint]
    assert asked.change_sats == 1_000 - asked.fee_sats > 0


def test_change_that_is_dust_is_fee() -> None:
    account = account_of(Scheme.WPKH)

    asked = build_payout(account, REGTEST, holdings_of(account, 50_400), payout())

    assert (asked.change_sats, asked.fee_sats) == (0, 400)
    assert len(asked.psbt.unsigned.outputs) == 1


def test_else_the_largest_come_first_and_what_is_worthless_stays() -> None:
    account = account_of(Scheme.WPKH)
    holdings = holdings_of(account, 20_000, 30_000, 25_000, 100)

    asked = build_payout(account, REGTEST, holdings, payout(rate=5_000))

    spent = {one.outpoint for one in asked.psbt.unsigned.inputs}
    assert spent == {holdings[1].outpoint, holdings[2].outpoint}


def test_b11_dust_is_not_sent() -> None:
    account = account_of(Scheme.WPKH)
    holdings = holdings_of(account, 100_000)

    with pytest.raises(Invalid, match="below 546") as refused:
        build_payout(account, REGTEST, holdings, payout(Output(300, OLD_PAYEE)))

    assert refused.value.code == "amount_too_small"
    assert build_payout(account, REGTEST, holdings, payout(Output(300, PAYEE))).fee_sats > 0


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (payout(Output(1_000_000, PAYEE)), "funds_insufficient"),
        (payout(Output(99_999, PAYEE)), "funds_insufficient"),
        (payout(fee_max=100), "fee_too_high"),
        (payout(rate=99), "fee_rate_too_low"),
        (replace(payout(), outputs=()), "payout_empty"),
        (payout(*[Output(1_000, PAYEE)] * 4_000), "transaction_too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_paid_is_refused(asked: Payout, code: str) -> None:
    account = account_of(Scheme.WPKH)

    with pytest.raises(Invalid) as refused:
        build_payout(account, REGTEST, holdings_of(account, 100_000), asked)

    assert refused.value.code == code


def test_an_output_must_be_what_its_transaction_made() -> None:
    for scheme in Scheme:
        account = account_of(scheme)
        holding, other = holdings_of(account, 100_000, 200_000)
        wrongs = [
            replace(holding, sats=100_001),
            replace(holding, index=7),
            replace(holding, previous=other.previous),
            replace(holding, outpoint=replace(holding.outpoint, index=2)),
        ]
        if scheme is Scheme.PKH:
            wrongs.append(replace(holding, previous=None))
        for wrong in wrongs:
            with pytest.raises(Invalid) as refused:
                build_payout(account, REGTEST, [wrong], payout())
            assert refused.value.code == "holding_unknown"


def test_change_needs_a_branch_of_its_own() -> None:
    account = replace(account_of(Scheme.WPKH), change=None)

    with pytest.raises(Invalid) as refused:
        build_payout(account, REGTEST, holdings_of(account, 100_000), payout())

    assert refused.value.code == "descriptor_without_change"


AMOUNTS: Final = st.integers(300, 10**9)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(Scheme),
    st.lists(AMOUNTS, min_size=1, max_size=8),
    st.lists(AMOUNTS, min_size=1, max_size=3),
    st.integers(100, 300_000),
)
def test_whatever_is_built_pays_exactly_and_enough(
    scheme: Scheme, amounts: list[int], wanted: list[int], rate: int
) -> None:
    account = account_of(scheme)
    holdings = holdings_of(account, *amounts)
    outputs = tuple(Output(sats, PAYEE) for sats in wanted)

    try:
        asked = build_payout(
            account, REGTEST, holdings, payout(*outputs, rate=rate, fee_max=10**12)
        )
    except Invalid as refused:
        is_short = refused.code == "funds_insufficient"
        assert is_short and sum(amounts) < sum(wanted) + 1_000 * rate  # noqa: PT018
        return

    spent = sum(one.sats for one in spent_outputs(asked.psbt))
    paid = asked.psbt.unsigned.outputs
    assert spent == sum(one.sats for one in paid) + asked.fee_sats
    assert asked.fee_sats * 1_000 >= asked.vsize * rate
    assert all(one.sats >= dust_limit(one.script) for one in paid)
    assert decode_psbt(encode_psbt(asked.psbt)) == asked.psbt
    assert key_of(Global.UNSIGNED) in asked.psbt.whole
    again = build_payout(
        account, REGTEST, holdings[::-1], payout(*outputs, rate=rate, fee_max=10**12)
    )
    assert again.psbt == asked.psbt
