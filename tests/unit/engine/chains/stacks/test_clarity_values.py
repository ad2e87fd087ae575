"""Clarity values: every vector both ways, and what consensus does not read."""

import hashlib
from typing import Any

import pytest

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.clarity.clarity_types import type_of
from sluice.engine.chains.stacks.clarity.model import (
    NONE,
    TRUE,
    Ascii,
    Buffer,
    Err,
    Int,
    ListOf,
    Ok,
    Some,
    TupleOf,
    UInt,
    Utf8,
    Value,
    tuple_of,
)
from sluice.engine.chains.stacks.clarity.read import decode_value
from sluice.engine.chains.stacks.clarity.show import parse_value, show_source, show_value
from sluice.engine.chains.stacks.clarity.write import encode_value
from sluice.engine.chains.stacks.malformed import Malformed
from sluice.engine.chains.stacks.principals import Address, Contract
from tests.unit.engine.chains.stacks.vectors import named, recorded, vectors

ALL = vectors("clarity_values")
ADDRESS = Address(22, bytes(20))
MIB = 1 << 20


@pytest.mark.parametrize("case", ALL["cases"], ids=named)
def test_a_value_is_read_and_written(case: dict[str, Any]) -> None:
    raw = bytes.fromhex(case["hex"][2:])

    value = decode_value(raw)

    assert encode_value(value) == raw
    assert show_value(value) == case["json"]
    assert parse_value(case["json"]) == value
    assert show_source(value) == case["repr_stacksjs"]
    assert hashlib.sha256(raw).hexdigest() == case["sha256"]


@pytest.mark.parametrize("case", [c for c in ALL["cases"] if c.get("mismatch")], ids=named)
def test_keys_in_another_order_are_the_same_tuple(case: dict[str, Any]) -> None:
    other = bytes.fromhex(case["hex_stacksjs_localeCompare"][2:])

    assert encode_value(decode_value(other)).hex() == case["hex"][2:]


@pytest.mark.parametrize("case", ALL["must_reject"], ids=named)
def test_what_consensus_refuses_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Malformed, match=r"Byte \d+: expected"):
        decode_value(bytes.fromhex(case["hex"][2:]))


@pytest.mark.parametrize(
    ("raw", "offset"),
    [
        ("", 0),
        ("0f", 0),
        ("80", 0),
        ("0300", 1),
        ("0100", 1),
        ("0200000002aa", 5),
        ("02ffffffff", 1),
        ("0520" + "00" * 20, 1),
        ("05ff" + "00" * 20, 1),
        ("0516" + "00" * 19, 1),
        ("0616" + "00" * 20, 22),
        ("0616" + "00" * 20 + "00", 22),
        ("0616" + "00" * 20 + "0131", 23),
        ("0616" + "00" * 20 + "0161", -1),
        ("0616" + "00" * 20 + "81" + "61" * 129, 22),
        ("0d00000002617f", 6),
        ("0d0000000261" + "0b", 6),
        ("0d00000001e9", 5),
        ("0e00000003eda080", 5),
        ("0e00000002c080", 5),
        ("0e0000000161ff", 6),
        ("0b0000000203" + "01" + "00" * 16, 6),
        ("0b00000002" + "0d00000000" + "0e00000000", 10),
        ("0bffffffff", 1),
        ("0c00000002016103016104", 8),
        ("0c000000010003", 5),
        ("0c00000001013103", 6),
        ("0cffffffff", 1),
        ("0b000000010c00000000", 5),
        ("0a0c00000000", 1),
        ("0a" * 32 + "03", 32),
        ("0a", 1),
    ],
)
def test_the_error_says_where(raw: str, offset: int) -> None:
    data = bytes.fromhex(raw)
    if offset < 0:
        assert encode_value(decode_value(data)) == data
        return

    with pytest.raises(Malformed) as refused:
        decode_value(data)

    assert refused.value.offset == offset
    assert refused.value.message.startswith(f"Byte {offset}: expected ")


def test_values_nest_to_thirty_two_levels() -> None:
    deepest = bytes.fromhex("0a" * 31 + "03")

    assert encode_value(decode_value(deepest)) == deepest


