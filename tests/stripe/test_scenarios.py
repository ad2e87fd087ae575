"""Whole stories of a merchant, told through the official Python client."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import stripe

from tests.house import House, until
from tests.receiver import Receiver
from tests.stripe.shop import Checked, Shop, client_of, plain
from tests.stripe.test_events import listens


def test_a_payment_from_the_first_ask_to_the_verified_telling(
    shop: Shop, receiver: Receiver
) -> None:
    endpoint = listens(shop, receiver, "/whole")
    created = shop.v1.payment_intents.create({"amount": 2450, "currency": "usd"})

    confirmed = shop.v1.payment_intents.confirm(created.id)
    shop.pay(created.id, asset="usdt")
    seen = shop.sees(created.id, "processing")
    shop.mine(1)
    still = shop.v1.payment_intents.retrieve(created.id)
    shop.mine(1)
    paid = shop.sees(created.id, "succeeded")

    assert [confirmed.status, seen.status, still.status] == [
        "requires_action",
        "processing",
        "processing",
    ]
    assert (paid.amount_received, paid.amount) == (2450, 2450)
    told = receiver.waits_for("/whole", "payment_intent.succeeded")
    event = stripe.Webhook.construct_event(
        told.body, told.headers["Stripe-Signature"], str(endpoint.secret)
    )
    assert event.data.object["id"] == paid.id
    assert event.data.object["status"] == "succeeded"
    until(lambda: len(receiver.at("/whole")) >= 6, "everything is told")
    assert sorted(each["type"] for each in receiver.events("/whole")) == [
        "charge.pending",
        "charge.succeeded",
        "payment_intent.created",
        "payment_intent.processing",
        "payment_intent.requires_action",
        "payment_intent.succeeded",
    ]


def test_a_retry_over_a_dropped_connection_has_one_effect(house: House, shop: Shop) -> None:
    with a_proxy_that_drops_the_first_answer(house.settings.port) as (url, visits):
        http = Checked()
        client = client_of(shop.merchant.sk, url, http=http, max_network_retries=2)

        created = client.v1.payment_intents.create({"amount": 1, "currency": "usd"})

    assert (len(visits), http.sent) == (2, 2)
    assert [intent.id for intent in shop.v1.payment_intents.list().data] == [created.id]
    assert http.headers["Idempotent-Replayed"] == "true"
    key = "SELECT count(*) FROM idempotency_keys WHERE merchant_id = %s"
    assert house.sql(key, shop.merchant.id) == [(1,)]


def test_four_levels_are_expanded_and_a_fifth_is_refused(shop: Shop) -> None:
    customer = shop.v1.customers.create({"name": "A"})
    session = shop.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "https://x/s",
            "customer": customer.id,
            "line_items": [
                {
                    "price_data": {
                        "currency": "usd",
                        "unit_amount": 100,
                        "product_data": {"name": "T"},
                    },
                    "quantity": 1,
                }
            ],
        }
    )
    intent_id = str(session.payment_intent)
    shop.v1.payment_intents.confirm(intent_id)
    shop.pay(intent_id)
    shop.sees(intent_id, "processing")
    shop.mine(2)
    shop.sees(intent_id, "succeeded")
    deep = "payment_intent.latest_charge.balance_transaction.source"

    found = shop.v1.checkout.sessions.retrieve(
        session.id, {"expand": [deep, "customer", "payment_intent.latest_charge.customer"]}
    )
    listed = shop.v1.checkout.sessions.list({"expand": [f"data.{deep}"]})

    intent: Any = plain(found)["payment_intent"]
    assert intent["latest_charge"]["balance_transaction"]["source"]["object"] == "charge"
    assert intent["latest_charge"]["customer"]["name"] == "A"
    assert plain(listed.data[0])["payment_intent"]["latest_charge"]["object"] == "charge"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.checkout.sessions.retrieve(session.id, {"expand": [f"{deep}.payment_intent"]})
    assert caught.value.param == "expand[0]"
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        shop.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.metadata"]})
    assert "cannot be expanded (payment_intent.metadata)" in str(unknown.value)


def test_pages_go_on_forwards_while_customers_are_added(shop: Shop) -> None:
    made = [shop.v1.customers.create({"name": str(n)}).id for n in range(7)]

    seen = []
    for customer in shop.v1.customers.list({"limit": 2}).auto_paging_iter():
        seen.append(customer.id)
        if len(seen) % 2:
            shop.v1.customers.create({"name": "late"})

    assert seen == made[::-1]


def test_pages_go_on_backwards_while_customers_are_added(shop: Shop) -> None:
    made = [shop.v1.customers.create({"name": str(n)}).id for n in range(7)]
    added: list[str] = []

    seen = []
    backwards = shop.v1.customers.list({"limit": 2, "ending_before": made[0]})
    for customer in backwards.auto_paging_iter():
        seen.append(customer.id)
        if len(added) < 3:
            added.append(shop.v1.customers.create({"name": "late"}).id)

    assert seen == [*made[1:], *added]


def test_a_payer_confirms_with_a_publishable_key_and_the_client_secret(
    house: House, shop: Shop
) -> None:
    customer = shop.v1.customers.create({"email": "a@b.c"})
    created = shop.v1.payment_intents.create(
        {"amount": 2000, "currency": "usd", "customer": customer.id, "metadata": {"k": "secret"}}
    )
    payer = client_of(shop.merchant.pk, house.url, http=Unchecked())

    proof: Any = {"client_secret": str(created.client_secret)}
    confirmed = payer.v1.payment_intents.confirm(created.id, proof)
    seen = payer.v1.payment_intents.retrieve(created.id, proof)

    assert confirmed.status == "requires_action"
    assert confirmed.next_action is not None
    for shown in (plain(confirmed), plain(seen)):
        assert not {"customer", "metadata", "latest_charge"} & set(shown)


def test_a_publishable_key_opens_nothing_else(house: House, shop: Shop) -> None:
    mine = shop.v1.payment_intents.create({"amount": 1, "currency": "usd"})
    other = shop.v1.payment_intents.create({"amount": 1, "currency": "usd"})
    payer = client_of(shop.merchant.pk, house.url, http=Unchecked())
    proof: Any = {"client_secret": str(mine.client_secret)}
    expanding: Any = {**proof, "expand": ["customer"]}

    refused = []
    for ask in (
        payer.v1.payment_intents.list,
        lambda: payer.v1.payment_intents.create({"amount": 1, "currency": "usd"}),
        lambda: payer.v1.payment_intents.update(mine.id, {"metadata": {"a": "b"}}),
        lambda: payer.v1.payment_intents.cancel(mine.id),
        payer.v1.customers.list,
        payer.v1.balance.retrieve,
        lambda: payer.v1.payment_intents.retrieve(mine.id, expanding),
        lambda: payer.v1.payment_intents.retrieve(mine.id),
        lambda: payer.v1.payment_intents.retrieve(other.id, proof),
        lambda: payer.v1.payment_intents.confirm(other.id, proof),
    ):
        with pytest.raises(stripe.StripeError) as caught:
            ask()
        refused.append(caught.value.http_status)

    assert refused == [403] * 7 + [401] + [404] * 2
    assert shop.v1.payment_intents.retrieve(other.id).status == "requires_payment_method"


def test_a_payer_cannot_use_up_the_merchants_idempotency_keys(house: House, shop: Shop) -> None:
    mine = shop.v1.payment_intents.create({"amount": 1, "currency": "usd"})
    payer = client_of(shop.merchant.pk, house.url, http=Unchecked())
    proof: Any = {"client_secret": str(mine.client_secret)}
    key: Any = {"idempotency_key": "order-2"}

    confirmed = payer.v1.payment_intents.confirm(mine.id, proof, key)
    again = payer.v1.payment_intents.confirm(mine.id, proof, key)
    order = shop.v1.payment_intents.create({"amount": 2, "currency": "usd"}, key)

    assert plain(again) == plain(confirmed)
    assert order.amount == 2


def test_a_fork_after_success_takes_the_payment_back_and_says_so(
    shop: Shop, receiver: Receiver
) -> None:
    listens(shop, receiver, "/forked")
    paid = shop.sells(2000)
    receiver.waits_for("/forked", "payment_intent.succeeded")
    assert shop.v1.balance.retrieve().pending[0].amount == 19_900_000

    shop.client.raw_request("post", "/v1/test_helpers/sandbox/fork", depth=2, keep=True)
    receiver.waits_for("/forked", "payment_intent.reversed")
    back = shop.v1.payment_intents.retrieve(paid.id)
    charge = shop.v1.charges.retrieve(str(paid.latest_charge))
    balance = shop.v1.balance.retrieve()

    assert back.status in {"processing", "requires_action"}
    assert charge.paid is False
    assert [part.amount for part in balance.pending] == [0]
    failed = receiver.waits_for("/forked", "charge.failed").event["data"]["object"]
    assert (failed["id"], failed["paid"]) == (charge.id, False)
    listed = shop.v1.balance_transactions.list()
    assert sorted((item.type, item.net) for item in listed.data) == [
        ("charge", 19_900_000),
        ("payment_reversal", -19_900_000),
    ]

    shop.mine(3)
    again = shop.sees(paid.id, "succeeded")
    assert again.latest_charge == paid.latest_charge
    assert shop.v1.balance.retrieve().pending[0].amount == 19_900_000


@pytest.mark.parametrize(
    "version", ["2026-10-28.endive", "2024-06-20", "2027-01-27.fennel", "2025-03-31.basil"]
)
def test_the_version_that_is_asked_for_is_said_back(shop: Shop, version: str) -> None:
    shop.v1.balance.retrieve(options={"stripe_version": version})

    assert shop.http.headers["Stripe-Version"] == version


def test_the_version_of_the_client_is_said_back_with_the_name_of_the_request(shop: Shop) -> None:
    shop.v1.balance.retrieve()

    assert shop.http.headers["Stripe-Version"] == "2026-10-28.endive"
    assert shop.http.headers["Request-Id"].startswith("req_")


def test_a_native_resource_is_read_by_the_client_as_it_is(shop: Shop) -> None:
    answer = shop.client.raw_request("post", "/v1/test_helpers/sandbox/mine", count=2)
    tip: Any = shop.client.deserialize(answer, api_mode="V1")

    assert tip.object == "sandbox.tip"
    assert tip.height >= 2


class Unchecked(Checked):
    """The SDK's HTTP client; a payer is shown less than the SDK's types say."""

    checks = False


@contextmanager
def a_proxy_that_drops_the_first_answer(port: int) -> Iterator[tuple[str, list[int]]]:
    """Pass requests on; the first one's answer is lost on its way back."""
    visits: list[int] = []

    def serve() -> None:
        while True:
            try:
                visitor, _ = listener.accept()
            except OSError:
                return
            with visitor, socket.create_connection(("127.0.0.1", port)) as house:
                visits.append(len(visits))
                house.sendall(read_message(visitor))
                answer = read_message(house)
                if len(visits) > 1:
                    visitor.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = threading.Thread(target=serve)
        serving.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", visits
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            serving.join()


def read_message(source: socket.socket) -> bytes:
    """Read one HTTP message whose head says how long it is."""
    message = b""
    while b"\r\n\r\n" not in message:
        message += source.recv(65_536)
    head, _, body = message.partition(b"\r\n\r\n")
    lengths = [
        int(line.partition(b":")[2])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length")
    ]
    while len(body) < sum(lengths):
        body += source.recv(65_536)
    return head + b"\r\n\r\n" + body
