"""Blocks: what they pay to whom we wait for, and what a provider cannot make us believe."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.engine.chains.bitcoin.blocks.header import (
    check_headers,
    decode_header,
    is_under,
    root_of,
)
from sluice.engine.chains.bitcoin.blocks.match import SeenOutput, match_block, match_transaction
from sluice.engine.chains.bitcoin.hashing import sha256d
from sluice.engine.chains.bitcoin.reading import Malformed, write_size
from sluice.engine.chains.bitcoin.scripts import ScriptType, script_of
from sluice.engine.chains.bitcoin.transactions.model import Input, Outpoint, Output, Transaction
from sluice.engine.chains.bitcoin.transactions.write import (
    encode_stripped,
    encode_transaction,
    tx_id_of,
)

GENESIS: Final = bytes.fromhex(
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27a"
    "c72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c01010000000100000000"
    "00000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d01044554686520"
    "54696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f"
    "6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe55482719"
    "67f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b"
    "8d578a4c702b6bf11d5fac00000000"
)
GENESIS_HASH: Final = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"
GENESIS_TX: Final = "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"
EASIEST: Final = 0xFFFF << 208
COINBASE: Final = Input(Outpoint("00" * 32, 0xFFFFFFFF), b"\x51\x51", 0xFFFFFFFF)
OURS: Final = script_of(ScriptType.P2WPKH, b"\x07" * 20)
THEIRS: Final = script_of(ScriptType.P2WPKH, b"\x08" * 20)


def pay(
    number: int, *outputs: Output, witness: tuple[bytes, ...] = (b"\1" * 71, b"\2" * 33)
) -> Transaction:
    outpoint = Outpoint(hashlib.sha256(str(number).encode()).hexdigest(), number)
    return Transaction((Input(outpoint, witness=witness),), outputs or (Output(1, THEIRS),))


def block(transactions: Sequence[Transaction], *, parent: bytes = bytes(32)) -> bytes:
    root = root_of([bytes.fromhex(tx_id_of(one))[::-1] for one in transactions])
    head = b"\1\0\0\0" + parent + root + bytes(4) + bytes.fromhex("ffff7f20") + bytes(4)
    body = b"".join(encode_transaction(one) for one in transactions)
    return head + write_size(len(transactions)) + body


def test_the_first_block_is_read_as_everybody_knows_it() -> None:
    script = GENESIS[-71:-4]

    matched = match_block(GENESIS, {script})

    assert matched.header.hash == GENESIS_HASH
    assert matched.header.has_work
    assert matched.header.time.isoformat() == "2009-01-03T18:15:05+00:00"
    assert matched.outputs == (SeenOutput(GENESIS_TX, 0, script, 5_000_000_000, is_coinbase=True),)
    assert match_block(GENESIS, set()).outputs == ()


def test_b04_two_outputs_of_one_transaction_both_count() -> None:
    double = pay(1, Output(5, OURS), Output(6, THEIRS), Output(7, OURS))

    matched = match_block(block([pay(0), double]), frozenset({OURS}))

    assert [(one.tx_id, one.index, one.sats) for one in matched.outputs] == [
        (tx_id_of(double), 0, 5),
        (tx_id_of(double), 2, 7),
    ]


def test_b05_a_blocks_reward_counts_after_a_hundred_blocks() -> None:
    reward = Transaction((COINBASE,), (Output(50, OURS),))

    minted, paid = match_block(block([reward, pay(1, Output(5, OURS))]), {OURS}).outputs

    assert minted.is_coinbase
    assert (minted.depth_at_least(1), minted.depth_at_least(144)) == (100, 144)
    assert (paid.depth_at_least(1), paid.depth_at_least(6)) == (1, 6)


def test_a_transaction_in_the_mempool_is_matched_alike() -> None:
    waiting = pay(3, Output(9, OURS))
    raw = encode_transaction(waiting)

    assert match_transaction(raw, {OURS}) == (SeenOutput(tx_id_of(waiting), 0, OURS, 9),)
    assert match_transaction(encode_stripped(waiting), {OURS})[0].tx_id == tx_id_of(waiting)
    for wrong in (raw[:-1], raw + b"\0", b"", raw[:5]):
        with pytest.raises(Malformed):
            match_transaction(wrong, {OURS})


SIZES: Final = st.sampled_from([0, 1, 75, 252, 253, 300, 65_535, 65_536])


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.lists(SIZES, max_size=3), SIZES), min_size=1, max_size=5
    ),
    st.data(),
)
def test_any_block_is_matched_as_its_transactions_say(
    shapes: list[tuple[int, list[int], int]], data: st.DataObject
) -> None:
    transactions = [
        Transaction(
            tuple(
                Input(
                    Outpoint(hashlib.sha256(f"{at} {place}".encode()).hexdigest(), place),
                    bytes(size),
                    witness=tuple(bytes(item) for item in witness),
                )
                for place in range(inputs)
            ),
            (Output(at, OURS), Output(1, bytes(size)), Output(at + 1, OURS)),
        )
        for at, (inputs, witness, size) in enumerate(shapes)
    ]
    raw = block(transactions)

    matched = match_block(raw, {OURS})

    assert [(one.tx_id, one.index, one.sats) for one in matched.outputs] == [
        (tx_id_of(one), index, one.outputs[index].sats) for one in transactions for index in (0, 2)
    ]
    cut = data.draw(st.integers(0, len(raw) - 1))
    with pytest.raises(Malformed):
        match_block(raw[:cut], {OURS})


def test_nothing_can_be_left_out_added_or_changed() -> None:
    transactions = [pay(number, Output(number, OURS)) for number in range(5)]
    honest = block(transactions)
    changed = [replace(transactions[0], outputs=(Output(9_999, OURS),)), *transactions[1:]]
    lies = [transactions[:-1], [*transactions, pay(9)], transactions[::-1], changed, []]

    for lie in lies:
        body = b"".join(encode_transaction(one) for one in lie)
        with pytest.raises(Malformed):
            match_block(honest[:80] + write_size(len(lie)) + body, {OURS})
    with pytest.raises(Malformed):
        match_block(honest + b"\0", {OURS})
    with pytest.raises(Malformed, match="4000000"):
        match_block(honest + bytes(4_000_000), {OURS})


def test_a_repeated_end_has_the_same_root_and_is_refused() -> None:
    transactions = [pay(number) for number in range(3)]
    honest = block(transactions)
    body = b"".join(encode_transaction(one) for one in [*transactions, transactions[-1]])

    with pytest.raises(Malformed, match="repeated"):
        match_block(honest[:80] + write_size(4) + body, {OURS})


def test_more_money_than_there_is_is_refused() -> None:
    with pytest.raises(Malformed, match="more bitcoin"):
        match_block(block([pay(0, Output(2_100_000_000_000_001, OURS))]), {OURS})


@given(st.integers(1, 40), st.data())
def test_b15_a_branch_leads_from_a_transaction_to_the_root(count: int, data: st.DataObject) -> None:
    names = [sha256d(bytes([number])) for number in range(count)]
    place = data.draw(st.integers(0, count - 1))
    tx_id, branch = names[place][::-1].hex(), branch_of(names, place)

    assert is_under(root_of(names), tx_id, place, branch)
    assert not is_under(root_of(names), "00" * 32, place, branch)
    assert not is_under(bytes(32), tx_id, place, branch)
    assert not is_under(root_of(names), tx_id, place + (1 << len(branch)), branch)
    assert not is_under(root_of(names), tx_id, -1, branch)
    assert not is_under(root_of(names), tx_id, place, ["00" * 32] * 18)
    if branch:
        assert not is_under(root_of(names), tx_id, place, branch[:-1])
        assert not is_under(root_of(names), tx_id, place, [*branch[:-1], "00"])


def branch_of(names: list[bytes], place: int) -> list[str]:
    branch, level = [], names
    while len(level) > 1:
        level = level + level[-1:] if len(level) % 2 else level
        branch.append(level[place ^ 1][::-1].hex())
        level = [sha256d(left + right) for left, right in zip(level[::2], level[1::2], strict=True)]
        place //= 2
    return branch


def test_b15_a_provider_cannot_make_up_headers() -> None:
    genesis = GENESIS[:80]
    # No work was done for it, and it says so itself.
    easy = bytearray(block([pay(0)], parent=sha256d(genesis))[:80])
    stranger = block([pay(0)])[:80]
    unworked = bytearray(easy)
    unworked[72:76] = bytes.fromhex("ffff001d")

    assert check_headers([genesis], easiest=EASIEST)[0].hash == GENESIS_HASH
    with pytest.raises(Malformed, match="does not follow"):
        check_headers([genesis, stranger], easiest=EASIEST)
    with pytest.raises(Malformed, match="without the work"):
        check_headers([genesis, bytes(easy)], easiest=EASIEST)
    with pytest.raises(Malformed, match="without the work"):
        check_headers([genesis, bytes(unworked)], easiest=EASIEST)
    with pytest.raises(Malformed):
        decode_header(genesis[:-1])


# The first byte of the number is a size, the others are digits; arith_uint256 of Bitcoin Core.
@pytest.mark.parametrize(
    ("bits", "target"),
    [
        (0x1D00FFFF, 0xFFFF << 208),
        (0x01123456, 0x12),
        (0x02123456, 0x1234),
        (0x03123456, 0x123456),
        (0x04123456, 0x12345600),
        (0x05009234, 0x92340000),
        (0x00123456, 0),
    ],
)
def test_a_target_is_unpacked_as_consensus_does(bits: int, target: int) -> None:
    raw = bytearray(GENESIS[:80])
    raw[72:76] = bits.to_bytes(4, "little")

    assert decode_header(bytes(raw)).target == target


@pytest.mark.parametrize("bits", [0x1D80FFFF, 0x237FFFFF])
def test_an_impossible_target_is_refused(bits: int) -> None:
    raw = bytearray(GENESIS[:80])
    raw[72:76] = bits.to_bytes(4, "little")

    with pytest.raises(Malformed, match="target"):
        decode_header(bytes(raw))
