"""Memos: every way in which a wallet may write the same reference, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.engine.chains.stacks.clarity.model import NONE, Ascii, Buffer, Some, UInt
from sluice.engine.chains.stacks.clarity.write import encode_value
from sluice.engine.chains.stacks.memos import MEMO_MAX, read_memo, read_printed_memo

REFERENCE = "00112233445566778899aabbccddeeff"


@pytest.mark.parametrize(
    "raw",
    [
        REFERENCE.encode(),
        REFERENCE.encode().ljust(MEMO_MAX, b"\0"),
        REFERENCE.upper().encode(),
        f"0x{REFERENCE}".encode(),
        f" {REFERENCE}\n".encode(),
        bytes.fromhex(REFERENCE),
        bytes.fromhex(REFERENCE).ljust(MEMO_MAX, b"\0"),
        encode_value(Ascii(REFERENCE)),
        encode_value(Buffer(REFERENCE.encode())),
    ],
)
def test_one_reference_has_many_spellings(raw: bytes) -> None:
    assert read_memo(raw) == REFERENCE


@pytest.mark.parametrize("reference", ["ff" * 14 + "0000", "20" + "ff" * 14 + "0a"])
def test_a_reference_in_bytes_keeps_its_zeros_and_spaces(reference: str) -> None:
    assert read_memo(bytes.fromhex(reference).ljust(MEMO_MAX, b"\0")) == reference


@pytest.mark.parametrize(
    ("raw", "memo"),
    [
        (b"", None),
        (bytes(MEMO_MAX), None),
        (b"   ", None),
        (b"Faucet".ljust(MEMO_MAX, b"\0"), "Faucet"),
        (b"UhOh ", "UhOh"),
        (b"Order 1", "Order 1"),
        (b"order 1", "order 1"),
        (bytes.fromhex("0d0000000568656c6c6f"), "hello"),
        ("größe".encode(), "größe"),
    ],
)
def test_other_memos_are_their_text(raw: bytes, memo: str | None) -> None:
    assert read_memo(raw) == memo


def test_a_wrapper_whose_length_does_not_fit_is_no_wrapper() -> None:
    memo = read_memo(bytes.fromhex("0d0000000668656c6c6f"))

    assert memo == "0d0000000668656c6c6f".ljust(32, "0")


@given(st.binary(max_size=MEMO_MAX))
def test_every_memo_can_be_stored_and_reads_the_same_twice(raw: bytes) -> None:
    memo = read_memo(raw)

    assert memo is None or (memo.isprintable() and "\0" not in memo)
    assert read_memo(raw + bytes(MEMO_MAX - len(raw))) == memo


def test_tokens_print_a_buffer_or_an_optional_one() -> None:
    said = Buffer(REFERENCE.encode())

    assert read_printed_memo(encode_value(said)) == REFERENCE
    assert read_printed_memo(encode_value(Some(said))) == REFERENCE
    for other in (NONE, UInt(1), Ascii(REFERENCE), Buffer(bytes(MEMO_MAX + 1)), Some(UInt(1))):
        assert read_printed_memo(encode_value(other)) is None
    assert read_printed_memo(b"\x02\x00") is None
