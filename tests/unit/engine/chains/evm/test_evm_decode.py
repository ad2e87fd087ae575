"""Logs, receipts, blooms and calldata, against real and hostile vectors."""

import json
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.base.errors import Invalid
from sluice.engine.chains.evm.calldata import MARK, read_call, transfer_call
from sluice.engine.chains.evm.decode import (
    Refusal,
    header_of,
    hint_of,
    logs_of,
    may_hold,
    memo_of,
    read_log,
)
from sluice.engine.chains.evm.faults import NodeTrouble
from sluice.engine.chains.evm.shapes import RawHeader, RawLog, RawReceipt, RawTransaction
from sluice.engine.chains.model import Transfer

VECTORS: Final = Path(__file__).parents[5] / "spec" / "vectors" / "evm"
LOGS: Final = json.loads((VECTORS / "erc20_transfer_logs.json").read_text())
RECEIPTS: Final = json.loads((VECTORS / "receipts.json").read_text())
# What these vectors say of Ethereum's tokens, and of the one on Polygon.
ASSETS: Final = {
    "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48": "usdc",
    "0xdac17f958d2ee523a2206206994597c13d831ec7": "usdt",
    "0x3c499c542cef5e3811e1192ce70d8cc03d5c3359": "usdc",
}
TOKEN: Final = "0xdac17f958d2ee523a2206206994597c13d831ec7"
SHOP: Final = "0x" + "22" * 20
addresses = st.binary(min_size=20, max_size=20).map(lambda raw: f"0x{raw.hex()}")
references = st.binary(min_size=16, max_size=16).map(bytes.hex)


def transaction(data: str, to: str | None = TOKEN) -> RawTransaction:
    return msgspec.convert(
        {"hash": "0x" + "01" * 32, "input": data, "from": "0x" + "33" * 20, "to": to},
        RawTransaction,
    )


@pytest.mark.parametrize("row", LOGS["real"], ids=lambda row: row["id"])
def test_a_real_log_is_read_exactly(row: dict[str, Any]) -> None:
    log = msgspec.convert(row["log"], RawLog)

    seen = read_log(log, ASSETS)

    wanted = row["expect"]
    assert isinstance(seen, Transfer)
    assert f"{seen.tx_id}:{seen.index}" == wanted["uid"]
    assert seen.asset == ASSETS[wanted["token"].lower()]
    assert seen.sender == wanted["sender"].lower()
    assert seen.recipient == wanted["recipient"].lower()
    assert seen.units == int(wanted["value"])
    assert int(log.block_number, 16) == wanted["block_number"]


@pytest.mark.parametrize("row", LOGS["adversarial"], ids=lambda row: row["id"])
def test_a_hostile_log_credits_nothing_it_should_not(row: dict[str, Any]) -> None:
    """E03, E07, E08, E09, E12."""
    wanted = row["expect"]
    try:
        seen = read_log(msgspec.convert(row["log"], RawLog), ASSETS)
    except msgspec.ValidationError:
        seen = Refusal.TOPICS

    if not wanted["ok"]:
        assert seen == wanted["reason"]
    elif wanted.get("credit") == "0" or wanted["value"] == "0":
        assert seen is Refusal.STILL
    else:
        assert isinstance(seen, Transfer)
        assert seen.units == int(wanted["value"])


def test_a_receipt_of_success_gives_its_logs() -> None:
    receipt = msgspec.convert(RECEIPTS["real_success"], RawReceipt)

    [log] = logs_of([receipt], receipt.block_hash)

    seen = read_log(log, ASSETS)
    assert isinstance(seen, Transfer)
    assert seen.units == 1_000_000_000


def test_a_receipt_of_failure_gives_nothing() -> None:
    receipt = msgspec.convert(RECEIPTS["real_failed"], RawReceipt)

    assert logs_of([receipt], receipt.block_hash) == []


@pytest.mark.parametrize("row", RECEIPTS["crafted"], ids=lambda row: row["id"])
def test_a_crafted_receipt_gives_nothing(row: dict[str, Any]) -> None:
    """E01, E02, W12: refused where it cannot be true, empty where it merely holds nothing."""
    block = RECEIPTS["real_success"]["blockHash"]
    try:
        logs = logs_of([msgspec.convert(row["receipt"], RawReceipt)], block)
    except (NodeTrouble, msgspec.ValidationError):
        logs = []

    assert logs == []


@pytest.mark.parametrize("row", RECEIPTS["bloom_items"], ids=lambda row: row["name"])
def test_a_bloom_is_read_as_the_yellow_paper_says(row: dict[str, Any]) -> None:
    header = msgspec.convert(
        {
            "number": "0x1",
            "hash": "0x" + "01" * 32,
            "parentHash": "0x" + "02" * 32,
            "timestamp": "0x1",
            "logsBloom": RECEIPTS["real_success"]["logsBloom"],
        },
        RawHeader,
    )
    topic = LOGS["event_topics"]["Transfer(address,address,uint256)"]
    token = RECEIPTS["real_success"]["logs"][0]["address"]

    assert may_hold(header, [token], row["item"]) is row["in_bloom"]
    assert may_hold(header, [row["item"]], topic) is row["in_bloom"]
    assert not may_hold(header, [], topic)


