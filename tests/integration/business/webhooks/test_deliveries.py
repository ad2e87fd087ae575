"""Telling endpoints: durable, two at a time, on a timetable, and not for ever."""

import asyncio
import dataclasses
import datetime as dt
import hashlib
from itertools import pairwise

import pytest
from standardwebhooks.webhooks import Webhook

from sluice.base.errors import NotFound
from sluice.business.accounts.merchants.edit import as_merchant
from sluice.business.webhooks.deliveries.deliver import deliver_once, serve_lane, take_lanes
from sluice.business.webhooks.deliveries.queue import resend
from sluice.business.webhooks.deliveries.retry import PROFILES
from sluice.business.webhooks.endpoints.edit import (
    delete_endpoint,
    roll_secret,
    update_endpoint,
)
from sluice.business.webhooks.endpoints.find import find_endpoint, lock_endpoint
from sluice.business.webhooks.events.find import events_after, events_between, find_event
from tests.house import until
from tests.integration.business.webhooks.shop import Shop
from tests.receiver import Receiver

DAY_S = 86_400


@pytest.fixture
def path(request: pytest.FixtureRequest) -> str:
    """Return where this test listens, and no other does."""
    return f"/{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]}"


async def next_at(shop: Shop) -> dt.datetime:
    [row] = await shop.sql("SELECT next_at FROM deliveries WHERE state = 'pending'")
    at: dt.datetime = row["next_at"]
    return at


async def status_of(shop: Shop, endpoint_id: str) -> str:
    [row] = await shop.sql("SELECT status FROM webhook_endpoints WHERE id = $1", endpoint_id)
    return str(row["status"])


async def test_what_happens_is_told_once_and_in_order(
    shop: Shop, receiver: Receiver, path: str
) -> None:
    await shop.listens(receiver.url + path, "customer.created")

    await shop.happens(3)
    made = await shop.tells_all()

    told = receiver.events(path)
    assert (made, await shop.tells()) == (3, 0)
    assert sorted(event["sequence"] for event in told) == [1, 2, 3]
    assert list(await shop.states()) == ["delivered"] * 3


async def test_only_what_was_asked_for_is_told(shop: Shop, receiver: Receiver, path: str) -> None:
    await shop.listens(receiver.url + path, "customer.deleted", "charge.succeeded")

    await shop.happens()
    made = await shop.tells_all()

    assert (made, receiver.at(path)) == (0, [])


@pytest.mark.parametrize("name", PROFILES)
async def test_a_failing_endpoint_is_tried_on_its_timetable_and_then_given_up(
    shop: Shop, receiver: Receiver, path: str, name: str
) -> None:
    profile = PROFILES[name]
    receiver.statuses[path] = 503
    await shop.listens(receiver.url + path, profile=name)
    await shop.happens()

    tried = []
    while await shop.tells() == 1:
        tried.append(shop.clock.now())
        if (await shop.states())[0] != "pending":
            break
        due = await next_at(shop)
        shop.clock.advance((due - shop.clock.now()).total_seconds() - 0.5)
        assert await shop.tells() == 0, "not a moment earlier"
        shop.clock.advance(0.5)

    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(tried)]
    assert len(tried) == profile.attempts_max
    assert list(await shop.states()) == ["exhausted"]
    for gap, wanted in list(zip(gaps, profile.gaps_s, strict=True))[:-1]:
        assert 0.8 * wanted <= gap <= 1.2 * wanted
    assert (tried[-1] - tried[0]).total_seconds() >= profile.least_s
    bodies = {told.body for told in receiver.at(path)}
    stamps = [told.headers["Stripe-Signature"].split(",")[0] for told in receiver.at(path)]
    assert len(bodies) == 1
    assert len(set(stamps)) == len(tried), "each attempt is signed anew"


async def test_an_endpoint_that_recovers_is_told_what_waited(
    shop: Shop, receiver: Receiver, path: str
) -> None:
    receiver.statuses[path] = 500
    endpoint, _ = await shop.listens(receiver.url + path)
    await shop.happens()
    await shop.tells()

    receiver.statuses[path] = 201
    shop.clock.advance(60)
    made = await shop.tells_all()

    [health] = await shop.sql(
        "SELECT failing_since FROM webhook_endpoints WHERE id = $1", endpoint.id
    )
    assert (made, list(await shop.states())) == (1, ["delivered"])
    assert health["failing_since"] is None


