"""PaymentIntents through the official Python client."""

from typing import Any

import pytest
import stripe

from tests.stripe.shop import Shop, plain


def test_an_intent_is_created_as_asked(shop: Shop) -> None:
    created = shop.v1.payment_intents.create(
        {  # type: ignore[typeddict-unknown-key]
            "amount": 2000,
            "currency": "usd",
            "payment_method_types": ["crypto"],
            "metadata": {"o": "1"},
            "receipt_email": "a@b.c",
            "statement_descriptor": "CORNER SHOP",
        }
    )

    assert (created.amount, created.currency, created.status) == (
        2000,
        "usd",
        "requires_payment_method",
    )
    assert plain(created.metadata) == {"o": "1"}
    assert (created.receipt_email, created.statement_descriptor) == ("a@b.c", "CORNER SHOP")
    assert created.client_secret is not None
    assert created.client_secret.startswith(f"{created.id}_secret_")
    assert created.next_action is None
    assert (created.amount_received, created.latest_charge, created.livemode) == (0, None, False)


def test_a_confirmed_deposit_says_where_to_send_how_much(shop: Shop) -> None:
    asked = shop.asks(2000)

    assert asked.status == "requires_action"
    assert asked.next_action is not None
    assert asked.next_action.type == "crypto_display_details"
    details = asked.next_action.to_dict()["crypto_display_details"]
    place = details["deposit_addresses"]["sandbox"]
    token = place["supported_tokens"][0]
    assert place["address"]
    assert (token["token_currency"], token["expected_amount"]) == ("usdc", "20000000")
    assert place["address"] in token["payment_uri"]
    assert details["expires_at"] > asked.created
    assert token["quote"]["expires_at"] == details["expires_at"]


def test_an_intent_is_confirmed_later_with_a_return_url(shop: Shop) -> None:
    created = shop.v1.payment_intents.create({"amount": 500, "currency": "usd"})

    confirmed = shop.v1.payment_intents.confirm(created.id, {"return_url": "https://x"})

    assert confirmed.status == "requires_action"
    assert confirmed.next_action is not None
    places = confirmed.next_action.to_dict()["crypto_display_details"]["deposit_addresses"]
    tokens = {token["token_currency"] for token in places["sandbox"]["supported_tokens"]}
    assert tokens == {"btc", "sbtc", "stx", "usdc", "usdt"}


def test_an_intent_is_retrieved_with_everything_expanded(shop: Shop) -> None:
    customer = shop.v1.customers.create({"email": "a@b.c"})
    paid = shop.sells(2000, customer=customer.id)

    found = shop.v1.payment_intents.retrieve(
        paid.id, {"expand": ["latest_charge.balance_transaction", "customer"]}
    )

    assert isinstance(found.latest_charge, stripe.Charge)
    assert isinstance(found.latest_charge.balance_transaction, stripe.BalanceTransaction)
    assert found.latest_charge.balance_transaction.net == 19_900_000
    assert isinstance(found.customer, stripe.Customer)
    assert found.customer.email == "a@b.c"


def test_an_intent_is_updated(shop: Shop) -> None:
    created = shop.v1.payment_intents.create(
        {"amount": 500, "currency": "usd", "metadata": {"b": "c"}, "description": "old"}
    )

    changed = shop.v1.payment_intents.update(
        created.id, {"metadata": {"a": "b"}, "description": "d", "amount": 700}
    )
    cleared = shop.v1.payment_intents.update(created.id, {"description": "", "metadata": ""})

    assert plain(changed.metadata) == {"a": "b", "b": "c"}
    assert (changed.description, changed.amount) == ("d", 700)
    assert (cleared.description, cleared.amount) == (None, 700)
    assert plain(cleared.metadata) == {}


def test_the_amount_stands_once_somebody_was_told_it(shop: Shop) -> None:
    asked = shop.asks(2000)

    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.payment_intents.update(asked.id, {"amount": 1000})

    assert caught.value.code == "payment_intent_unexpected_state"
    assert shop.v1.payment_intents.retrieve(asked.id).amount == 2000


