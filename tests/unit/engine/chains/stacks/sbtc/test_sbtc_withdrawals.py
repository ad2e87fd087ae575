"""Withdrawals: every recipient both ways, the call and what it moves, and all limits."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.nets import MAINNET, REGTEST, TESTNET
from sluice.engine.chains.stacks.clarity.model import Buffer, TupleOf, UInt, Value, tuple_of
from sluice.engine.chains.stacks.clarity.read import decode_value
from sluice.engine.chains.stacks.clarity.write import encode_value
from sluice.engine.chains.stacks.principals import parse_principal
from sluice.engine.chains.stacks.sbtc.contracts import SbtcContracts
from sluice.engine.chains.stacks.sbtc.limits import (
    DUST_SATS,
    Caps,
    Limits,
    check_deposit_amount,
    check_withdrawal_amount,
    least_deposit,
    minted_sats,
)
from sluice.engine.chains.stacks.sbtc.recipients import (
    AddressVersion,
    Recipient,
    parse_recipient,
    read_recipient,
    recipient_of,
    script_for,
    show_recipient,
    write_recipient,
)
from sluice.engine.chains.stacks.sbtc.withdrawal import (
    Withdrawal,
    acted_on_at,
    ask_withdrawal,
    condition_of,
    expires_at,
    read_call,
    write_call,
)
from sluice.engine.chains.stacks.tokens import MAINNET as STACKS_MAINNET
from sluice.engine.chains.stacks.transactions.payloads import ContractCall
from sluice.engine.chains.stacks.transactions.post_conditions import Amount
from sluice.engine.chains.stacks.transactions.read import decode_transaction
from tests.unit.engine.chains.stacks.sbtc.deposits import (
    ALL,
    MAIN_RECIPIENT,
    SIGNERS,
    key_of,
    net_of,
)
from tests.unit.engine.chains.stacks.vectors import named, recorded

CASES: Final = ALL["withdrawal_recipients"]["cases"]
CONTRACTS: Final = SbtcContracts.of_token(STACKS_MAINNET.tokens["sbtc"])
FREE: Final = Limits(Caps())
ADDRESS: Final = "bc1qxp5ya32csx2eghsw6jrtl0emt3pzfwdl2nvny8"
KEY: Final = key_of(SIGNERS)


@pytest.mark.parametrize("case", CASES, ids=named)
def test_an_address_is_the_tuple_of_the_contract(case: dict[str, Any]) -> None:
    recipient = parse_recipient(case["address"], net_of(case))

    value = write_recipient(recipient)

    assert f"{recipient.version:02x}" == case["version"]
    assert recipient.hash_bytes.hex() == case["hashbytes"]
    assert script_for(recipient).hex() == case["script_pubkey"]
    assert "0x" + encode_value(value).hex() == case["recipient_cv_hex"]


@pytest.mark.parametrize("case", CASES, ids=named)
def test_the_tuple_is_the_address_again(case: dict[str, Any]) -> None:
    recipient = read_recipient(decode_value(bytes.fromhex(case["recipient_cv_hex"][2:])))

    assert show_recipient(recipient, net_of(case)) == case["address"]
    assert recipient == recipient_of(bytes.fromhex(case["script_pubkey"]))


@pytest.mark.parametrize("version", [AddressVersion.P2SH_P2WPKH, AddressVersion.P2SH_P2WSH])
def test_a_wrapped_kind_is_paid_at_its_script_hash(version: AddressVersion) -> None:
    wrapped, plain = Recipient(version, b"\7" * 20), Recipient(AddressVersion.P2SH, b"\7" * 20)

    assert read_recipient(write_recipient(wrapped)) == wrapped
    assert script_for(wrapped) == script_for(plain)


LENGTHS: Final = {AddressVersion.P2WSH: 32}


@given(
    st.sampled_from([one for one in AddressVersion if one is not AddressVersion.P2TR]),
    st.binary(min_size=32, max_size=32),
)
def test_any_recipient_comes_back(version: AddressVersion, raw: bytes) -> None:
    recipient = Recipient(version, raw[: LENGTHS.get(version, 20)])

    assert read_recipient(decode_value(encode_value(write_recipient(recipient)))) == recipient


def to(version: Value, payload: Value, **more: Value) -> TupleOf:
    return tuple_of({"version": version, "hashbytes": payload, **more})


@pytest.mark.parametrize(
    "value",
    [
        None,
        UInt(1),
        tuple_of({"version": Buffer(b"\0")}),
        to(Buffer(b"\0"), Buffer(bytes(20)), extra=UInt(1)),
        to(UInt(0), Buffer(bytes(20))),
        to(Buffer(b"\0"), UInt(0)),
        to(Buffer(b""), Buffer(bytes(20))),
        to(Buffer(b"\0\0"), Buffer(bytes(20))),
        to(Buffer(b"\7"), Buffer(bytes(32))),
        *(to(Buffer(bytes([one])), Buffer(bytes(32))) for one in (0, 1, 2, 3, 4)),
        *(to(Buffer(bytes([one])), Buffer(bytes(20))) for one in (5, 6)),
        to(Buffer(b"\6"), Buffer(b"\xff" * 32)),  # no point of the curve
    ],
)
def test_what_the_contract_refuses_is_no_recipient(value: Value | None) -> None:
    with pytest.raises(Invalid):
        read_recipient(value)


@pytest.mark.parametrize("net", [TESTNET, REGTEST])
def test_an_address_of_another_network_is_refused(net: Any) -> None:  # noqa: ANN401
    with pytest.raises(Invalid):
        parse_recipient(ADDRESS, net)
    with pytest.raises(Invalid):
        ask_withdrawal(1_000, ADDRESS, net=net, fee_max_sats=1, limits=FREE)


def test_an_output_without_an_address_is_no_recipient() -> None:
    with pytest.raises(Invalid, match="no usual output"):
        recipient_of(b"\x6a\x01\x01")


def test_a_withdrawal_is_one_call_that_locks_amount_and_fee() -> None:
    withdrawal = ask_withdrawal(20_000, ADDRESS, net=MAINNET, fee_max_sats=3_000, limits=FREE)
    sender = parse_principal(MAIN_RECIPIENT)

    call, condition = write_call(withdrawal, CONTRACTS), condition_of(withdrawal, sender, CONTRACTS)

    assert str(call.contract) == f"{CONTRACTS.deployer}.sbtc-withdrawal"
    assert read_call(call, CONTRACTS) == withdrawal
    assert (condition.principal, condition.code, condition.amount) == (sender, Amount.EQUAL, 23_000)
    assert str(condition.asset) == STACKS_MAINNET.tokens["sbtc"]
    assert (acted_on_at(900_000), expires_at(900_000)) == (900_006, 900_024)


def test_a_recorded_request_is_read() -> None:
    """The recorded transaction of a devnet, as a node observed it."""
    body = recorded("samples_sbtc_events")["new_block_body"]["transactions"][0]
    payload = decode_transaction(bytes.fromhex(body["raw_tx"][2:])).payload
    assert isinstance(payload, ContractCall)
    contracts = SbtcContracts(payload.contract.address)

    withdrawal = read_call(payload, contracts)

    assert withdrawal == Withdrawal(22_500, Recipient(AddressVersion.P2PKH, bytes(20)), 3_000)
    assert write_call(withdrawal, contracts) == payload


def test_another_call_asks_for_no_withdrawal() -> None:
    call = write_call(Withdrawal(1_000, parse_recipient(ADDRESS, MAINNET), 1), CONTRACTS)
    for other in (
        ContractCall(CONTRACTS.registry, call.function, call.arguments),
        ContractCall(call.contract, "accept-withdrawal-request", call.arguments),
        ContractCall(call.contract, call.function, call.arguments[:2]),
        ContractCall(call.contract, call.function, (*call.arguments, UInt(1))),
        ContractCall(call.contract, call.function, (UInt(1), UInt(1), UInt(1))),
    ):
        with pytest.raises(Invalid):
            read_call(other, CONTRACTS)


def test_a_withdrawal_keeps_its_limits() -> None:
    limits = Limits(Caps(withdrawal_max=50_000), withdrawable=40_000)
    for sats in (DUST_SATS + 1, 40_000):
        check_withdrawal_amount(sats, limits=limits)
    for sats, code in (
        (-1, "amount_too_small"),
        (DUST_SATS, "amount_too_small"),
        (40_001, "sbtc_cap_reached"),
        (50_001, "amount_too_large"),
    ):
        with pytest.raises(Invalid) as refused:
            check_withdrawal_amount(sats, limits=limits)
        assert refused.value.code == code
    with pytest.raises(Invalid, match="below zero"):
        ask_withdrawal(1_000, ADDRESS, net=MAINNET, fee_max_sats=-1, limits=FREE)


def test_a_deposit_keeps_its_limits() -> None:
    limits = Limits(Caps(peg_cap=1_000_000, deposit_min=10_000, deposit_max=500_000))
    for sats in (10_000, 500_000):
        check_deposit_amount(sats, fee_max_sats=4_000, limits=limits, supply_sats=500_000)
    check_deposit_amount(500_000, fee_max_sats=4_000, limits=limits)
    for sats, supply, code in (
        (9_999, 0, "amount_too_small"),
        (500_001, 0, "amount_too_large"),
        (500_000, 500_001, "sbtc_cap_reached"),
        (10_000, 2_000_000, "sbtc_cap_reached"),
    ):
        with pytest.raises(Invalid) as refused:
            check_deposit_amount(sats, fee_max_sats=4_000, limits=limits, supply_sats=supply)
        assert refused.value.code == code


def test_a_deposit_outlasts_the_whole_fee() -> None:
    assert least_deposit(fee_max_sats=80_000, limits=FREE) == 80_546
    check_deposit_amount(80_546, fee_max_sats=80_000, limits=FREE)
    with pytest.raises(Invalid, match="80546 satoshis"):
        check_deposit_amount(80_545, fee_max_sats=80_000, limits=FREE)
    assert minted_sats(100_000, fee_max_sats=80_000) == range(20_000, 100_001)
    assert minted_sats(100, fee_max_sats=80_000) == range(101)


def test_an_account_has_its_own_limits_where_they_are_told() -> None:
    everybodys = Caps(peg_cap=9, deposit_min=1, deposit_max=8, withdrawal_max=7)
    limits = Limits(everybodys, accounts={"a": Caps(deposit_min=0, withdrawal_max=3)})

    assert limits.of("a") == Caps(peg_cap=9, deposit_min=0, deposit_max=8, withdrawal_max=3)
    assert limits.of("b") == everybodys
