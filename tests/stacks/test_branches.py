"""Blocks and branches: ids, parents, Bitcoin beneath them, forks, and what is forgotten."""

import itertools
from typing import Any

import pytest

from tests.stacks.chain import SBTC, LeverError, StacksChain
from tests.stacks.wallets import Wallet


async def all_blocks(chain: StacksChain) -> list[Any]:
    """Return every block, lowest first."""
    tip = await chain.get("/extended/v2/blocks/latest")
    return [await chain.get(f"/extended/v2/blocks/{height}") for height in range(tip["height"] + 1)]


async def test_every_block_names_the_one_before(stacks: StacksChain) -> None:
    await stacks.mine(2)
    await stacks.pull("burn")
    await stacks.mine(2)

    blocks = await all_blocks(stacks)

    assert [block["height"] for block in blocks] == list(range(len(blocks)))
    for below, above in itertools.pairwise(blocks):
        assert above["parent_block_hash"] == below["hash"]
        assert above["parent_index_block_hash"] == below["index_block_hash"]
        assert above["block_time"] > below["block_time"]
        assert above["burn_block_time"] <= above["block_time"]


async def test_several_stacks_blocks_stand_on_one_bitcoin_block(stacks: StacksChain) -> None:
    told = await stacks.pull("burn")
    await stacks.mine(3)

    burn = await stacks.get(f"/extended/v2/burn-blocks/{told['burn_height']}")

    tip = await stacks.get("/extended/v2/blocks/latest")
    assert len(burn["stacks_blocks"]) == 4
    assert burn["stacks_blocks"][0] == tip["hash"]
    assert tip["burn_block_hash"] == burn["burn_block_hash"]
    info = await stacks.get("/v2/info")
    assert info["burn_block_height"] == told["burn_height"]
    assert f"0x{info['stacks_tip']}" == tip["hash"]


async def test_contracts_see_the_heights_and_times_that_the_api_shows(
    stacks: StacksChain, payer: Wallet
) -> None:
    source = (
        "(define-public (look) (ok (print {h: stacks-block-height, b: burn-block-height,"
        " t: stacks-block-time})))"
    )
    clock = await payer.deploy("clock", source, clarity=4)
    await stacks.pull("burn", count=3)

    txid = await payer.call(clock, "look")
    block = (await payer.mined(txid))["block"]

    tip = await stacks.get("/v2/info")
    (printed,) = await payer.events_of(txid)
    seen = f"(tuple (b u{tip['burn_block_height']}) (h u{block['height']}) (t u{block['time']}))"
    assert printed["contract_log"]["value"]["repr"] == seen


async def test_the_same_story_gives_the_same_ids(stacks: StacksChain, payer: Wallet) -> None:
    async def story() -> list[Any]:
        await stacks.pull("reset", time=1_800_000_000, stx={payer.address: "100000"})
        await payer.transfer("ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG", 5)
        await stacks.mine(2)
        await stacks.pull("burn")
        return await all_blocks(stacks)

    first, second = await story(), await story()

    assert first == second
    assert first[0]["block_time"] == 1_800_000_000


async def test_time_passes_when_told_to(stacks: StacksChain) -> None:
    before = await stacks.get("/sim/stats")

    after = await stacks.pull("time", seconds=86_400)

    assert after["time"] - before["time"] == 86_400
    assert after["burn_height"] - before["burn_height"] == 144


