"""Events and webhook endpoints through the official Python client."""

import json
from typing import Any

import pytest
import stripe

from tests.house import until
from tests.receiver import Receiver
from tests.stripe.sdk_schema import problems
from tests.stripe.shop import Shop, plain


def listens(shop: Shop, receiver: Receiver, path: str, *types: str) -> stripe.WebhookEndpoint:
    """Let the shop's own server be told."""
    asked: Any = {"url": receiver.url + path, "enabled_events": list(types) or ["*"]}
    return shop.v1.webhook_endpoints.create(asked)


def test_events_are_listed_by_type(shop: Shop) -> None:
    paid = shop.sells()
    shop.hears(1, type="payment_intent.succeeded")

    by_types = shop.v1.events.list({"types": ["payment_intent.succeeded", "charge.succeeded"]})
    by_type = shop.v1.events.list({"type": "charge.pending"})
    by_group = shop.v1.events.list({"type": "payment_intent.*"})

    assert {event.type for event in by_types.data} == {
        "payment_intent.succeeded",
        "charge.succeeded",
    }
    assert [event.data.object["id"] for event in by_type.data] == [paid.latest_charge]
    assert {event.type for event in by_group.data} == {
        "payment_intent.created",
        "payment_intent.requires_action",
        "payment_intent.processing",
        "payment_intent.succeeded",
    }


def test_an_event_is_retrieved_word_for_word_as_it_was_told(shop: Shop, receiver: Receiver) -> None:
    listens(shop, receiver, "/word-for-word", "payment_intent.created")
    shop.asks()

    told = receiver.waits_for("/word-for-word", "payment_intent.created")
    found = shop.v1.events.retrieve(told.event["id"])

    assert plain(found) == told.event
    assert found.api_version == "2026-10-28.endive"
    assert found.pending_webhooks == 1


def test_every_event_of_a_payment_fits_the_types_of_its_object(shop: Shop) -> None:
    shop.sells()

    told = shop.hears(6)

    assert len(told) == 6
    assert [found for event in told for found in problems(plain(event))] == []


def test_an_event_that_was_taken_by_nobody_is_found(shop: Shop, receiver: Receiver) -> None:
    receiver.statuses["/down"] = 500
    listens(shop, receiver, "/down", "payment_intent.created")
    shop.asks()
    receiver.waits_for("/down", "payment_intent.created")

    failed = shop.v1.events.list({"delivery_success": False})
    fine = shop.v1.events.list({"delivery_success": True})

    assert [event.type for event in failed.data] == ["payment_intent.created"]
    assert "payment_intent.created" not in {event.type for event in fine.data}


def test_an_endpoint_is_created_with_a_secret_that_is_shown_once(shop: Shop) -> None:
    created = shop.v1.webhook_endpoints.create(
        {
            "url": "https://example.com/h",
            "enabled_events": ["*"],
            "api_version": "2026-10-28.endive",
            "description": "d",
            "metadata": {"k": "v"},
        }
    )

    found = shop.v1.webhook_endpoints.retrieve(created.id)

    assert created.secret is not None
    assert created.secret.startswith("whsec_")
    assert "secret" not in plain(found)
    assert (found.url, found.enabled_events, found.status) == (
        "https://example.com/h",
        ["*"],
        "enabled",
    )
    assert (found.description, found.api_version) == ("d", "2026-10-28.endive")
    assert plain(found.metadata) == {"k": "v"}


def test_an_endpoint_is_updated_disabled_listed_and_deleted(shop: Shop) -> None:
    url = "https://example.com/h"
    created = shop.v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"]})

    changed = shop.v1.webhook_endpoints.update(
        created.id, {"disabled": True, "enabled_events": ["refund.created"]}
    )
    listed = shop.v1.webhook_endpoints.list()
    gone = shop.v1.webhook_endpoints.delete(created.id)

    assert (changed.status, changed.enabled_events) == ("disabled", ["refund.created"])
    assert [endpoint.id for endpoint in listed.data] == [created.id]
    assert (gone.id, gone.deleted) == (created.id, True)
    assert shop.v1.webhook_endpoints.list().data == []
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.webhook_endpoints.retrieve(created.id)
    assert caught.value.http_status == 404


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"url": "https://10.0.0.1/h"}, "url"),
        ({"url": "https://user@example.com/h"}, "url"),
        ({"enabled_events": ["payment.made"]}, "enabled_events[0]"),
        ({"enabled_events": []}, "enabled_events"),
        ({"connect": True}, "connect"),
        ({"api_version": '2026-10-28"}'}, None),
        ({"retry_profile": "never"}, "retry_profile"),
    ],
)
def test_an_endpoint_that_cannot_be_served_is_refused(
    shop: Shop, params: dict[str, Any], param: str | None
) -> None:
    asked: Any = {"url": "https://example.com/h", "enabled_events": ["*"], **params}

    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.webhook_endpoints.create(asked)

    assert caught.value.param == param
    assert shop.v1.webhook_endpoints.list().data == []


