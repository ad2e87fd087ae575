"""x402 in headers and bodies: the specification's own, both ways, and what is refused."""

import copy
import json
from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.base.errors import Invalid
from sluice.business.payments.paywalls.model import Reason, Requirement, Settlement
from sluice.wire.x402.headers import HEADER_CHARS_MAX, read_header
from sluice.wire.x402.payment import (
    read_old_payment,
    read_payment,
    show_payload,
    write_payment,
)
from sluice.wire.x402.required import read_required, show_old_required, write_required
from sluice.wire.x402.settlement import (
    read_question,
    read_settlement,
    show_verdict,
    write_old_settlement,
    write_settlement,
)
from tests.unit.wire.x402.vectors import DECODED, HEADERS, NEGATIVE, V2, Case, header, opened

SIGNATURE: Final = HEADERS["PAYMENT-SIGNATURE"]
PAYLOAD: Final = DECODED["payment_payload"]


def refusal(text: str) -> str:
    with pytest.raises(Invalid) as refused:
        read_payment(text)
    return refused.value.code


def test_payment_required_is_read_and_written_to_the_byte() -> None:
    required = read_required(HEADERS["PAYMENT-REQUIRED"])

    assert opened(HEADERS["PAYMENT-REQUIRED"]) == DECODED["payment_required"]
    assert required.resource.url == "https://api.example.com/premium-data"
    assert required.accepts == (
        Requirement(
            84532,
            10000,
            "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
            "0x209693Bc6afc0C5328bA36FaF03C514EF312287C",
            60,
            {"name": "USDC", "version": "2"},
        ),
    )
    assert write_required(required) == HEADERS["PAYMENT-REQUIRED"]


def test_payment_signature_is_read_and_written() -> None:
    payment = read_payment(SIGNATURE)
    said = PAYLOAD["payload"]["authorization"]

    assert opened(SIGNATURE) == PAYLOAD
    assert payment.authorization.payer == said["from"].lower()
    assert payment.authorization.payee == said["to"].lower()
    assert payment.authorization.units == 10000
    assert payment.signature.hex() == PAYLOAD["payload"]["signature"][2:]
    assert read_payment(write_payment(payment)) == payment
    lowered = copy.deepcopy(PAYLOAD)
    lowered["payload"]["authorization"] |= {"from": said["from"].lower(), "to": said["to"].lower()}
    assert show_payload(payment) == lowered


@pytest.mark.parametrize(
    ("name", "decoded"),
    [("PAYMENT-RESPONSE-ok", "settle_ok"), ("PAYMENT-RESPONSE-fail", "settle_fail")],
)
def test_payment_response_is_read_and_written_to_the_byte(name: str, decoded: str) -> None:
    settlement = read_settlement(HEADERS[name])

    assert opened(HEADERS[name]) == DECODED[decoded]
    assert settlement.is_success == DECODED[decoded]["success"]
    assert settlement.reason == DECODED[decoded].get("errorReason")
    assert write_settlement(settlement) == HEADERS[name]
    more = {**DECODED[decoded], "amount": "10000", "errorMessage": None, "extra": {}}
    assert read_settlement(header(more)) == settlement


def test_the_body_of_version_1_is_the_specifications() -> None:
    required = read_required(HEADERS["PAYMENT-REQUIRED"])

    assert show_old_required(replace(required, error=None)) == V2["v1"]["body_402"]
    elsewhere = replace(required.accepts[0], chain_id=1)
    assert show_old_required(replace(required, accepts=[elsewhere]))["accepts"] == []


def test_a_payment_of_version_1_is_read() -> None:
    old = {
        "x402Version": 1,
        "scheme": "exact",
        "network": "base-sepolia",
        "payload": PAYLOAD["payload"],
    }

    payment = read_old_payment(header(old))

    assert payment == replace(read_payment(SIGNATURE), version=1, accepted=None, resource=None)
    with pytest.raises(Invalid):
        write_payment(payment)
    for change, code in (
        ({"x402Version": 2}, Reason.VERSION),
        ({"network": "base-sepoli"}, Reason.NETWORK),
        ({"network": "eip155:84532"}, Reason.NETWORK),
        ({"scheme": "upto"}, Reason.SCHEME),
        ({"accepted": {}}, Reason.PAYLOAD),
    ):
        with pytest.raises(Invalid) as refused:
            read_old_payment(header({**old, **change}))
        assert refused.value.code == code


def test_the_answer_to_version_1_says_its_own_network() -> None:
    settlement = read_settlement(HEADERS["PAYMENT-RESPONSE-ok"])

    assert opened(write_old_settlement(settlement)) == {
        **DECODED["settle_ok"],
        "network": "base-sepolia",
    }
    with pytest.raises(Invalid) as refused:
        write_old_settlement(Settlement(1, None, "0x1"))
    assert refused.value.code == Reason.NETWORK


def test_version_1() -> None:
    case = NEGATIVE["version-1"]

    assert refusal(header(case["payload"])) == case["expect"]


def test_not_base64() -> None:
    assert NEGATIVE["not-base64"]["expect"] == f"400 {refusal(NEGATIVE['not-base64']['payload'])}"


def test_x06_a_huge_header_is_refused_before_it_is_read() -> None:
    assert refusal("A" * 10_000_000) == Reason.PAYLOAD
    with pytest.raises(Invalid, match="longer"):
        read_header("A" * (HEADER_CHARS_MAX + 4))