async def test_a_fork_gives_other_ids_and_returns_what_was_mined(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    txid = await payer.pay_sbtc(shop.address, 7)
    await stacks.mine(3)
    before = await all_blocks(stacks)

    told = await stacks.pull("fork", depth=3)

    after = await all_blocks(stacks)
    assert len(after) == len(before) + 1
    assert after[:-4] == before[:-3]
    assert {block["hash"] for block in after[-4:]}.isdisjoint(block["hash"] for block in before)
    assert after[-4]["parent_index_block_hash"] == before[-4]["index_block_hash"]
    assert [block["height"] for block in told["removed"]] == [
        block["height"] for block in before[-3:]
    ]
    assert await stacks.status_of(txid) == "pending"
    assert await stacks.get(f"/extended/v3/principals/{shop.address}/balances/ft/{SBTC}") == {
        "asset_identifier": SBTC,
        "balance": "0",
    }


async def test_empty_blocks_of_a_fork_have_other_ids_too(stacks: StacksChain) -> None:
    old = await stacks.mine(2)

    new = (await stacks.pull("fork", depth=2))["blocks"]

    for before, after in zip(old, new, strict=False):
        assert before["height"] == after["height"]
        assert before["hash"] != after["hash"]
        assert before["index_block_hash"] != after["index_block_hash"]


async def test_what_a_fork_returns_is_mined_in_another_block(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    first = await payer.pay_sbtc(shop.address, 7)
    second = await payer.transfer(shop.address, 5)
    (old,) = await stacks.mine()

    await stacks.pull("fork", depth=1)
    (new,) = await stacks.mine()

    assert [one["txid"] for one in new["txs"]] == [first, second]
    assert new["index_block_hash"] != old["index_block_hash"]
    for hash_ in (old["hash"], old["index_block_hash"]):
        assert (await stacks.fetch(f"/extended/v2/blocks/{hash_}")).status == 404
        assert (await stacks.get(f"/extended/v1/block/{hash_}"))["canonical"] is False


async def test_a_fork_can_drop_what_was_mined(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    kept = await payer.transfer(shop.address, 5)
    dropped = await payer.pay_sbtc(shop.address, 7)
    await stacks.mine()

    await stacks.pull("fork", depth=1, drop=[dropped])
    await stacks.mine()

    assert await stacks.status_of(kept) == "success"
    assert await stacks.status_of(dropped) is None
    assert (await stacks.get(f"/v2/accounts/{payer.address}"))["nonce"] == 1


async def test_a_fork_that_drops_all_frees_the_nonces_for_other_payments(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    await payer.pay_sbtc(shop.address, 7)
    await stacks.mine()

    await stacks.pull("fork", depth=1, drop="all")
    elsewhere = await payer.pay_sbtc("ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG", 7, nonce=0)
    await stacks.mine()

    assert await stacks.status_of(elsewhere) == "success"
    paid = await stacks.get(f"/extended/v3/principals/{shop.address}/transactions")
    assert paid["results"] == []


@pytest.mark.parametrize("bitcoin", [False, True])
async def test_bitcoin_forks_only_if_told_to(stacks: StacksChain, *, bitcoin: bool) -> None:
    await stacks.mine()
    await stacks.pull("burn")
    await stacks.mine()
    before = await stacks.get("/extended/v2/blocks/latest")

    await stacks.pull("fork", depth=3, bitcoin=bitcoin)

    after = await stacks.get("/extended/v2/blocks/latest")
    assert after["burn_block_height"] == before["burn_block_height"]
    assert (after["burn_block_hash"] != before["burn_block_hash"]) is bitcoin


async def test_contracts_and_their_state_go_with_their_block(
    stacks: StacksChain, payer: Wallet
) -> None:
    source = "(define-data-var n uint u0) (define-public (up) (ok (var-set n (+ (var-get n) u1))))"
    counter = await payer.deploy("counter", source)
    await payer.call(counter, "up")
    await stacks.mine()
    await payer.call(counter, "up")
    await stacks.mine()
    where = f"/v2/data_var/{counter.replace('.', '/')}/n"
    assert (await stacks.get(where))["data"] == f"0x01{2:032x}"

    await stacks.pull("fork", depth=1, drop="all")
    assert (await stacks.get(where))["data"] == f"0x01{1:032x}"

    await stacks.pull("fork", depth=4, drop="all")
    assert (await stacks.fetch(where)).status == 404


async def test_no_fork_goes_below_the_first_block(stacks: StacksChain) -> None:
    with pytest.raises(LeverError, match="below the first"):
        await stacks.pull("fork", depth=1)


async def test_a_dropped_transaction_says_why(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    reasons = {
        "TooExpensive": "dropped_too_expensive",
        "Problematic": "dropped_problematic",
        "ReplaceAcrossFork": "dropped_replace_across_fork",
        "StaleGarbageCollect": "dropped_stale_garbage_collect",
        None: None,
    }
    for reason, status in reasons.items():
        txid = await payer.transfer(shop.address, 5, memo=str(reason))

        await stacks.pull("drop", txid=txid, reason=reason)

        assert await stacks.status_of(txid) == status


async def test_what_waits_for_256_bitcoin_blocks_is_collected(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    txid = await payer.transfer(shop.address, 5, nonce=3)
    await stacks.pull("burn", count=256)
    assert await stacks.status_of(txid) == "pending"

    await stacks.pull("burn", count=1)

    assert await stacks.status_of(txid) == "dropped_stale_garbage_collect"


async def test_a_transfer_with_post_conditions_is_never_mined(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    conditions = [{"who": "origin", "code": "eq", "amount": "5"}]
    txid = await stacks.send(
        await payer.signed(
            "transfer", recipient=shop.address, amount="5", conditions=conditions, mode="deny"
        )
    )
    await stacks.mine()

    assert await stacks.status_of(txid) == "dropped_problematic"


async def test_a_stalled_chain_adds_nothing_until_it_goes_on(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    txid = await payer.transfer(shop.address, 5)
    await stacks.pull("stall")
    before = await stacks.get("/v2/info")

    assert await stacks.mine(3) == []
    assert await stacks.get("/v2/info") == before
    assert await stacks.status_of(txid) == "pending"

    await stacks.pull("stall", on=False)
    await stacks.mine()

    assert await stacks.status_of(txid) == "success"


async def test_only_what_is_named_is_mined(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    first = await payer.transfer(shop.address, 5)
    second = await payer.transfer(shop.address, 6)

    await stacks.pull("mine", only=[first])

    assert await stacks.status_of(first) == "success"
    assert await stacks.status_of(second) == "pending"
