"""What a provider does to its client: limits, faults, delays, stale and false answers."""

import asyncio
import json
import time

import pytest

from sluice.base.egress import EgressError
from tests.stacks.chain import Refused, StacksChain
from tests.stacks.wallets import Wallet


async def test_each_provider_has_troubles_of_its_own(stacks: StacksChain) -> None:
    await stacks.pull(
        "trouble", rules=[{"provider": "a", "kind": "status", "status": 503, "path": "/v2/info"}]
    )

    assert (await stacks.provider("a").fetch("/v2/info")).status == 503
    assert (await stacks.provider("a").fetch("/extended")).status == 200
    assert (await stacks.provider("b").fetch("/v2/info")).status == 200
    asked = await stacks.get("/sim/requests?provider=a")
    assert asked == ["GET /v2/info", "GET /extended"]


async def test_a_trouble_ends_after_its_times_or_when_calmed(stacks: StacksChain) -> None:
    await stacks.pull("trouble", rules=[{"kind": "status", "status": 500, "times": 2}])
    assert [(await stacks.fetch("/extended")).status for _ in range(3)] == [500, 500, 200]

    await stacks.pull("trouble", rules=[{"kind": "status", "status": 500}])
    assert (await stacks.fetch("/extended")).status == 500
    await stacks.pull("calm")
    assert (await stacks.fetch("/extended")).status == 200


async def test_a_limit_is_told_and_kept(stacks: StacksChain) -> None:
    await stacks.pull("rate", provider="a", limit=2, window_s=60)
    provider = stacks.provider("a")

    answers = [await provider.fetch("/extended") for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers[:2]] == ["1", "0"]
    assert 0 < int(answers[2].headers["retry-after"]) <= 60


async def test_a_limit_can_be_met_without_using_it_up(stacks: StacksChain) -> None:
    await stacks.pull("trouble", rules=[{"kind": "limited", "retry_after_s": 7, "times": 1}])

    answer = await stacks.fetch("/extended")

    assert (answer.status, answer.headers["retry-after"]) == (429, "7")


async def test_a_slow_provider_answers_in_the_end(stacks: StacksChain) -> None:
    await stacks.pull("trouble", rules=[{"kind": "slow", "delay_ms": 200}])
    start = time.monotonic()

    answer = await stacks.fetch("/extended")

    assert answer.status == 200
    assert time.monotonic() - start >= 0.2


async def test_a_provider_can_hang_up(stacks: StacksChain) -> None:
    await stacks.pull("trouble", rules=[{"kind": "hangup"}])

    with pytest.raises(EgressError):
        await stacks.fetch("/extended")