def test_an_intent_is_cancelled_for_a_reason_or_none(shop: Shop) -> None:
    abandoned = shop.v1.payment_intents.cancel(shop.asks().id, {"cancellation_reason": "abandoned"})
    dropped = shop.v1.payment_intents.cancel(shop.asks().id)

    assert (abandoned.status, abandoned.cancellation_reason) == ("canceled", "abandoned")
    assert abandoned.canceled_at is not None
    assert (dropped.status, dropped.cancellation_reason) == ("canceled", None)
    assert abandoned.next_action is None


def test_a_cancelled_intent_can_be_neither_confirmed_nor_cancelled(shop: Shop) -> None:
    cancelled = shop.v1.payment_intents.cancel(shop.asks().id)

    refused = []
    for verb in (shop.v1.payment_intents.confirm, shop.v1.payment_intents.cancel):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            verb(cancelled.id)
        refused.append((caught.value.http_status, caught.value.code))
        assert caught.value.error is not None
        assert plain(caught.value.error.payment_intent) == plain(cancelled)

    assert refused == [(400, "payment_intent_unexpected_state")] * 2


def test_intents_are_listed_by_customer_and_age(shop: Shop) -> None:
    customer = shop.v1.customers.create({})
    wanted = [
        shop.v1.payment_intents.create({"amount": 1, "currency": "usd", "customer": customer.id})
        for _ in range(4)
    ]
    shop.v1.payment_intents.create({"amount": 1, "currency": "usd"})

    listed = shop.v1.payment_intents.list(
        {"limit": 3, "customer": customer.id, "created": {"gte": wanted[0].created}}
    )
    future = shop.v1.payment_intents.list({"created": {"gt": wanted[-1].created + 5}})

    assert [intent.id for intent in listed.data] == [intent.id for intent in wanted[:0:-1]]
    assert listed.has_more is True
    assert future.data == []


def test_the_same_idempotency_key_makes_one_intent(shop: Shop) -> None:
    options: Any = {"idempotency_key": "order-1"}

    first = shop.v1.payment_intents.create({"amount": 1, "currency": "usd"}, options)
    headers = dict(shop.http.headers)
    second = shop.v1.payment_intents.create({"amount": 1, "currency": "usd"}, options)

    assert first.to_dict() == second.to_dict()
    assert "Idempotent-Replayed" not in headers
    assert headers["idempotency-key"] == "order-1"
    assert shop.http.headers["Idempotent-Replayed"] == "true"
    assert shop.http.headers["Original-Request"] == headers["request-id"]
    assert shop.http.headers["Request-Id"] != headers["request-id"]
    assert len(shop.v1.payment_intents.list().data) == 1


@pytest.mark.parametrize("currency", ["USD", "Usd", "usd"])
def test_a_currency_may_be_written_in_any_case(shop: Shop, currency: str) -> None:
    created = shop.v1.payment_intents.create({"amount": 1, "currency": currency})

    assert created.currency == "usd"


def test_an_unknown_currency_is_refused_by_its_name(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.payment_intents.create({"amount": 1, "currency": "xyz"})

    assert caught.value.param == "currency"
    assert "Invalid currency: xyz. Use one of usd, eur" in str(caught.value)


def test_a_native_price_is_in_the_smallest_units_of_its_asset(shop: Shop) -> None:
    asked = shop.asks(1_500_000, currency="usdc")

    assert asked.next_action is not None
    places = asked.next_action.to_dict()["crypto_display_details"]["deposit_addresses"]
    assert asked.currency == "usdc"
    assert places["sandbox"]["supported_tokens"][0]["expected_amount"] == "1500000"


def test_sats_are_sats_by_either_name(shop: Shop) -> None:
    created = shop.client.raw_request(
        "post", "/v1/payment_intents", amount_sats=1234, currency="btc"
    )

    assert (created.data["amount"], created.data["amount_sats"]) == (1234, 1234)