def test_x06_deep_json_is_refused_before_it_is_read() -> None:
    deep: object = 1
    for _ in range(20):
        deep = [deep]

    with pytest.raises(Invalid, match="deeper"):
        read_payment(header({"x402Version": 2, "extensions": deep}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "e30",
        "e30=\n",
        " e30=",
        "e31=",
        "eyJ-_30=",
        header([]),
        header("x"),
        header(None),
        "/w==",
    ],
)
def test_what_holds_no_object_is_refused(text: str) -> None:
    assert refusal(text) == Reason.PAYLOAD


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("x402Version", "2"),
        ("x402Version", True),
        ("x402Version", 2.0),
        ("accepted", None),
        ("accepted.amount", 10000),
        ("accepted.amount", "0"),
        ("accepted.amount", "-1"),
        ("accepted.amount", "010000"),
        ("accepted.amount", "1e4"),
        ("accepted.amount", "\u0661"),
        ("accepted.amount", str(2**256)),
        ("accepted.maxTimeoutSeconds", "60"),
        ("accepted.maxTimeoutSeconds", 0),
        ("accepted.asset", "USDC"),
        ("accepted.extra", {"name": 1}),
        ("accepted.maxAmountRequired", "1"),
        ("accepted.scheme", "upto"),
        ("accepted.network", "eip155:084532"),
        ("accepted.network", "stacks:1"),
        ("resource", "https://api.example.com"),
        ("resource.url", "https://\u202eexample"),
        ("payload.signature", "0x"),
        ("payload.signature", "0x0"),
        ("payload.signature", "ab"),
        ("payload.transaction", "0xab"),
        ("payload.authorization.value", str(2**256)),
        ("payload.authorization.value", 10000),
        ("payload.authorization.nonce", "0x" + "00" * 31),
        ("payload.authorization.from", "0x" + "0" * 39),
        ("payload.authorization.memo", "x"),
        ("payload", {"permit2Authorization": {}, "signature": "0x11"}),
        ("more", 1),
    ],
)
def test_what_is_not_as_it_should_be_is_refused(path: str, value: object) -> None:
    changed: Case = copy.deepcopy(PAYLOAD)
    *folders, name = path.split(".")
    place = changed
    for folder in folders:
        place = place[folder]
    place[name] = value

    assert refusal(header(changed)) in set(Reason)


@pytest.mark.parametrize("path", ["x402Version", "accepted", "payload"])
def test_nothing_may_be_missing(path: str) -> None:
    changed = {name: value for name, value in PAYLOAD.items() if name != path}

    with pytest.raises(Invalid) as refused:
        read_payment(header(changed))

    assert refused.value.code == Reason.PAYLOAD
    assert refused.value.param == path


def test_a_payment_may_say_more_where_the_standard_lets_it() -> None:
    said = {**PAYLOAD, "extensions": {"bazaar": {"info": []}}}
    said["resource"] = {**PAYLOAD["resource"], "tags": ["a"]}

    assert read_payment(header(said)) == read_payment(SIGNATURE)
    assert read_payment(header({**PAYLOAD, "resource": None})).resource is None


def test_a_payments_identifier_is_read_and_written() -> None:
    name = "pay_7d5d747be160e280504c099d984bcfe0"
    info = {"required": False, "id": name}
    said = {**PAYLOAD, "extensions": {"payment-identifier": {"info": info, "schema": {}}}}

    payment = read_payment(header(said))

    assert payment == replace(read_payment(SIGNATURE), identifier=name)
    assert read_payment(write_payment(payment)) == payment
    for odd in ("short", "x" * 129, "pay 7d5d747be160e280504c", 1):
        said["extensions"]["payment-identifier"]["info"]["id"] = odd
        assert refusal(header(said)) == Reason.PAYLOAD
    del info["id"]
    assert read_payment(header(said)).identifier is None


@given(text=st.text(max_size=40) | st.binary(max_size=60).map(lambda raw: raw.hex()))
def test_no_header_breaks_the_reader(text: str) -> None:
    assert refusal(text) in set(Reason)


@pytest.mark.parametrize(
    "change",
    [
        {"success": False},
        {"errorReason": "insufficient_funds"},
        {"transaction": ""},
        {"success": "true"},
        {"network": "base"},
        {"payer": "me"},
        {"fee": "1"},
    ],
)
def test_an_answer_that_contradicts_itself_is_refused(change: Case) -> None:
    with pytest.raises(Invalid):
        read_settlement(header({**DECODED["settle_ok"], **change}))


def test_a_sellers_question_is_read() -> None:
    question = {
        "x402Version": 2,
        "paymentPayload": PAYLOAD,
        "paymentRequirements": PAYLOAD["accepted"],
    }

    payment, asked = read_question(json.dumps(question).encode())

    assert payment == read_payment(SIGNATURE)
    assert payment.accepted == asked
    changes: list[Case] = [{"x402Version": 1}, {"paymentRequirements": []}, {"more": 1}]
    for change in changes:
        with pytest.raises(Invalid):
            read_question(json.dumps({**question, **change}).encode())
    with pytest.raises(Invalid):
        read_question(b"{")


def test_a_verdict_is_told_in_the_protocols_words() -> None:
    assert show_verdict("0x1", None) == {"isValid": True, "payer": "0x1"}
    assert show_verdict("0x1", Reason.VALUE) == {
        "isValid": False,
        "invalidReason": "invalid_exact_evm_payload_authorization_value_mismatch",
        "payer": "0x1",
    }