async def test_an_endpoint_that_says_gone_is_told_nothing_more_and_the_others_learn_it(
    shop: Shop, receiver: Receiver, path: str
) -> None:
    receiver.statuses[path] = 410
    gone, _ = await shop.listens(receiver.url + path, "customer.created")
    await shop.listens(f"{receiver.url}{path}-other", "webhook_endpoint.disabled")
    await shop.happens(10)

    await shop.tells_all()
    await shop.reacts()
    await shop.tells_all()
    await shop.happens()

    assert await status_of(shop, gone.id) == "disabled"
    assert len(receiver.at(path)) <= 4
    assert set(await shop.states()) == {"canceled", "delivered"}
    [told] = receiver.events(f"{path}-other")
    shown = told["data"]["object"]
    assert (shown["id"], shown["status"]) == (gone.id, "disabled")
    assert shown["disabled_reason"] == "The endpoint answered 410 Gone."
    assert "secret" not in str(shown)


async def test_an_endpoint_that_fails_for_five_days_is_disabled_and_told_of(
    shop: Shop, receiver: Receiver, path: str
) -> None:
    receiver.statuses[path] = 500
    failing, _ = await shop.listens(receiver.url + path, "customer.created")
    await shop.listens(f"{receiver.url}{path}-other", "webhook_endpoint.disabled")

    statuses = []
    for _ in range(6):
        await shop.happens()
        await shop.tells_all()
        statuses.append(await status_of(shop, failing.id))
        shop.clock.advance(DAY_S)
    await shop.reacts()
    await shop.tells_all()

    assert statuses == ["enabled"] * 5 + ["disabled"]
    assert len(receiver.events(f"{path}-other")) == 1
    assert "pending" not in set(await shop.states())


async def test_one_success_starts_the_five_days_anew(
    shop: Shop, receiver: Receiver, path: str
) -> None:
    endpoint, _ = await shop.listens(receiver.url + path, "customer.created")

    for day in range(9):
        receiver.statuses[path] = 200 if day == 4 else 500
        await shop.happens()
        await shop.tells_all()
        shop.clock.advance(DAY_S)

    assert await status_of(shop, endpoint.id) == "enabled"


async def test_an_endpoint_enabled_again_forgets_that_it_failed(
    shop: Shop, receiver: Receiver, path: str
) -> None:
    receiver.statuses[path] = 410
    endpoint, _ = await shop.listens(receiver.url + path)
    await shop.happens()
    await shop.tells_all()

    receiver.statuses[path] = 200
    async with shop.app.works.begin(shop.owner) as work:
        held = await lock_endpoint(work, endpoint.id)
        changes = {"status": "enabled"}
        await update_endpoint(work, held, changes, reach=shop.app.reach[False])
    await shop.happens()
    made = await shop.tells_all()

    assert made >= 1
    assert await status_of(shop, endpoint.id) == "enabled"
    assert len(receiver.events(path, "customer.created")) == 2


async def test_at_most_two_are_in_flight_to_one_endpoint(
    shop: Shop, receiver: Receiver, path: str
) -> None:
    receiver.slow_s[path] = 0.01
    await shop.listens(receiver.url + path, "customer.created")
    await shop.happens(20)

    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(shop.tells_all())

    assert receiver.in_flight_max[path] == 2
    assert len(receiver.at(path)) == 20


async def test_a_redirect_is_a_failure_and_is_not_followed(
    shop: Shop, receiver: Receiver, path: str
) -> None:
    receiver.statuses[path] = 302
    receiver.headers[path] = {"Location": f"{receiver.url}{path}-elsewhere"}
    await shop.listens(receiver.url + path)
    await shop.happens()

    await shop.tells()

    [attempt] = await shop.sql("SELECT status_code, error FROM attempts")
    assert (attempt["status_code"], attempt["error"]) == (302, None)
    assert receiver.at(f"{path}-elsewhere") == []
    assert list(await shop.states()) == ["pending"]


