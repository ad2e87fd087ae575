"""Deliveries of Chainhook: they wake, and change nothing, whatever they say and whoever sends."""

import asyncio
import http.client
import json
import time
from typing import Any, Final

from tests.house import House, until
from tests.integration.stacks.conftest import NETWORK, SECRET, Shop, due
from tests.stacks.chain import SBTC, SBTC_TOKEN
from tests.stacks.recorded import recorded

PATH: Final = f"/hooks/{NETWORK}"
GOOD: Final = {"Authorization": f"Bearer {SECRET}"}
# Within this time only a wake explains a look: the loop's own pace is 5 s.
SOON_S: Final = 3.0


def post(house: House, body: object, headers: dict[str, str] = GOOD, path: str = PATH) -> int:
    """Post a body and return the status."""
    wire = http.client.HTTPConnection("127.0.0.1", house.settings.port, timeout=15)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        wire.request("POST", path, content, {"Content-Type": "application/json", **headers})
        return wire.getresponse().status
    finally:
        wire.close()


def v2(height: int, *, network: str = "testnet", tx: str = "0x" + "01" * 32) -> dict[str, Any]:
    """Return a delivery that says one transaction was mined at a height."""
    metadata = {"status": "success", "canonical": True}
    transaction = {"transaction_identifier": {"hash": tx}, "metadata": metadata, "operations": []}
    block = {
        "block_identifier": {"index": height, "hash": "0x" + "02" * 32},
        "transactions": [transaction],
    }
    event = {"apply": [block], "rollback": [], "chain": "stacks", "network": network}
    return {"event": event, "chainhook": {"name": "n", "uuid": "u"}}


def books(house: House) -> list[tuple[Any, ...]]:
    """Return everything that a delivery must not change."""
    return house.sql(
        "SELECT (SELECT count(*) FROM transfers), (SELECT count(*) FROM facts),"
        " (SELECT count(*) FROM blocks), (SELECT max(height) FROM chains)"
    )


async def looks(shop: Shop) -> int:
    """Return how often the provider was asked for its tip."""
    asked = await shop.chain.get("/sim/requests")
    return sum(one == "GET /extended/v2/blocks/latest" for one in asked)


async def settled(shop: Shop) -> int:
    """Wait until the loop has just gone to rest, and return how often it had looked."""
    await shop.caught_up()
    count, since = await looks(shop), time.monotonic()
    while time.monotonic() - since < 1:
        await asyncio.sleep(0.05)
        if (now := await looks(shop)) != count:
            count, since = now, time.monotonic()
    assert await looked_again(shop, count, within_s=8), "the loop looks at its own pace"
    return await looks(shop)


async def looked_again(shop: Shop, before: int, *, within_s: float = SOON_S) -> bool:
    """Say whether somebody looks soon."""
    until_s = time.monotonic() + within_s
    while time.monotonic() < until_s:
        if await looks(shop) > before:
            return True
        await asyncio.sleep(0.05)
    return False


async def test_a_delivery_wakes_whoever_follows(shop: Shop) -> None:
    before = await settled(shop)

    assert post(shop.house, v2(5)) == 200

    assert await looked_again(shop, before)


async def test_who_does_not_know_the_secret_is_not_heard(shop: Shop) -> None:
    before = await settled(shop)
    held = books(shop.house)
    strangers: list[dict[str, str]] = [
        {},
        {"Authorization": "Bearer another secret of this length ..."},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {SECRET}x"},
        {"x-chainhook-consumer-secret": "nothing"},
    ]

    assert [post(shop.house, v2(5), headers) for headers in strangers] == [401] * 5

    assert not await looked_again(shop, before)
    assert books(shop.house) == held


def test_either_header_will_do(shop: Shop) -> None:
    for headers in (
        {"authorization": SECRET},
        {"authorization": f"bearer {SECRET}"},
        {"X-Chainhook-Consumer-Secret": SECRET},
    ):
        assert post(shop.house, v2(5), headers) == 200


def test_a_network_without_a_hook_takes_none(shop: Shop) -> None:
    for name in ("sandbox", "nowhere"):
        assert post(shop.house, v2(5), path=f"/hooks/{name}") == 401


def test_what_is_no_delivery_is_refused(shop: Shop) -> None:
    bodies: list[object] = [
        b"",
        b"[]",
        b"{}",
        b"{",
        b"\xff" * 100,
        {"event": {}},
        {"apply": 3, "rollback": []},
    ]

    assert [post(shop.house, body) for body in bodies] == [400] * 7


def test_a_delivery_of_another_network_is_refused(shop: Shop) -> None:
    assert post(shop.house, v2(5, network="mainnet")) == 400


