"""Checkout Sessions through the official Python client."""

import time
from typing import Any

import pytest
import stripe

from tests.house import until
from tests.stripe.shop import Shop, plain

LINES: Any = [
    {
        "price_data": {
            "currency": "usd",
            "unit_amount": 2000,
            "product_data": {"name": "Shirt", "images": ["https://x/a.png"]},
        },
        "quantity": 2,
    },
    {"price_data": {"currency": "usd", "unit_amount": 500, "product_data": {"name": "Cap"}}},
]


def opens(shop: Shop, **params: Any) -> stripe.checkout.Session:  # noqa: ANN401
    """Open a session for two shirts and a cap."""
    asked: Any = {
        "mode": "payment",
        "success_url": "https://x/s?id={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://x/c",
        "line_items": LINES,
        **params,
    }
    return shop.v1.checkout.sessions.create(asked)


def test_a_session_opens_a_page_for_a_cart(shop: Shop) -> None:
    session = opens(
        shop,
        client_reference_id="order 7",
        customer_email="a@b.c",
        metadata={"k": "v"},
        payment_intent_data={"metadata": {"o": "1"}, "description": "Order 7"},
    )

    assert (session.amount_subtotal, session.amount_total, session.currency) == (4500, 4500, "usd")
    assert (session.status, session.payment_status, session.mode) == ("open", "unpaid", "payment")
    assert session.success_url == "https://x/s?id={CHECKOUT_SESSION_ID}"
    assert session.client_reference_id == "order 7"
    assert plain(session.metadata) == {"k": "v"}
    assert session.url == f"{shop.house.url}/c/{session.id}"
    assert session.customer_details is not None
    assert session.customer_details.email == "a@b.c"
    assert session.expires_at - session.created == 86_400
    intent = shop.v1.payment_intents.retrieve(str(session.payment_intent))
    assert (intent.amount, intent.description) == (4500, "Order 7")
    assert plain(intent.metadata) == {"o": "1"}


def test_a_session_is_retrieved_with_its_lines_and_intent(shop: Shop) -> None:
    opened = opens(shop)

    found = shop.v1.checkout.sessions.retrieve(
        opened.id, {"expand": ["line_items", "payment_intent"]}
    )

    assert "line_items" not in opened
    assert found.line_items is not None
    assert [(item.description, item.quantity, item.amount_total) for item in found.line_items] == [
        ("Shirt", 2, 4000),
        ("Cap", 1, 500),
    ]
    assert isinstance(found.payment_intent, stripe.PaymentIntent)
    assert found.payment_intent.amount == 4500


def test_sessions_are_listed_by_what_they_have(shop: Shop) -> None:
    customer = shop.v1.customers.create({})
    first = opens(shop, customer=customer.id)
    second = opens(shop, customer_email="a@b.c")
    shop.v1.checkout.sessions.expire(first.id)
    asked: list[Any] = [
        {"payment_intent": str(second.payment_intent)},
        {"customer": customer.id},
        {"customer_details": {"email": "a@b.c"}},
        {"status": "expired"},
        {"created": {"gt": second.created + 5}},
        {},
    ]

    found = [[s.id for s in shop.v1.checkout.sessions.list(params).data] for params in asked]

    one, other = [first.id], [second.id]
    assert found == [other, one, other, one, [], [*other, *one]]


def test_line_items_are_listed_in_pages(shop: Shop) -> None:
    opened = opens(shop)

    first = shop.v1.checkout.sessions.line_items.list(opened.id, {"limit": 1})
    rest = [item.description for item in first.auto_paging_iter()]
    last = shop.v1.checkout.sessions.line_items.list(opened.id).data[-1]
    before = shop.v1.checkout.sessions.line_items.list(opened.id, {"ending_before": last.id})

    assert (first.has_more, rest) == (True, ["Shirt", "Cap"])
    assert [item.description for item in before.data] == ["Shirt"]


def test_an_open_session_is_expired_once(shop: Shop) -> None:
    opened = opens(shop)

    expired = shop.v1.checkout.sessions.expire(opened.id)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.checkout.sessions.expire(opened.id)

    assert (expired.status, expired.payment_status, expired.url) == ("expired", "unpaid", None)
    assert caught.value.http_status == 400
    intent = shop.v1.payment_intents.retrieve(str(opened.payment_intent))
    assert (intent.status, intent.cancellation_reason) == ("canceled", "expired")
    assert len(shop.hears(1, type="checkout.session.expired")) == 1


def test_a_paid_session_is_complete_and_told_so(shop: Shop) -> None:
    opened = opens(shop)
    intent_id = str(opened.payment_intent)

    shop.v1.payment_intents.confirm(intent_id)
    shop.pay(intent_id)
    shop.sees(intent_id, "processing")
    shop.mine(2)
    shop.sees(intent_id, "succeeded")

    def complete() -> bool:
        return shop.v1.checkout.sessions.retrieve(opened.id).status == "complete"

    until(complete, "the session is complete")
    found = shop.v1.checkout.sessions.retrieve(opened.id)
    assert (found.payment_status, found.url) == ("paid", None)
    [told] = shop.hears(1, type="checkout.session.completed")
    assert told.data.object["id"] == opened.id
    assert told.data.object["payment_status"] == "paid"


@pytest.mark.parametrize("ahead_s", [1800, 3600, 86_400])
def test_a_session_may_close_from_half_an_hour_to_a_day_ahead(shop: Shop, ahead_s: int) -> None:
    expires_at = int(time.time()) + ahead_s  # noqa: TID251 - the caller's own clock

    session = opens(shop, expires_at=expires_at)

    assert session.expires_at == expires_at


@pytest.mark.parametrize("ahead_s", [-60, 60, 1500, 90_000])
def test_a_session_may_not_close_at_any_other_time(shop: Shop, ahead_s: int) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        opens(shop, expires_at=int(time.time()) + ahead_s)  # noqa: TID251 - the caller's own clock

    assert caught.value.param == "expires_at"
    assert "from 30 minutes to 24 hours" in str(caught.value)


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"line_items": [{"price": "price_1", "quantity": 1}]}, "line_items[0][price]"),
        ({"mode": "subscription"}, "mode"),
        ({"ui_mode": "embedded_page"}, "ui_mode"),
        ({"line_items": []}, "line_items"),
        ({"line_items": [{"quantity": 1}]}, "line_items[0][price_data]"),
        ({"payment_method_types": ["card"]}, "payment_method_types[0]"),
        ({"success_url": ""}, "success_url"),
        ({"success_url": "javascript:alert(1)"}, "success_url"),
        (
            {"shipping_address_collection": {"allowed_countries": ["DE"]}},
            "shipping_address_collection",
        ),
        ({"customer": "cus_" + "1" * 24}, "customer"),
    ],
)
def test_what_is_not_served_is_refused_by_its_name(
    shop: Shop, params: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        opens(shop, **params)

    assert caught.value.param == param
    assert shop.v1.checkout.sessions.list().data == []


def test_lines_in_two_currencies_are_refused(shop: Shop) -> None:
    other = {"price_data": {"currency": "eur", "unit_amount": 1, "product_data": {"name": "B"}}}

    with pytest.raises(stripe.InvalidRequestError) as caught:
        opens(shop, line_items=[LINES[1], other])

    assert (caught.value.code, caught.value.param) == ("currency_mismatch", "line_items")