async def test_a_name_that_turned_private_is_refused_when_it_is_told(
    shop: Shop, receiver: Receiver, path: str
) -> None:
    endpoint, _ = await shop.listens("https://hooks.example.com/h")
    for private in ("http://10.0.0.1/h", "http://[::ffff:10.0.0.1]/h", "http://169.254.169.254/"):
        async with shop.app.works.begin() as work:
            change = "UPDATE webhook_endpoints SET url = $2 WHERE id = $1"
            await work.execute(change, endpoint.id, private)
        await shop.happens()
        await shop.tells()

    attempts = await shop.sql("SELECT error, status_code FROM attempts")

    assert {(row["error"], row["status_code"]) for row in attempts} == {("blocked", None)}
    assert receiver.at(path) == []


async def test_a_worker_that_dies_leaves_its_lane_to_the_next_when_the_lease_is_over(
    shop: Shop, receiver: Receiver, path: str
) -> None:
    await shop.listens(receiver.url + path)
    await shop.happens()
    dead = dataclasses.replace(shop.app.deliverer, lease_s=0.3)
    [lane] = await take_lanes(dead, 16)

    at_once = await shop.tells()
    await asyncio.sleep(0.4)
    later = await shop.tells()
    late = await serve_lane(dead, lane)

    assert (at_once, later, late) == (0, 1, 0)
    assert len(receiver.at(path)) == 1
    assert len(await shop.sql("SELECT 1 FROM attempts")) == 1


async def test_a_worker_that_tells_for_long_keeps_its_lane(
    shop: Shop, receiver: Receiver, path: str
) -> None:
    receiver.silent.add(path)
    await shop.listens(receiver.url + path)
    await shop.happens()
    slow = dataclasses.replace(shop.app.deliverer, lease_s=0.3)
    telling = asyncio.ensure_future(deliver_once(slow))
    await asyncio.to_thread(until, lambda: receiver.at(path), "it is being told")

    await asyncio.sleep(0.6)
    taken = await take_lanes(shop.app.deliverer, 16)
    telling.cancel()
    await asyncio.wait([telling])

    assert taken == []
    assert len(receiver.at(path)) == 1


async def test_who_lost_its_lane_writes_nothing_down(
    shop: Shop, receiver: Receiver, path: str
) -> None:
    await shop.listens(receiver.url + path)
    await shop.happens()
    [lane] = await take_lanes(shop.app.deliverer, 16)
    async with shop.app.works.begin() as work:
        await work.execute("UPDATE webhook_endpoints SET lane_token = 'lane_other'")

    await serve_lane(shop.app.deliverer, lane)

    assert len(receiver.at(path)) == 1
    assert await shop.sql("SELECT 1 FROM attempts") == []
    assert list(await shop.states()) == ["pending"]


async def test_a_worker_that_is_stopped_gives_its_lane_back_at_once(
    shop: Shop, receiver: Receiver, path: str
) -> None:
    receiver.silent.add(path)
    await shop.listens(receiver.url + path)
    await shop.happens()
    telling = asyncio.ensure_future(deliver_once(shop.app.deliverer))
    await asyncio.to_thread(until, lambda: receiver.at(path), "it is being told")

    telling.cancel()
    await asyncio.wait([telling])
    receiver.silent.discard(path)

    assert await shop.tells() == 1
    assert list(await shop.states()) == ["delivered"]


async def test_an_event_is_told_again_to_who_took_it_already(
    shop: Shop, receiver: Receiver, path: str
) -> None:
    endpoint, _ = await shop.listens(receiver.url + path)
    other, _ = await shop.listens(f"{receiver.url}{path}-other")
    await shop.happens()
    await shop.tells_all()
    event_id = receiver.events(path)[0]["id"]

    async with shop.app.works.begin(shop.owner) as work:
        event = await find_event(work, event_id)
        await resend(work, [(event, await find_endpoint(work, endpoint.id))])
    await shop.tells_all()

    assert [told["id"] for told in receiver.events(path)] == [event_id] * 2
    assert len({told.body for told in receiver.at(path)}) == 1
    assert len(receiver.at(f"{path}-other")) == 1
    assert other.id != endpoint.id


