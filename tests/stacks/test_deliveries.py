"""What the chain posts by itself: the node's event observer, and Chainhook in both versions."""

import json
from collections.abc import AsyncIterator
from typing import Final

import pytest

from tests.stacks.chain import SBTC, SBTC_TOKEN, StacksChain
from tests.stacks.listener import Listener, listening
from tests.stacks.recorded import fields, recorded
from tests.stacks.wallets import Wallet

SBTC_IN: Final = {"scope": "ft_event", "asset_identifier": SBTC, "actions": ["transfer"]}


@pytest.fixture
async def listener(stacks: StacksChain) -> AsyncIterator[Listener]:
    """Return a server; what the chain posts to it ends with the test."""
    async with listening() as started:
        yield started
        await stacks.pull("reset")


async def test_an_observer_is_told_what_waits_and_what_is_mined(
    stacks: StacksChain, payer: Wallet, shop: Wallet, listener: Listener
) -> None:
    await stacks.pull("observers", url=listener.url)

    txid = await payer.pay_sbtc(shop.address, 7, memo="order 1")
    (mined,) = await stacks.mine()
    await stacks.pull("burn")

    posts = await listener.wait_for(4)
    assert [path for path, _, _ in posts] == [
        "/new_mempool_tx", "/new_block", "/new_burn_block", "/new_block",
    ]  # fmt: skip
    block = posts[1][2]
    assert posts[0][2] == [block["transactions"][0]["raw_tx"]]
    assert block["index_block_hash"] == mined["index_block_hash"]
    assert posts[3][2]["parent_index_block_hash"] == mined["index_block_hash"]
    assert block["transactions"][0]["status"] == "success"
    transfer, printed = block["events"]
    assert transfer == {
        "txid": txid,
        "event_index": 0,
        "committed": True,
        "type": "ft_transfer_event",
        "ft_transfer_event": {
            "asset_identifier": SBTC,
            "sender": payer.address,
            "recipient": shop.address,
            "amount": "7",
        },
    }
    assert printed["contract_event"]["raw_value"].endswith(b"order 1".hex())


async def test_a_block_has_every_field_of_a_recorded_one(
    stacks: StacksChain, payer: Wallet, shop: Wallet, listener: Listener
) -> None:
    real = recorded("samples_sbtc_events")["new_block_body"]
    await stacks.pull("observers", url=listener.url)

    await payer.pay_sbtc(shop.address, 7)
    await stacks.mine()

    (ours,) = await listener.bodies("/new_block", 1)
    assert fields(real) <= fields(ours)
    assert fields(real["transactions"][0]) <= fields(ours["transactions"][0])


async def test_an_observer_sees_a_fork_by_the_parent_alone(
    stacks: StacksChain, payer: Wallet, shop: Wallet, listener: Listener
) -> None:
    await stacks.pull("observers", url=listener.url)
    await payer.transfer(shop.address, 5)
    await stacks.mine()

    await stacks.pull("fork", depth=1)

    old, new, _ = await listener.bodies("/new_block", 3)
    assert new["block_height"] == old["block_height"]
    assert new["parent_index_block_hash"] == old["parent_index_block_hash"]
    assert new["index_block_hash"] != old["index_block_hash"]
    assert (old["events"], new["events"]) != ([], [])
    assert new["transactions"] == []


async def test_an_observer_is_told_what_is_dropped(
    stacks: StacksChain, payer: Wallet, shop: Wallet, listener: Listener
) -> None:
    await stacks.pull("observers", url=listener.url)
    old = await payer.transfer(shop.address, 5, nonce=0, fee=300)
    new = await payer.transfer(shop.address, 5, nonce=0, fee=400)
    await stacks.pull("drop", txid=new, reason="TooExpensive")

    told = await listener.bodies("/drop_mempool_tx", 2)

    assert told == [
        {"dropped_txids": [old], "reason": "ReplaceByFee", "new_txid": new},
        {"dropped_txids": [new], "reason": "TooExpensive", "new_txid": None},
    ]


@pytest.mark.parametrize("undone", [False, True])
async def test_older_nodes_also_tell_what_was_undone(
    stacks: StacksChain, payer: Wallet, shop: Wallet, listener: Listener, *, undone: bool
) -> None:
    await stacks.pull("observers", url=listener.url, undone=undone)
    await payer.pay_sbtc(shop.address, 7, mode="deny")
    await stacks.mine()

    (block,) = await listener.bodies("/new_block", 1)

    assert block["transactions"][0]["status"] == "abort_by_post_condition"
    assert [event["committed"] for event in block["events"]] == ([False] if undone else [])


async def test_an_event_counts_through_the_block_for_an_observer_and_in_its_transaction_for_the_api(
    stacks: StacksChain, payer: Wallet, shop: Wallet, listener: Listener
) -> None:
    await stacks.pull("observers", url=listener.url)
    await payer.pay_sbtc(shop.address, 7, memo="a")
    second = await payer.pay_sbtc(shop.address, 8)
    await stacks.mine()

    (block,) = await listener.bodies("/new_block", 1)

    assert [one["event_index"] for one in block["events"]] == [0, 1, 2]
    assert [one["event_index"] for one in await payer.events_of(second)] == [0]


async def test_a_delivery_that_fails_is_tried_again_in_order(
    stacks: StacksChain, listener: Listener
) -> None:
    listener.failing = 3
    await stacks.pull("observers", url=listener.url)

    await stacks.mine(3)

    blocks = await listener.bodies("/new_block", 3)
    heights = [block["block_height"] for block in blocks]
    assert heights == sorted(heights)
    (state,) = await stacks.get("/sim/deliveries")
    assert (state["pending"], state["failed"]) == (0, 0)


