"""Transactions to the byte, what they offer for gas, and what comes of sending them."""

from dataclasses import replace
from typing import Final

import msgspec
import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from sluice.base.errors import Invalid, Unavailable
from sluice.engine.chains.evm import rlp
from sluice.engine.chains.evm.broadcasts import Outcome, judge_broadcast
from sluice.engine.chains.evm.checksum import checksummed
from sluice.engine.chains.evm.faults import Fault, classify
from sluice.engine.chains.evm.fees import bump, fee_from, gas_limit
from sluice.engine.chains.evm.shapes import RawFeeHistory
from sluice.engine.chains.evm.signatures import Signature, address_of_secret, sign_digest
from sluice.engine.chains.evm.transactions import (
    Fee,
    FlatFee,
    MarketFee,
    Transaction,
    read_transaction,
    sign_transaction,
)
from tests.unit.engine.chains.evm.vectors import Case, named, raw, vectors

SIGNED: Final = vectors("signed_txs")
KEY: Final = raw(SIGNED["private_key"])
SENDER: Final = address_of_secret(KEY)
FEES: Final = vectors("fee_history")["cases"]
ERRORS: Final = vectors("rpc_errors")["cases"]
NUMBERS: Final = st.integers(0, 2**256 - 1)
ITEMS: Final = st.recursive(
    st.binary(max_size=70), lambda item: st.lists(item, max_size=4), max_leaves=8
)


def signer(digest: bytes) -> Signature:
    return sign_digest(digest, KEY)


def transaction_of(said: Case) -> Transaction:
    fee: Fee = (
        FlatFee(said["gasPrice"])
        if "gasPrice" in said
        else MarketFee(said["maxFeePerGas"], said["maxPriorityFeePerGas"])
    )
    return Transaction(
        said["chainId"],
        said["nonce"],
        said["to"].lower(),
        raw(said["data"]),
        said["gas"],
        fee,
        said["value"],
    )


@pytest.mark.parametrize("case", SIGNED["txs"], ids=named)
def test_a_transaction_is_signed_and_read_back(case: Case) -> None:
    transaction = transaction_of(case["tx"])

    signed = sign_transaction(transaction, SENDER, signer)

    assert signed.raw == raw(case["raw"])
    assert signed.hash == case["hash"]
    assert checksummed(signed.sender) == case["sender"]
    assert read_transaction(raw(case["raw"])) == signed


@pytest.mark.parametrize("case", SIGNED["txs"], ids=named)
def test_no_byte_of_a_transaction_may_change_unnoticed(case: Case) -> None:
    whole = raw(case["raw"])

    for at in range(0, len(whole), 7):
        changed = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        try:
            signed = read_transaction(changed)
        except Invalid:
            continue
        assert signed.raw == changed
        assert signed.hash != case["hash"]
        assert signed.sender != SENDER
    for broken in (whole[:-1], whole + b"\0", b"", b"\x01" + whole[1:]):
        with pytest.raises(Invalid):
            read_transaction(broken)


@given(
    chain_id=st.integers(1, 2**40),
    nonce=st.integers(0, 2**64 - 2),
    gas=st.integers(0, 2**64),
    prices=st.tuples(st.integers(0, 2**96), st.integers(0, 2**96)),
    wei=st.integers(0, 2**128),
    data=st.binary(max_size=80),
    is_flat=st.booleans(),
)
def test_transactions_are_what_others_make(
    *,
    chain_id: int,
    nonce: int,
    gas: int,
    prices: tuple[int, int],
    wei: int,
    data: bytes,
    is_flat: bool,
) -> None:
    tip, most = sorted(prices)
    fee: Fee = FlatFee(most) if is_flat else MarketFee(most, tip)
    ours = Transaction(chain_id, nonce, SENDER, data, gas, fee, wei)
    form = {"chainId": chain_id, "nonce": nonce, "gas": gas, "value": wei}
    price = {"gasPrice": most} if is_flat else {
        "type": 2, "maxFeePerGas": most, "maxPriorityFeePerGas": tip,
    }  # fmt: skip
    theirs = Account.sign_transaction(
        {**form, **price, "to": checksummed(SENDER), "data": data}, KEY
    )

    signed = sign_transaction(ours, SENDER, signer)

    assert signed.raw == bytes(theirs.raw_transaction)
    assert raw(signed.hash) == bytes(theirs.hash)
    assert read_transaction(signed.raw) == signed


def test_another_keys_signature_is_refused() -> None:
    transaction = transaction_of(SIGNED["txs"][0]["tx"])

    with pytest.raises(Invalid, match="another key"):
        sign_transaction(transaction, "0x" + "11" * 20, signer)


@pytest.mark.parametrize(
    "change",
    [
        {"chain_id": 0},
        {"nonce": -1},
        {"nonce": 2**64 - 1},
        {"to": "0x" + "AB" * 20},
        {"to": ""},
        {"gas": -1},
        {"wei": 2**256},
        {"fee": MarketFee(1, 2)},
        {"fee": FlatFee(-1)},
    ],
)
def test_what_no_node_takes_cannot_exist(change: Case) -> None:
    with pytest.raises(Invalid) as refused:
        replace(transaction_of(SIGNED["txs"][0]["tx"]), **change)

    assert refused.value.code == "transaction_invalid"


def test_transactions_of_other_kinds_are_refused() -> None:
    call = {"chainId": 1, "nonce": 0, "gas": 21000, "value": 0, "data": b""}
    market = {**call, "type": 2, "maxFeePerGas": 2, "maxPriorityFeePerGas": 1}
    to = checksummed(SENDER)
    others = [
        {**market, "to": ""},
        {**market, "to": to, "accessList": [{"address": to, "storageKeys": []}]},
        {**call, "to": to, "type": 1, "gasPrice": 1},
        {
            key: value
            for key, value in {**call, "to": to, "gasPrice": 1}.items()
            if key != "chainId"
        },
    ]

    for other in others:
        with pytest.raises(Invalid):
            read_transaction(bytes(Account.sign_transaction(other, KEY).raw_transaction))