async def test_what_is_asked_for_again_while_it_is_being_told_is_told_again(
    shop: Shop, receiver: Receiver, path: str
) -> None:
    receiver.slow_s[path] = 0.3
    endpoint, _ = await shop.listens(receiver.url + path)
    await shop.happens()
    telling = asyncio.ensure_future(shop.tells())
    await asyncio.to_thread(until, lambda: receiver.at(path), "it is being told")

    async with shop.app.works.begin(shop.owner) as work:
        event = await find_event(work, receiver.events(path)[0]["id"])
        await resend(work, [(event, endpoint)])
    first = await telling
    states = [await shop.states()]
    shop.clock.advance(1)
    second = await shop.tells_all()
    states.append(await shop.states())

    assert (first, second) == (1, 1)
    assert states == [["pending"], ["delivered"]]
    assert len(await shop.sql("SELECT 1 FROM attempts")) == 2


async def test_a_range_of_time_is_told_again_also_to_an_endpoint_that_is_new(
    shop: Shop, receiver: Receiver, path: str
) -> None:
    for _ in range(3):
        await shop.happens()
        shop.clock.advance(60)
    endpoint, _ = await shop.listens(receiver.url + path)
    start = shop.clock.now() - dt.timedelta(seconds=130)

    async with shop.app.works.begin(shop.owner) as work:
        events = await events_between(work, start, shop.clock.now())
        await resend(work, [(event, endpoint) for event in events])
    await shop.tells_all()

    assert sorted(event["sequence"] for event in receiver.events(path)) == [2, 3]


async def test_both_secrets_sign_until_the_overlap_is_over(
    shop: Shop, receiver: Receiver, path: str
) -> None:
    endpoint, old = await shop.listens(receiver.url + path)
    async with shop.app.works.begin(shop.owner) as work:
        _, new = await roll_secret(work, endpoint.id, overlap_s=600, sealer=shop.app.sealer)

    await shop.happens()
    await shop.tells_all()
    shop.clock.advance(600)
    await shop.happens()
    await shop.tells_all()

    during, after = (told.headers["Stripe-Signature"] for told in receiver.at(path))
    assert (during.count("v1="), after.count("v1=")) == (2, 1)
    assert old != new


async def test_a_telling_verifies_by_standard_webhooks_too(
    shop: Shop, receiver: Receiver, path: str
) -> None:
    shop.clock.advance((dt.datetime.now(dt.UTC) - shop.clock.now()).total_seconds())  # noqa: TID251
    _, secret = await shop.listens(receiver.url + path)
    await shop.happens()
    await shop.tells_all()

    [told] = receiver.at(path)

    assert Webhook(secret).verify(told.body, dict(told.headers))["type"] == "customer.created"
    assert told.headers["webhook-id"] == told.event["id"]


async def test_a_disabled_endpoint_is_told_nothing_and_a_deleted_one_never_again(
    shop: Shop, receiver: Receiver, path: str
) -> None:
    endpoint, _ = await shop.listens(receiver.url + path)
    await shop.happens()
    async with shop.app.works.begin(shop.owner) as work:
        held = await lock_endpoint(work, endpoint.id)
        await update_endpoint(work, held, {"status": "disabled"}, reach=shop.app.reach[False])

    disabled = await shop.tells_all()
    async with shop.app.works.begin(shop.owner) as work:
        await delete_endpoint(work, endpoint.id)
    deleted = await shop.tells_all()

    assert (disabled, deleted) == (0, 0)
    assert list(await shop.states()) == ["canceled"]
    async with shop.app.works.begin(shop.owner) as work:
        with pytest.raises(NotFound):
            await find_endpoint(work, endpoint.id)


async def test_a_test_endpoint_hears_nothing_of_live_mode(
    shop: Shop, receiver: Receiver, path: str
) -> None:
    await shop.listens(receiver.url + path)
    live = as_merchant(shop.merchant.id, livemode=True)

    await shop.happens(owner=live)

    assert await shop.tells_all() == 0
    assert await shop.sql("SELECT 1 FROM deliveries") == []


async def test_the_feed_has_every_number_once_however_many_announce(shop: Shop) -> None:
    async def happen(count: int) -> None:
        for _ in range(count):
            await shop.happens()

    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(happen(10))
    await shop.reacts()

    feed: list[int] = []
    while True:
        async with shop.app.works.begin(shop.owner) as work:
            page = await events_after(work, feed[-1] if feed else 0, limit=7)
        if not page:
            break
        feed += [event.seq for event in page]
    assert feed == list(range(1, 41))
