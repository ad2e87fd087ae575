"""What a Stacks chain can hold that looks like a payment, and what of it is one."""

from dataclasses import replace

import pytest

from sluice.engine.chains.chain import WrongNetwork
from sluice.engine.chains.model import Transfer
from sluice.engine.chains.stacks.reader import StacksReader
from sluice.engine.chains.stacks.tokens import stacks_network
from tests.contract.stacks_under_test import BURN_DEPTH, CHAIN_ID, StacksUnderTest
from tests.stacks.chain import SBTC_TOKEN
from tests.stacks.wallets import HELPER

REFERENCE = "00112233445566778899aabbccddeeff"


async def seen_by(chain: StacksUnderTest, recipient: str) -> list[Transfer]:
    tip = await chain.reader.tip()
    blocks = await chain.reader.blocks(0, tip.header.height)
    return [one for block in blocks for one in block.transfers if one.recipient == recipient]


async def test_stx_comes_with_its_memo(stacks: StacksUnderTest) -> None:
    shop = stacks.new_address()
    tx_id = await stacks.pay(shop, 1_500_000, asset="stx", memo=REFERENCE)

    await stacks.mine()

    payer = stacks.payer.address
    assert await seen_by(stacks, shop) == [
        Transfer(tx_id, 0, "stx", payer, shop, 1_500_000, REFERENCE)
    ]


async def test_sbtc_comes_with_its_memo(stacks: StacksUnderTest) -> None:
    shop = stacks.new_address()
    tx_id = await stacks.pay(shop, 700, asset="sbtc", memo=REFERENCE)

    await stacks.mine()

    payer = stacks.payer.address
    assert await seen_by(stacks, shop) == [Transfer(tx_id, 0, "sbtc", payer, shop, 700, REFERENCE)]


async def test_a_transfer_in_a_call_of_a_call_counts(stacks: StacksUnderTest) -> None:
    shop = stacks.new_address()
    helper = await stacks.payer.deploy("helper", HELPER)
    await stacks.payer.call(helper, "pay-through", "u700", f"'{shop}", mode="allow")
    await stacks.payer.call(helper, "tip", "u900", f"'{shop}", mode="allow")

    await stacks.mine()

    seen = await seen_by(stacks, shop)
    assert [(one.asset, one.units, one.memo) for one in seen] == [
        ("sbtc", 700, "hi"),
        ("stx", 900, "tip"),
    ]


async def test_a_token_of_the_same_name_is_another_token(stacks: StacksUnderTest) -> None:
    shop = stacks.new_address()
    helper = await stacks.payer.deploy("sbtc-token", HELPER)
    await stacks.payer.call(helper, "pay-false", "u700", f"'{shop}", mode="allow")

    await stacks.mine()

    assert await seen_by(stacks, shop) == []


async def test_a_lookalike_is_seen_and_is_not_ours(stacks: StacksUnderTest) -> None:
    shop = stacks.new_address()
    args = ("u5", f"'{stacks.payer.address}", f"'{shop}", "none")
    await stacks.payer.call(stacks.contract("susdt"), "transfer", *args, mode="allow")

    await stacks.mine()

    [seen] = await seen_by(stacks, shop)
    assert seen.asset == f"unknown:{stacks.token('susdt')}"


async def test_what_failed_moved_nothing(stacks: StacksUnderTest) -> None:
    shop = stacks.new_address()
    helper = await stacks.payer.deploy("helper", HELPER)
    aborted = await stacks.payer.call(helper, "pay-and-refuse", "u7", f"'{shop}", mode="allow")
    # Deny mode without a condition: the call succeeds and is taken back.
    denied = await stacks.payer.call(helper, "pay-through", "u7", f"'{shop}", mode="deny")

    await stacks.mine()

    endings = [await stacks.chain.status_of(tx_id) for tx_id in (aborted, denied)]
    assert endings == ["abort_by_response", "abort_by_post_condition"]
    assert await seen_by(stacks, shop) == []


async def test_several_transfers_of_one_transaction_keep_their_own_memos(
    stacks: StacksUnderTest,
) -> None:
    shop, other = stacks.new_address(), stacks.new_address()
    payer = stacks.payer.address
    parts = [
        f"{{amount: u{units}, sender: '{payer}, to: '{to}, memo: {memo}}}"
        for units, to, memo in (
            (1, shop, "(some 0x6f6e65)"),
            (2, shop, "none"),
            (3, other, "(some 0x7468726565)"),
            (4, shop, "(some 0x666f7572)"),
        )
    ]
    many = f"(list {' '.join(parts)})"
    await stacks.payer.call(SBTC_TOKEN, "transfer-many", many, mode="allow")

    await stacks.mine()

    seen = await seen_by(stacks, shop)
    assert [(one.units, one.memo) for one in seen] == [(1, "one"), (2, None), (4, "four")]
    assert len({(one.tx_id, one.index) for one in seen}) == 3


