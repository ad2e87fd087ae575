"""The schema read from the SDK says no to what the SDK would misread."""

from typing import Any

import pytest

from tests.stripe import sdk_schema
from tests.stripe.shop import Shop

WRONG: dict[type, Any] = {str: 7, int: "7", bool: "true", list: "none", dict: "none"}


def test_the_sdk_names_all_its_objects() -> None:
    found = sdk_schema.objects()

    assert len(found) >= 150
    assert {"payment_intent", "charge", "checkout.session", "event"} <= set(found)


@pytest.mark.parametrize(
    "kind", ["payment_intent", "charge", "balance", "checkout.session", "item"]
)
def test_a_schema_can_be_written_with_all_it_refers_to(kind: str) -> None:
    schema = sdk_schema.schema_of(kind)

    assert schema["$ref"].rpartition("/")[2] in schema["$defs"]


def test_every_field_of_a_payment_intent_is_noticed_when_its_type_is_wrong(shop: Shop) -> None:
    # What Stripe does not have is free, and so is an id that may be an object.
    native = {"expires_at", "resolution", "object_version"}
    shown = shop.asks(description="a", receipt_email="a@b.co", metadata={"a": "b"}).to_dict()
    fields = [name for name, value in shown.items() if value is not None and name not in native]

    unnoticed = [
        name
        for name in fields
        if not sdk_schema.problems({**shown, name: WRONG[type(shown[name])]})
    ]

    assert len(fields) >= 19
    assert unnoticed == []


def test_a_word_outside_a_vocabulary_is_noticed(shop: Shop) -> None:
    shown = shop.asks().to_dict()

    assert sdk_schema.problems(shown) == []
    assert sdk_schema.problems({**shown, "status": "paid"}) != []


def test_a_missing_field_is_noticed(shop: Shop) -> None:
    shown = shop.asks().to_dict()
    del shown["created"]

    assert "'created' is a required property" in sdk_schema.problems(shown)[0]