@given(item=ITEMS)
def test_rlp_is_read_as_it_was_written(item: rlp.Item) -> None:
    nested = [[[]]] if item == [] else item
    written = rlp.encode(nested)

    try:
        assert rlp.decode(written) == nested
    except Invalid:
        assert depth(nested) > 4


def depth(item: rlp.Item) -> int:
    return 1 if isinstance(item, bytes) else 1 + max(map(depth, item), default=0)


@given(data=st.binary(max_size=100))
def test_rlp_has_one_form(data: bytes) -> None:
    try:
        item = rlp.decode(data)
    except Invalid:
        return
    assert rlp.encode(item) == data


@pytest.mark.parametrize(
    "text", ["", "8100", "b800", "b90001", "f800", "c1", "8f00", "c180c0", "c1c1c1c1c1c0"]
)
def test_other_forms_of_rlp_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        rlp.decode(bytes.fromhex(text))


@given(value=NUMBERS)
def test_numbers_have_no_zeros_in_front(value: int) -> None:
    assert rlp.to_number(rlp.number(value)) == value
    with pytest.raises(Invalid):
        rlp.to_number(b"\0" + rlp.number(value))


@pytest.mark.parametrize("case", FEES, ids=named)
def test_r09_a_fee_follows_from_what_blocks_cost(case: Case) -> None:
    history = msgspec.convert(case["response"], RawFeeHistory)
    expected, limits = case["expect"], {k: int(v) for k, v in case.get("params", {}).items()}

    if "refuse" in expected:
        with pytest.raises(Unavailable) as refused:
            fee_from(history, **limits)
        assert refused.value.code == expected["refuse"]
        assert expected["max_fee"] in refused.value.message
        assert expected["cap"] in refused.value.message
        return
    fee = fee_from(history, **limits)

    assert fee == MarketFee(int(expected["max_fee"]), int(expected["max_priority"]))


def test_a_tip_is_the_middle_of_what_blocks_got() -> None:
    def tip(*rows: list[str]) -> int:
        history = RawFeeHistory(base_fee_per_gas=["0x1"], reward=list(rows))
        return fee_from(history, tip_floor_wei=1).tip_wei

    assert tip(["0x9"], ["0x3"], ["0x5"]) == 5
    assert tip(["0x3"], [], ["0x6"]) == 4
    assert tip([], []) == 1
    with pytest.raises(Invalid):
        fee_from(RawFeeHistory(base_fee_per_gas=[]))


def test_r04_a_bumped_fee_is_the_vectors_and_is_taken_by_nodes() -> None:
    first, bumped, too_low = (transaction_of(case["tx"]) for case in SIGNED["txs"][:3])

    assert bump(first.fee) == bumped.fee
    assert bump(first.fee) != too_low.fee
    assert bump(FlatFee(50)) == FlatFee(57)
    with pytest.raises(Unavailable) as refused:
        bump(first.fee, cap_wei=33_750_000_000 - 1)
    assert refused.value.code == "gas_price_guard"
    assert bump(first.fee, cap_wei=33_750_000_000) == bumped.fee
    with pytest.raises(Unavailable):
        bump(FlatFee(50), cap_wei=56)


@given(tip=st.integers(0, 10**12), more=st.integers(0, 10**12))
def test_r04_a_bump_is_always_enough(tip: int, more: int) -> None:
    bumped = bump(MarketFee(tip + more, tip))

    assert isinstance(bumped, MarketFee)
    for new, old in ((bumped.max_wei, tip + more), (bumped.tip_wei, tip)):
        assert new > old
        assert new * 1000 >= old * 1125
    assert bumped.tip_wei <= bumped.max_wei


def test_a_gas_limit_leaves_a_quarter() -> None:
    assert gas_limit(80_000) == 100_000
    assert gas_limit(51_299) == 64_124


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: case["message"][:40])
def test_what_a_node_says_is_understood(case: Case) -> None:
    assert classify(case["message"], case.get("code")) == Fault(case["klass"])


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([], Outcome.UNKNOWN),
        ([None], Outcome.SENT),
        ([Fault.ALREADY_KNOWN], Outcome.SENT),
        ([Fault.FATAL, None], Outcome.SENT),
        ([Fault.TIMEOUT, Fault.FATAL], Outcome.UNKNOWN),
        ([Fault.OTHER], Outcome.UNKNOWN),
        ([Fault.NONCE_TOO_LOW, Fault.TIMEOUT], Outcome.LOOK),
        ([Fault.NONCE_TOO_LOW, Fault.ALREADY_KNOWN], Outcome.SENT),
        ([Fault.NONCE_TOO_HIGH], Outcome.FILL),
        ([Fault.REPLACEMENT_UNDERPRICED], Outcome.BUMP),
        ([Fault.FEE_TOO_LOW, Fault.INSUFFICIENT_GAS_FUNDS], Outcome.BUMP),
        ([Fault.INSUFFICIENT_GAS_FUNDS], Outcome.HOLD),
        ([Fault.FATAL, Fault.FEE_CAP], Outcome.DEAD),
    ],
)
def test_r01_the_most_hopeful_answer_counts(answers: list[Fault | None], outcome: Outcome) -> None:
    assert judge_broadcast(answers) is outcome


def test_only_what_is_about_the_transaction_gives_it_up() -> None:
    dead = {fault for fault in Fault if judge_broadcast([fault]) is Outcome.DEAD}

    assert dead == {Fault.FATAL, Fault.FEE_CAP}