async def test_a_broadcast_can_be_taken_without_an_answer(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    raw = await payer.signed("transfer", recipient=shop.address, amount="5")
    await stacks.pull(
        "trouble", rules=[{"kind": "swallow", "path": "^/v2/transactions$", "times": 1}]
    )

    with pytest.raises(EgressError):
        await stacks.send(raw)

    assert (await stacks.get("/sim/stats"))["mempool"] == 1


async def test_a_node_can_refuse_for_any_of_its_reasons(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    raw = await payer.signed("transfer", recipient=shop.address, amount="5")
    rule = {"kind": "reject", "reason": "EstimatorError", "reason_data": {"message": "no rate"}}
    await stacks.pull("trouble", rules=[{**rule, "path": "^/v2/transactions$", "times": 1}])

    with pytest.raises(Refused) as refused:
        await stacks.send(raw)

    txid = await stacks.send(raw)
    assert refused.value.body == {
        "error": "transaction rejected",
        "reason": "EstimatorError",
        "reason_data": {"message": "no rate"},
        "txid": txid.removeprefix("0x"),
    }


async def test_a_provider_can_answer_with_a_page(stacks: StacksChain) -> None:
    await stacks.pull("trouble", rules=[{"kind": "garbage", "times": 1}])

    answer = await stacks.fetch("/extended")

    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.body)


async def test_a_stale_provider_knows_an_earlier_tip(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    txid = await payer.pay_sbtc(shop.address, 7)
    (block,) = await stacks.mine()
    await stacks.pull("trouble", rules=[{"provider": "a", "kind": "stale", "behind": 1}])
    stale = stacks.provider("a")

    assert (await stale.get("/extended/v2/blocks/latest"))["height"] == block["height"] - 1
    assert await stale.status_of(txid) is None
    assert (await stale.get(f"/v2/accounts/{payer.address}"))["nonce"] == 0
    assert await stacks.status_of(txid) == "success"


async def test_a_lying_provider_says_what_it_is_told_to(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    txid = await payer.pay_sbtc(shop.address, 7, mode="deny")
    await stacks.mine()
    told = {"status": "success", "block.index_hash": "0xabab"}
    await stacks.pull("trouble", rules=[{"provider": "a", "kind": "lie", "set": told}])

    shown = await stacks.provider("a").get(f"/extended/v3/transactions/{txid}")

    assert (shown["status"], shown["block"]["index_hash"]) == ("success", "0xabab")
    assert await stacks.status_of(txid) == "abort_by_post_condition"


async def test_a_lie_reaches_into_lists(stacks: StacksChain, payer: Wallet, shop: Wallet) -> None:
    txid = await payer.pay_sbtc(shop.address, 7)
    await stacks.mine()
    told = {"results.*.ft_asset.amount": "7000"}
    await stacks.pull("trouble", rules=[{"kind": "lie", "path": "/events$", "set": told}])

    transfer = (await payer.events_of(txid))[0]

    assert transfer["ft_asset"]["amount"] == "7000"


async def test_old_paths_warn_and_can_be_gone(stacks: StacksChain) -> None:
    path = "/extended/v1/block/by_height/0"
    assert (await stacks.fetch(path)).headers["warning"].startswith("299")

    await stacks.pull("deprecated", gone=True)

    assert (await stacks.fetch(path)).status == 410
    assert (await stacks.fetch("/extended/v2/blocks/0")).status == 200


async def test_an_unchanged_answer_is_not_sent_again(stacks: StacksChain) -> None:
    first = await stacks.fetch("/extended")

    again = await stacks.egress.get(
        f"{stacks.url}/extended", headers={"If-None-Match": first.headers["etag"]}
    )

    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/extended/v2/blocks?limit=31", "/extended/v3/transactions?limit=51"]
)
async def test_a_page_beyond_the_limit_is_refused(stacks: StacksChain, path: str) -> None:
    assert (await stacks.fetch(path)).status == 400


async def test_pages_of_a_history_follow_each_other(
    stacks: StacksChain, payer: Wallet, shop: Wallet
) -> None:
    sent = [await payer.transfer(shop.address, number, nonce=number - 1) for number in range(1, 8)]
    await stacks.mine()
    path = f"/extended/v3/principals/{shop.address}/transactions?limit=3"

    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await stacks.get(f"{path}&cursor={cursor}" if cursor else path)
        seen += [one["transaction"]["tx_id"] for one in page["results"]]
        assert page["total"] == 7
        cursor = page["cursor"]["next"]

    assert seen == sent[::-1]
    gone = await stacks.fetch(f"{path}&cursor=999:2147483647:0")
    assert gone.status == 404


async def test_a_path_that_is_none_is_answered(stacks: StacksChain) -> None:
    assert (await stacks.fetch("/extended/v3/nothing")).status == 404
    assert (await stacks.post("/sim/mine", b"{")).status == 422
    assert (await stacks.fetch("/extended/v3/transactions/0x00")).status == 404


async def test_a_demo_mines_by_itself(stacks: StacksChain, payer: Wallet, shop: Wallet) -> None:
    txid = await payer.transfer(shop.address, 5)

    await stacks.pull("auto", stacks_ms=20, per_burn=3)
    for _ in range(200):
        if await stacks.status_of(txid) == "success":
            break
        await asyncio.sleep(0.05)
    await stacks.pull("auto", stacks_ms=0)

    assert await stacks.status_of(txid) == "success"
    before = await stacks.get("/extended/v2/blocks/latest")
    await asyncio.sleep(0.1)
    assert await stacks.get("/extended/v2/blocks/latest") == before
