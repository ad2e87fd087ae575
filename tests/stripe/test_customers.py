"""Customers through the official Python client."""

from typing import Any

import pytest
import stripe

from tests.stripe.shop import Shop, plain


def test_a_customer_is_created_and_retrieved(shop: Shop) -> None:
    created = shop.v1.customers.create(
        {
            "email": "a@b.c",
            "name": "A",
            "phone": "+49 1",
            "address": {"city": "Ulm", "country": "DE"},
            "shipping": {"name": "B", "address": {"line1": "C 1"}},
            "metadata": {"k": "v"},
        }
    )

    found = shop.v1.customers.retrieve(created.id)

    assert found.to_dict() == created.to_dict()
    assert (found.email, found.name, found.phone) == ("a@b.c", "A", "+49 1")
    assert found.address is not None
    assert found.address.city == "Ulm"
    assert found.shipping is not None
    assert found.shipping.name == "B"
    assert plain(found.metadata) == {"k": "v"}
    assert found.livemode is False


def test_what_is_sent_empty_is_taken_back(shop: Shop) -> None:
    created = shop.v1.customers.create(
        {
            "email": "a@b.c",
            "name": "A",
            "metadata": {"k": "v", "l": "w"},
            "address": {"city": "Ulm"},
        }
    )

    changed = shop.v1.customers.update(
        created.id, {"metadata": {"k": ""}, "description": "x", "name": "", "address": ""}
    )

    assert plain(changed.metadata) == {"l": "w"}
    assert (changed.description, changed.name, changed.address) == ("x", None, None)
    assert changed.email == "a@b.c"


def test_all_metadata_is_taken_back_at_once(shop: Shop) -> None:
    created = shop.v1.customers.create({"metadata": {"k": "v", "l": "w"}})

    changed = shop.v1.customers.update(created.id, {"metadata": ""})

    assert plain(changed.metadata) == {}


def test_customers_are_listed_by_email_exactly(shop: Shop) -> None:
    wanted = [shop.v1.customers.create({"email": "a@b.c"}).id for _ in range(2)]
    shop.v1.customers.create({"email": "A@b.c"})
    shop.v1.customers.create({"email": "other@b.c"})

    listed = shop.v1.customers.list({"limit": 2, "email": "a@b.c"})

    assert [customer.id for customer in listed.data] == wanted[::-1]
    assert listed.has_more is False


def test_a_new_shop_has_an_empty_list_of_customers(shop: Shop) -> None:
    listed = shop.v1.customers.list()

    assert (listed.data, listed.has_more, listed.url) == ([], False, "/v1/customers")


def test_customers_are_listed_by_age(shop: Shop) -> None:
    customer = shop.v1.customers.create({"email": "a@b.c"})
    ages: list[Any] = [
        {"gte": customer.created},
        {"gt": customer.created},
        {"lt": customer.created},
        {"lte": customer.created},
        customer.created,
    ]

    found = [len(shop.v1.customers.list({"created": age}).data) for age in ages]

    assert found == [1, 0, 0, 1, 1]


def test_a_deleted_customer_is_only_its_id_and_in_no_list(shop: Shop) -> None:
    customer = shop.v1.customers.create({"email": "a@b.c"})

    gone = shop.v1.customers.delete(customer.id)

    assert (gone.id, gone.deleted) == (customer.id, True)
    assert shop.v1.customers.retrieve(customer.id).to_dict() == gone.to_dict()
    assert shop.v1.customers.list().data == []


def test_a_deleted_customer_can_be_neither_changed_nor_charged(shop: Shop) -> None:
    customer = shop.v1.customers.create({"email": "a@b.c"})
    shop.v1.customers.delete(customer.id)

    with pytest.raises(stripe.InvalidRequestError) as changed:
        shop.v1.customers.update(customer.id, {"name": "B"})
    with pytest.raises(stripe.InvalidRequestError) as charged:
        shop.asks(customer=customer.id)
    with pytest.raises(stripe.InvalidRequestError) as again:
        shop.v1.customers.delete(customer.id)

    assert [e.value.code for e in (changed, charged, again)] == ["resource_missing"] * 3
    assert charged.value.param == "customer"


def test_a_customer_of_payments_expands_when_it_is_deleted(shop: Shop) -> None:
    customer = shop.v1.customers.create({"email": "a@b.c"})
    asked = shop.asks(customer=customer.id)
    shop.v1.customers.delete(customer.id)

    found = shop.v1.payment_intents.retrieve(asked.id, {"expand": ["customer"]})

    assert isinstance(found.customer, stripe.Customer)
    assert found.customer.deleted is True


def test_what_happens_to_customers_is_told_with_what_it_was_before(shop: Shop) -> None:
    customer = shop.v1.customers.create({"email": "a@b.c", "metadata": {"k": "v"}})
    shop.v1.customers.update(customer.id, {"email": "b@b.c"})
    shop.v1.customers.delete(customer.id)

    told = shop.hears(3, types=["customer.*"])

    assert [event.type for event in sorted(told, key=lambda e: e.to_dict()["sequence"])] == [
        "customer.created",
        "customer.updated",
        "customer.deleted",
    ]
    by_type = {event.type: event.data.to_dict() for event in told}
    assert by_type["customer.updated"]["object"]["email"] == "b@b.c"
    assert by_type["customer.updated"]["previous_attributes"] == {"email": "a@b.c"}
    assert by_type["customer.deleted"]["object"]["email"] == "b@b.c"