def test_an_impossible_time_is_nonsense() -> None:
    header = RawHeader("0x1", "0x" + "01" * 32, "0x" + "02" * 32, "0x" + "f" * 64, "0x")

    with pytest.raises(NodeTrouble):
        header_of(header)


@pytest.mark.parametrize("text", ["0x1_0", "0x", "1", " 0x1", "0x1\n", "0X1", "-0x1", ""])
def test_a_number_that_is_not_plain_hex_is_nonsense(text: str) -> None:
    log = RECEIPTS["real_success"]["logs"][0]

    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(log | {"logIndex": text}, RawLog)


def test_calldata_is_what_wallets_write() -> None:
    asked = transfer_call(TOKEN, "0x2ae6d1401af58f9fbe2eda032b8494d519af5813", 1_000_000_000)

    assert asked.to == TOKEN
    assert asked.data == RECEIPTS["tx_input_of_success"]
    assert asked.data.startswith(LOGS["selectors"]["transfer(address,uint256)"])


@given(addresses, st.integers(1, 2**256 - 1), references)
def test_what_is_written_into_calldata_is_read_back(to: str, units: int, reference: str) -> None:
    call = read_call(transfer_call(TOKEN, to, units, reference).data)

    assert call is not None
    assert (call.sender, call.recipient, call.units, call.reference) == (None, to, units, reference)


@given(st.binary(max_size=200))
def test_no_bytes_can_break_the_reader(data: bytes) -> None:
    call = read_call(f"0x{data.hex()}")

    assert call is None or call.units < 2**256


@given(st.binary(max_size=40), references)
def test_a_reference_is_read_at_the_very_end_only(between: bytes, reference: str) -> None:
    plain = transfer_call(TOKEN, SHOP, 5).data
    at_end = read_call(plain + between.hex() + MARK.hex() + reference)
    followed = read_call(plain + MARK.hex() + reference + "00")

    assert at_end is not None
    assert at_end.reference == reference
    assert followed is not None
    assert followed.reference is None


def test_a_recipient_with_dirty_bytes_is_no_transfer() -> None:
    """E09: tokens refuse or truncate it; a wallet never writes it."""
    plain = transfer_call(TOKEN, SHOP, 5).data

    assert read_call(plain[:10] + "01" + plain[12:]) is None


def test_half_a_byte_is_no_calldata() -> None:
    assert read_call(transfer_call(TOKEN, SHOP, 5).data[:-1]) is None
    assert read_call("0x") is None


@pytest.mark.parametrize(
    ("token", "to", "units", "reference", "code"),
    [
        (TOKEN, SHOP, 0, None, "amount_invalid"),
        (TOKEN, SHOP, 2**256, None, "amount_invalid"),
        (TOKEN, SHOP.upper(), 5, None, "address_invalid"),
        ("nonsense", SHOP, 5, None, "address_invalid"),
        (TOKEN, SHOP, 5, "00" * 15, "reference_invalid"),
        (TOKEN, SHOP, 5, "0X" + "00" * 15, "reference_invalid"),
    ],
)
def test_a_call_that_could_lose_money_is_not_written(
    token: str, to: str, units: int, reference: str | None, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        transfer_call(token, to, units, reference)

    assert refused.value.code == code


def test_a_memo_belongs_to_the_recipient_the_wallet_named() -> None:
    reference = "0f" * 16
    call = transaction(transfer_call(TOKEN, SHOP, 5, reference).data)

    assert memo_of(call, TOKEN, SHOP) == reference
    assert memo_of(call, TOKEN, "0x" + "44" * 20) is None
    assert memo_of(call, "0x" + "55" * 20, SHOP) is None
    assert memo_of(transaction(call.input, to=None), TOKEN, SHOP) is None


def test_a_hint_moves_money_or_is_none() -> None:
    zero = "0x" + LOGS["selectors"]["transfer(address,uint256)"][2:] + SHOP[2:].rjust(64, "0")
    own = transfer_call(TOKEN, "0x" + "33" * 20, 5).data

    assert hint_of(transaction(transfer_call(TOKEN, SHOP, 5).data), ASSETS) is not None
    assert hint_of(transaction(zero + "0" * 64), ASSETS) is None
    assert hint_of(transaction(own), ASSETS) is None
    assert hint_of(transaction("0x"), ASSETS) is None
    assert hint_of(transaction(own, to=None), ASSETS) is None
    assert hint_of(transaction(transfer_call(TOKEN, SHOP, 5).data, to=SHOP), ASSETS) is None