@pytest.mark.parametrize(
    "raw",
    [
        b"\x02" + (MIB + 1).to_bytes(4, "big") + bytes(MIB + 1),
        b"\x0a\x02" + MIB.to_bytes(4, "big") + bytes(MIB),
        b"\x0e" + (MIB // 4 + 1).to_bytes(4, "big") + b"a" * (MIB // 4 + 1),
        b"\x0b" + (65_536).to_bytes(4, "big") + (b"\1" + bytes(16)) * 65_536,
        b"\x0b\0\0\0\2" + 2 * (b"\x02" + (MIB // 2).to_bytes(4, "big") + bytes(MIB // 2)),
    ],
    ids=["buffer", "wrapped buffer", "string", "list of uints", "list of buffers"],
)
def test_a_value_has_at_most_a_mebibyte(raw: bytes) -> None:
    with pytest.raises(Malformed):
        decode_value(raw)


def test_the_largest_buffer_is_read() -> None:
    raw = b"\x02" + MIB.to_bytes(4, "big") + bytes(MIB)

    assert encode_value(decode_value(raw)) == raw


@pytest.mark.parametrize(
    ("items", "of"),
    [
        ((NONE, Some(UInt(1))), "(optional uint)"),
        ((Ok(TRUE), Err(UInt(1))), "(response bool uint)"),
        ((Buffer(b""), Buffer(b"ab"), Buffer(b"a")), "(buff 2)"),
        ((Ascii("ab"), Ascii("")), "(string-ascii 2)"),
        ((Utf8("é"), Utf8("éé")), "(string-utf8 2)"),
        ((ListOf(()), ListOf((TRUE,))), "(list 1 bool)"),
        ((ListOf((NONE,)), ListOf((Some(TRUE), NONE))), "(list 2 (optional bool))"),
        ((ADDRESS, Contract(ADDRESS, "a")), "principal"),
        ((tuple_of({"a": TRUE}), tuple_of({"a": TRUE, "b": NONE})), "{a: bool}"),
    ],
)
def test_a_list_has_the_least_type_of_its_items(items: tuple[Value, ...], of: str) -> None:
    value = ListOf(items)

    assert str(type_of(value)) == f"(list {len(items)} {of})"
    assert decode_value(encode_value(value)) == value


@pytest.mark.parametrize(
    "items",
    [
        (TRUE, UInt(1)),
        (Int(1), UInt(1)),
        (Ascii(""), Utf8("")),
        (NONE, Ok(TRUE)),
        (Some(TRUE), NONE, Some(UInt(1))),
        (Ok(TRUE), Ok(UInt(1))),
        (tuple_of({"a": TRUE, "b": NONE}), tuple_of({"a": TRUE})),
        (tuple_of({"a": TRUE}), tuple_of({"a": NONE})),
        (ListOf((TRUE,)), ListOf((UInt(1),))),
    ],
)
def test_a_list_of_no_type_is_not_written(items: tuple[Value, ...]) -> None:
    with pytest.raises(Invalid):
        encode_value(ListOf(items))


@pytest.mark.parametrize(
    "value",
    [
        Int(1 << 127),
        Int(-(1 << 127) - 1),
        UInt(-1),
        UInt(1 << 128),
        Ascii("é"),
        Ascii("漢"),
        Ascii("\0"),
        Utf8("\ud800"),
        Buffer(bytes(MIB + 1)),
        Address(32, bytes(20)),
        Address(0, bytes(21)),
        Contract(ADDRESS, ""),
        Contract(ADDRESS, "a" * 129),
        TupleOf((("b", TRUE), ("a", TRUE))),
        TupleOf((("a", TRUE), ("a", TRUE))),
        TupleOf((("1", TRUE),)),
        Some(TupleOf(())),
    ],
)
def test_what_no_contract_could_hold_is_not_written(value: Value) -> None:
    with pytest.raises(Invalid):
        encode_value(value)


@pytest.mark.parametrize(
    "plain",
    [
        None,
        {},
        {"type": "float", "value": "1"},
        {"type": "int"},
        {"type": "int", "value": 1},
        {"type": "int", "value": "1_0"},
        {"type": "uint", "value": " 1"},
        {"type": "bool", "value": "true"},
        {"type": "buffer", "value": "0"},
        {"type": "list", "value": {}},
        {"type": "tuple", "value": []},
        {"type": "some", "value": None},
        {"type": "principal", "value": "SP"},
    ],
)
def test_json_that_is_no_value_is_refused(plain: object) -> None:
    with pytest.raises(Invalid):
        parse_value(plain)


def test_a_tuple_is_asked_by_name() -> None:
    value = tuple_of({"b": TRUE, "a": UInt(1)})

    assert value.get("a") == UInt(1)
    assert value.get("c") is None


def test_recorded_results_and_events_are_read() -> None:
    raws = [one["raw_result"] for one in recorded("real_transactions")["transactions"]]
    raws += [one["raw_value"] for one in recorded("samples_sbtc_events")["registry_events"]]

    for raw in raws:
        assert encode_value(decode_value(bytes.fromhex(raw[2:]))).hex() == raw[2:]