def test_a_telling_is_verified_by_the_clients_own_hand(shop: Shop, receiver: Receiver) -> None:
    endpoint = listens(shop, receiver, "/verified")
    shop.asks()

    told = receiver.waits_for("/verified", "payment_intent.created")
    signature, secret = told.headers["Stripe-Signature"], str(endpoint.secret)
    event = stripe.Webhook.construct_event(told.body, signature, secret)

    assert event.type == "payment_intent.created"
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(told.body + b" ", signature, secret)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(told.body, signature, "whsec_other")


def test_while_a_secret_rolls_both_verify(shop: Shop, receiver: Receiver) -> None:
    endpoint = listens(shop, receiver, "/rolled")
    rolled = shop.client.raw_request(
        "post", f"/v1/webhook_endpoints/{endpoint.id}/roll_secret", expires_in=600
    )
    new, old = rolled.data["secret"], str(endpoint.secret)
    shop.asks()

    told = receiver.waits_for("/rolled", "payment_intent.created")
    signature = told.headers["Stripe-Signature"]

    assert new != old
    assert signature.count("v1=") == 2
    for secret in (new, old):
        assert stripe.Webhook.construct_event(told.body, signature, secret).id == told.event["id"]


def test_an_endpoint_pinned_to_another_train_is_told_in_its_name(
    shop: Shop, receiver: Receiver
) -> None:
    asked: Any = {
        "url": receiver.url + "/pinned",
        "enabled_events": ["customer.created"],
        "api_version": "2025-01-27.acacia",
    }
    shop.v1.webhook_endpoints.create(asked)
    shop.v1.customers.create({"name": '"api_version":"2026-10-28.endive"'})

    told = receiver.waits_for("/pinned", "customer.created")

    assert told.event["api_version"] == "2025-01-27.acacia"
    assert told.event["data"]["object"]["name"] == '"api_version":"2026-10-28.endive"'


def test_an_event_is_told_again_when_somebody_asks(shop: Shop, receiver: Receiver) -> None:
    listens(shop, receiver, "/again", "payment_intent.created")
    shop.asks()
    first = receiver.waits_for("/again", "payment_intent.created")

    shop.client.raw_request("post", f"/v1/events/{first.event['id']}/resend")

    until(lambda: len(receiver.at("/again")) == 2, "it is told again")
    assert receiver.at("/again")[1].body == first.body


def test_a_time_is_told_again_to_an_endpoint_that_was_not_there(
    shop: Shop, receiver: Receiver
) -> None:
    asked = shop.asks()
    shop.hears(2)
    endpoint = listens(shop, receiver, "/replayed", "payment_intent.created")
    replay = f"/v1/webhook_endpoints/{endpoint.id}/replay"

    shop.client.raw_request("post", replay, since=asked.created - 60)

    told = receiver.waits_for("/replayed", "payment_intent.created")
    assert told.event["data"]["object"]["id"] == asked.id
    assert len(receiver.at("/replayed")) == 1


def test_an_event_is_told_again_to_one_endpoint_alone(shop: Shop, receiver: Receiver) -> None:
    one = listens(shop, receiver, "/one", "payment_intent.created")
    listens(shop, receiver, "/two", "payment_intent.created")
    shop.asks()
    first = receiver.waits_for("/one", "payment_intent.created")
    receiver.waits_for("/two", "payment_intent.created")

    resend = f"/v1/events/{first.event['id']}/resend"
    shop.client.raw_request("post", resend, webhook_endpoint=one.id)

    until(lambda: len(receiver.at("/one")) == 2, "it is told again")
    assert len(receiver.at("/two")) == 1


def test_the_feed_of_events_has_no_gaps(shop: Shop) -> None:
    shop.sells()
    shop.hears(6)

    pages: list[Any] = []
    after = 0
    while True:
        page = shop.client.raw_request("get", "/v1/events", after=after, limit=4).data
        pages.append(page)
        if not page["data"]:
            break
        after = page["data"][-1]["sequence"]

    told = [event["sequence"] for page in pages for event in page["data"]]
    assert told == list(range(1, len(told) + 1))
    assert [page["has_more"] for page in pages] == [True, False, False]
    assert json.dumps(pages[0])
