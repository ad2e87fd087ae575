"""What is shown of addresses, values and transactions is what the vectors say, field by field."""

import json
from typing import Any, Final

import pytest

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.describe import Form, describe_content
from sluice.engine.chains.stacks.malformed import Malformed
from sluice.engine.chains.stacks.transactions.write import encode_transaction
from tests.unit.engine.chains.stacks.samples import transactions
from tests.unit.engine.chains.stacks.vectors import named, recorded, vectors

VALUES = vectors("clarity_values")["cases"]
ADDRESSES = vectors("c32_addresses")["addresses"]
TRANSACTIONS = vectors("transactions")["transactions"]
# What a transaction does not say: its story, and secrets.
UNTOLD: Final = {"id", "description", "keys", "signers", "note", "origin_signed_hex"}
UNTOLD_TOO: Final = {"origin_signed_txid", "hex_stacksjs_localeCompare", "mismatch"}


def shown(text: str) -> Any:  # noqa: ANN401 - JSON
    """Return what people are shown, once through JSON."""
    return json.loads(json.dumps(describe_content(text.encode())))


@pytest.mark.parametrize("case", ADDRESSES, ids=lambda case: case["principal"])
def test_an_address_is_shown(case: dict[str, Any]) -> None:
    found = shown(case["principal"])

    assert {key: found[key] for key in case.keys() - UNTOLD} == {
        key: value for key, value in case.items() if key not in UNTOLD
    }


@pytest.mark.parametrize("case", VALUES, ids=named)
def test_a_value_is_shown(case: dict[str, Any]) -> None:
    found = shown(case["hex"])

    for key in case.keys() - UNTOLD - UNTOLD_TOO - {"clarity_type"}:
        assert found[key] == case[key]


def test_a_type_is_shown_as_clarity_writes_it() -> None:
    types = {case["id"]: shown(case["hex"])["clarity_type"] for case in VALUES}

    assert types["ok_uint"] == "(response uint UnknownType)"
    assert types["some_some_none"] == "(optional (optional (optional UnknownType)))"
    assert types["list_of_lists"] == "(list 2 (list 2 uint))"
    assert types["ascii_hello"] == "(string-ascii 11)"
    assert types["utf8_emoji"] == "(string-utf8 1)"
    assert types["tuple_one"] == "{a: uint}"
    assert types["tuple_empty"] == "{}"
    assert types["principal_P"] == "principal"


@pytest.mark.parametrize("case", TRANSACTIONS, ids=named)
def test_a_transaction_is_shown(case: dict[str, Any]) -> None:
    found = shown(case["tx_hex"])

    for key in case.keys() - UNTOLD - UNTOLD_TOO - {"origin", "steps"}:
        assert found[key] == case[key], key
    assert found["origin"] == in_hex(case["origin"])
    assert found["steps"] == [plain_step(step) for step in case["steps"]]
    assert found["signature_error"] is None


def in_hex(origin: dict[str, Any]) -> dict[str, Any]:
    """Write keys as hex, which the vectors hold as numbered bytes."""
    fields = origin.get("fields", [])
    for field in fields:
        if isinstance(field["data"], dict):
            field["data"] = bytes(field["data"].values()).hex()
    return origin


def plain_step(step: dict[str, Any]) -> dict[str, Any]:
    """Leave out the remark behind a hash."""
    return step | {"next_sighash": step["next_sighash"].split()[0]}


@pytest.mark.parametrize("transaction", transactions(), ids=lambda one: type(one.payload).__name__)
def test_every_kind_of_transaction_is_shown(transaction: Any) -> None:  # noqa: ANN401
    raw = encode_transaction(transaction)

    found = shown(raw.hex())

    assert found["tx_hex"] == raw.hex()
    assert found["signature_error"] is None


def test_recorded_transactions_are_shown_as_others_saw_them() -> None:
    for one in recorded("real_transactions")["transactions"]:
        found = shown(one["raw_tx"])

        assert f"0x{found['txid']}" == one["txid"]
        assert found["origin_address"] == one["origin_address"]
        assert found["payload"]["type"] == one["payload_type"]
        for key in {"contract", "function", "recipient"} & one.keys():
            assert found["payload"][key] == one[key]


def test_a_signature_that_does_not_hold_is_told() -> None:
    case = next(c for c in TRANSACTIONS if "origin_signed_hex" in c)

    found = shown(case["origin_signed_hex"])

    assert found["txid"] == case["origin_signed_txid"]
    assert [step["role"] for step in found["steps"]] == ["origin"]
    assert found["signature_error"] == "The signature belongs to no key."


@pytest.mark.parametrize(
    "content",
    [b"03", b"0x03", b"0X03", b" 0x 0 3\n", b"\x03", b"0\n3"],
)
def test_hex_and_bytes_are_taken_alike(content: bytes) -> None:
    assert describe_content(content)["json"] == {"type": "bool", "value": True}


def test_an_int_is_told_from_a_transaction() -> None:
    assert describe_content(bytes(17))["json"] == {"type": "int", "value": "0"}
    with pytest.raises(Malformed, match="an int"):
        describe_content(bytes(16))
    with pytest.raises(Malformed, match="an authorization"):
        describe_content(bytes(18))
    with pytest.raises(Malformed, match="the end of the value"):
        describe_content(bytes(18), Form.VALUE)
    with pytest.raises(Malformed, match="an authorization"):
        describe_content(bytes(17), Form.TRANSACTION)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no bytes"),
        (b" \n", "no bytes"),
        (b"0x", "no bytes"),
        (b"0x3", "Byte 0: expected two hex digits, found one"),
        (b"0x030g", "Byte 1: expected two hex digits, found 'g'"),
        (b"0x03\xc3\xa9", "Byte 1: expected two hex digits"),
        (b"ff", "Byte 0: expected a Clarity type"),
        (b"SP", "not a Stacks address"),
        (b"SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7.1", "not a contract name"),
    ],
)
def test_what_is_nothing_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        describe_content(content)