async def test_more_events_than_fit_one_answer_are_all_read(stacks: StacksUnderTest) -> None:
    shop = stacks.new_address()
    payer = stacks.payer.address
    parts = [
        f"{{amount: u{units}, sender: '{payer}, to: '{shop}, memo: (some 0x6f6e65)}}"
        for units in range(1, 121)
    ]
    await stacks.payer.call(
        SBTC_TOKEN, "transfer-many", f"(list {' '.join(parts)})", mode="allow", fee=100_000
    )

    await stacks.mine()

    seen = await seen_by(stacks, shop)
    assert [one.units for one in seen] == list(range(1, 121))
    assert {one.memo for one in seen} == {"one"}


async def test_more_transactions_than_fit_one_answer_are_all_read(
    stacks: StacksUnderTest,
) -> None:
    shop = stacks.new_address()
    for filled in range(3):
        for units in range(1, 21):
            await stacks.pay(shop, units, asset="stx")
        if filled < 2:
            await stacks.mine()

    await stacks.mine()

    assert sum(one.units for one in await seen_by(stacks, shop)) == 3 * 210


async def test_a_contract_can_be_paid(stacks: StacksUnderTest) -> None:
    helper = await stacks.payer.deploy("helper", HELPER)
    await stacks.pay(helper, 700, asset="sbtc", memo="order 1")

    await stacks.mine()

    [seen] = await seen_by(stacks, stacks.addresses.parse(helper))
    assert (seen.units, seen.memo) == (700, "order 1")


async def test_minted_sbtc_is_no_transfer(stacks: StacksUnderTest) -> None:
    shop = stacks.new_address()

    await stacks.chain.pull("mint_sbtc", address=shop, sats=5_000)

    assert await seen_by(stacks, shop) == []


async def test_only_bitcoin_makes_a_block_final(stacks: StacksUnderTest) -> None:
    await stacks.burn()
    await stacks.mine(30)
    paid = (await stacks.reader.tip()).header.height

    before = (await stacks.reader.tip()).finalized_height
    await stacks.burn(BURN_DEPTH - 1)
    almost = (await stacks.reader.tip()).finalized_height
    await stacks.burn()
    after = (await stacks.reader.tip()).finalized_height

    assert before is not None
    assert almost is not None
    assert before < almost < paid
    assert after == paid


async def test_each_depth_under_bitcoin_has_its_height(stacks: StacksUnderTest) -> None:
    reader = stacks.reader_at(stacks.chain.url, burn_depths=(1, 4))
    await stacks.mine(2)
    heights = [(await reader.tip()).header.height]
    for _ in range(4):
        await stacks.burn()
        await stacks.mine()
        heights.append((await reader.tip()).header.height)

    tip = await reader.tip()

    # Under each burn block lie the blocks up to the newest one of the burn block before it.
    assert tip.anchored == {1: heights[-2], 4: heights[-5]}
    assert tip.finalized_height == heights[-1 - BURN_DEPTH]


async def test_a_network_without_enough_bitcoin_has_nothing_final(
    stacks: StacksUnderTest,
) -> None:
    reader = stacks.reader_at(stacks.chain.url, burn_depth=1_000)

    assert (await reader.tip()).finalized_height is None


async def test_a_waiting_payment_is_hinted_with_its_memo(stacks: StacksUnderTest) -> None:
    shop = stacks.new_address()
    sent = await stacks.pay(shop, 5, asset="stx", memo="one")
    called = await stacks.pay(shop, 700, asset="sbtc", memo="two")

    hints = [hint for hint in await stacks.reader.pending() if hint.recipient == shop]

    payer = stacks.payer.address
    assert sorted(hints, key=lambda hint: hint.units) == [
        Transfer(sent, 0, "stx", payer, shop, 5, "one"),
        Transfer(called, 0, "sbtc", payer, shop, 700, "two"),
    ]
    await stacks.mine()
    assert {(one.tx_id, one.index) for one in await seen_by(stacks, shop)} == {
        (one.tx_id, one.index) for one in hints
    }


async def test_another_network_is_refused(stacks: StacksUnderTest) -> None:
    await stacks.chain.pull("reset", network="mainnet")

    with pytest.raises(WrongNetwork) as refused:
        await stacks.reader.check()

    assert refused.value.code == "wrong_network"


async def test_a_token_that_counts_otherwise_is_refused(stacks: StacksUnderTest) -> None:
    await stacks.deploy_token("eight", decimals=8)
    for token, code in (
        (stacks.token("eight"), "token_decimals_wrong"),
        (f"{stacks.contract('usdc')}::usdd", "token_missing"),
        (f"{stacks.payer.address}.nothing::usdc", "token_missing"),
    ):
        reader = reader_of(stacks, token)

        with pytest.raises(WrongNetwork) as refused:
            await reader.check()

        assert refused.value.code == code


def reader_of(stacks: StacksUnderTest, token: str) -> StacksReader:
    """Return a reader that takes this token for USDC."""
    network = stacks_network(replace(stacks.facts, tokens={"usdc": token}, lookalikes=()))
    api = stacks.api_at(stacks.chain.url)
    return StacksReader(network, api, chain_id=CHAIN_ID, burn_depth=BURN_DEPTH)