async def test_a_version_1_hook_is_told_of_what_it_asked_for(
    stacks: StacksChain, payer: Wallet, shop: Wallet, listener: Listener
) -> None:
    await stacks.pull(
        "chainhooks", version=1, url=f"{listener.url}/v1", predicate=SBTC_IN,
        authorization="Bearer secret",
    )  # fmt: skip
    await payer.transfer(shop.address, 5)
    txid = await payer.pay_sbtc(shop.address, 7)
    (mined,) = await stacks.mine()

    ((path, headers, body),) = await listener.wait_for(1)

    assert (path, headers["authorization"]) == ("/v1", "Bearer secret")
    (block,) = body["apply"]
    assert body["rollback"] == []
    assert block["block_identifier"]["hash"] == mined["index_block_hash"]
    (transaction,) = block["transactions"]
    assert transaction["transaction_identifier"]["hash"] == txid
    assert transaction["metadata"]["success"] is True
    event = transaction["metadata"]["receipt"]["events"][0]
    assert event["type"] == "FTTransferEvent"
    assert event["data"]["recipient"] == shop.address
    debit, credit = transaction["operations"]
    assert [debit["type"], credit["type"]] == ["DEBIT", "CREDIT"]


async def test_a_version_1_hook_can_tell_of_what_was_undone_as_the_real_one_did(
    stacks: StacksChain, payer: Wallet, shop: Wallet, listener: Listener
) -> None:
    real = recorded("samples_chainhook_v1")["samples"][1]["body"]
    predicate = {"scope": "contract_call", "contract_identifier": SBTC_TOKEN, "method": "transfer"}
    await stacks.pull("chainhooks", version=1, url=listener.url, predicate=predicate, undone=True)
    await payer.pay_sbtc(shop.address, 7, mode="deny")
    await stacks.mine()

    ((_, _, body),) = await listener.wait_for(1)

    ours = body["apply"][0]["transactions"][0]
    theirs = real["apply"][0]["transactions"][0]
    assert fields(theirs) - {"metadata.kind.data.args"} <= fields(ours)
    for transaction in (ours, theirs):
        assert transaction["metadata"]["success"] is False
        assert transaction["metadata"]["result"] == "(ok true)"
        assert transaction["metadata"]["receipt"]["events"] != []
        assert {one["status"] for one in transaction["operations"]} == {"SUCCESS"}


async def test_a_hook_of_2_0_is_told_and_told_back(
    stacks: StacksChain, payer: Wallet, shop: Wallet, listener: Listener
) -> None:
    receiver = {"type": "ft_transfer", "asset_identifier": SBTC, "receiver": shop.address}
    await stacks.pull(
        "chainhooks", version=2, url=listener.url, secret="quiet",
        filters={"events": [receiver]}, options={"decode_clarity_values": True},
    )  # fmt: skip
    txid = await payer.pay_sbtc(shop.address, 7)
    await stacks.mine()
    await stacks.pull("fork", depth=1)
    await stacks.mine()

    posts = await listener.wait_for(3)

    told = [body["event"] for _, _, body in posts]
    assert [(len(one["apply"]), len(one["rollback"])) for one in told] == [(1, 0), (0, 1), (1, 0)]
    assert told[0]["apply"] == told[1]["rollback"]
    first, again = told[0]["apply"][0], told[2]["apply"][0]
    assert first["transactions"][0]["transaction_identifier"] == {"hash": txid}
    assert again["transactions"][0]["transaction_identifier"] == {"hash": txid}
    assert first["block_identifier"] != again["block_identifier"]
    _, headers, body = posts[0]
    assert headers["authorization"] == "Bearer quiet"
    assert headers["x-chainhook-consumer-secret"] == "quiet"
    assert body["chainhook"]["uuid"]


async def test_a_payload_of_2_0_has_every_field_of_the_documented_one(
    stacks: StacksChain, payer: Wallet, shop: Wallet, listener: Listener
) -> None:
    real = recorded("samples_chainhook_v2")["samples"][0]["body"]
    filters = {"events": [{"type": "ft_event", "asset_identifier": SBTC}]}
    await stacks.pull("chainhooks", version=2, url=listener.url, filters=filters)
    await payer.pay_sbtc(shop.address, 7, memo="a")
    await stacks.mine()

    ((_, _, body),) = await listener.wait_for(1)

    assert fields(real) == fields(body)
    theirs, ours = (one["event"]["apply"][0]["transactions"][0] for one in (real, body))
    assert fields(theirs) <= fields(ours)
    assert [one["type"] for one in ours["operations"]] == [
        one["type"] for one in theirs["operations"]
    ]
    for their_operation, our_operation in zip(
        theirs["operations"], ours["operations"], strict=True
    ):
        assert fields(their_operation) <= fields(our_operation)


async def test_hooks_of_2_0_are_registered_as_hiro_has_it(
    stacks: StacksChain, payer: Wallet, shop: Wallet, listener: Listener
) -> None:
    definition = dict(recorded("samples_chainhook_v2")["definitions"]["stx_incoming"])
    definition["filters"] = {"events": [{"type": "stx_transfer", "receiver": shop.address}]}
    definition["action"] = {"type": "http_post", "url": listener.url}
    told = json.dumps(definition).encode()

    answer = await stacks.post("/chainhooks/v1/me/", told, kind="application/json")

    registered = json.loads(answer.body)
    assert registered["definition"] == definition
    listed = await stacks.get("/chainhooks/me/")
    assert [one["uuid"] for one in listed["results"]] == [registered["uuid"]]
    await payer.transfer(shop.address, 5, memo="hi")
    await stacks.mine()
    ((_, _, body),) = await listener.wait_for(1)
    assert body["chainhook"] == {"name": definition["name"], "uuid": registered["uuid"]}