async def test_the_same_delivery_wakes_once(shop: Shop) -> None:
    assert post(shop.house, v2(5)) == 200
    before = await settled(shop)

    assert [post(shop.house, v2(5)) for _ in range(5)] == [200] * 5

    assert not await looked_again(shop, before)


async def test_a_forged_payment_with_the_right_secret_pays_nothing(shop: Shop) -> None:
    intent = shop.asks("memo")
    _, units, memo = due(intent)
    forged = v2(5)
    forged["event"]["apply"][0]["transactions"][0]["operations"] = [
        {
            "type": "token_transfer",
            "status": "success",
            "account": {"address": shop.wallet.address},
            "amount": {
                "value": str(units),
                "currency": {"metadata": {"token_type": "ft", "asset_identifier": SBTC}},
            },
            "metadata": {"memo": memo},
        }
    ]

    assert post(shop.house, forged) == 200
    await settled(shop)

    assert shop.house.sql("SELECT count(*) FROM transfers")[0][0] == 0
    still = shop.api.get(f"/v1/payment_intents/{intent['id']}")
    assert still["status"] == "requires_action"


async def test_real_deliveries_change_nothing_twice_and_out_of_order(shop: Shop) -> None:
    bodies = [one["body"] for one in recorded("samples_chainhook_v1")["samples"]]
    foreign = [one["body"] for one in recorded("samples_chainhook_v2")["samples"]]
    await settled(shop)
    held = books(shop.house)

    answers = [post(shop.house, body) for body in (*bodies, *reversed(bodies), *bodies)]
    refused = [post(shop.house, body) for body in foreign]

    assert set(answers) == {200}
    assert set(refused) == {400}, "they are of mainnet"
    await settled(shop)
    assert books(shop.house) == held


async def test_hosted_deliveries_of_ours_change_nothing_twice_and_out_of_order(shop: Shop) -> None:
    """The same samples as if they were of this network: applied, rolled back and both."""
    samples = recorded("samples_chainhook_v2")["samples"]
    assert {one["name"] for one in samples} == {
        "apply_ft_transfer",
        "rollback_only",
        "reorg_same_tx_new_block",
    }
    bodies = [one["body"] for one in samples]
    for body in bodies:
        body["event"]["network"] = "testnet"
    await settled(shop)
    held = books(shop.house)

    answers = [post(shop.house, body) for body in (*bodies, *reversed(bodies), *bodies)]

    assert set(answers) == {200}
    await settled(shop)
    assert books(shop.house) == held


async def test_a_hook_on_the_chain_brings_a_payment_at_once(shop: Shop) -> None:
    url = f"{shop.house.url}{PATH}"
    filters = {"events": [{"type": "ft_transfer", "asset_identifier": SBTC}]}
    await shop.chain.pull("chainhooks", version=2, url=url, filters=filters, secret=SECRET)
    intent = shop.asks("memo")
    address, units, memo = due(intent)
    await shop.payer.pay_sbtc(address, units, memo=memo)
    await settled(shop)

    start = time.monotonic()
    await shop.chain.mine()
    shop.api.sees(intent["id"], "processing")

    assert time.monotonic() - start < SOON_S
    await asyncio.sleep(0.5)  # our answer is on its way to whoever counts it
    [told] = await shop.chain.get("/sim/deliveries")
    assert (told["delivered"], told["failed"]) == (1, 0)


async def test_a_hook_of_version_1_tells_of_a_fork(shop: Shop) -> None:
    url = f"{shop.house.url}{PATH}"
    predicate = {"scope": "contract_call", "contract_identifier": SBTC_TOKEN, "method": "transfer"}
    await shop.chain.pull(
        "chainhooks",
        version=1,
        url=url,
        predicate=predicate,
        authorization=f"Bearer {SECRET}",
    )
    intent = shop.asks("memo")
    address, units, memo = due(intent)
    await shop.payer.pay_sbtc(address, units, memo=memo)
    await shop.chain.mine()
    shop.api.sees(intent["id"], "processing")

    await shop.chain.pull("fork", depth=1)
    shop.api.sees(intent["id"], "requires_action")
    await shop.chain.mine()

    shop.api.sees(intent["id"], "processing")


async def test_without_any_delivery_the_payment_is_found_all_the_same(shop: Shop) -> None:
    intent = shop.asks("memo")
    address, units, memo = due(intent)
    await shop.payer.pay_sbtc(address, units, memo=memo)

    await shop.chain.mine()

    until(
        lambda: shop.api.get(f"/v1/payment_intents/{intent['id']}")["status"] == "processing",
        "the loop finds it at its own pace",
    )
