"""Expand answers objects where their ids would stand, loading each once."""

from typing import Any

import pytest

from sluice.base.errors import Invalid
from sluice.wire.expand import Expandable, expand, read_expand
from sluice.wire.forms import read_query

EXPANDABLE: Expandable = {
    "payment_intent": {"customer", "latest_charge"},
    "charge": {"balance_transaction", "customer"},
    "customer": {"default_source"},
    "checkout.session": {"line_items", "payment_intent"},
    "price": {"product"},
    "invoice": {"discounts"},
    "payment_intent.transfer_data": {"destination"},
}


class Shelf:
    """Shown objects by id, and which were asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.objects: dict[str, dict[str, Any]] = {
            "cus_1": {"id": "cus_1", "object": "customer", "default_source": "src_1"},
            "ch_1": {
                "id": "ch_1",
                "object": "charge",
                "customer": "cus_1",
                "balance_transaction": "txn_1",
            },
            "txn_1": {"id": "txn_1", "object": "balance_transaction"},
            "src_1": {"id": "src_1", "object": "source"},
            "acct_1": {"id": "acct_1", "object": "account"},
            "prod_1": {"id": "prod_1", "object": "product"},
            "cs_1/line_items": {
                "object": "list",
                "data": [{"object": "item", "price": {"object": "price", "product": "prod_1"}}],
            },
        }

    async def load(self, id: str) -> dict[str, Any] | None:  # noqa: A002 - an id it is
        self.asked.append(id)
        return self.objects.get(id)


def an_intent(**changes: object) -> dict[str, Any]:
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "customer": "cus_1",
        "latest_charge": "ch_1",
        "metadata": {"a": "b"},
        **changes,
    }


async def expanded(shown: dict[str, Any], *paths: str) -> dict[str, Any]:
    return await expand(shown, paths, load=Shelf().load, expandable=EXPANDABLE)


async def test_an_id_is_replaced_by_its_object() -> None:
    shown = await expanded(an_intent(), "customer")

    assert shown["customer"]["id"] == "cus_1"
    assert shown["latest_charge"] == "ch_1"


async def test_a_path_goes_on_through_what_was_loaded() -> None:
    shown = await expanded(
        an_intent(), "latest_charge.balance_transaction", "latest_charge.customer"
    )

    assert shown["latest_charge"]["balance_transaction"]["id"] == "txn_1"
    assert shown["latest_charge"]["customer"]["id"] == "cus_1"
    assert shown["customer"] == "cus_1"


async def test_the_same_object_is_expanded_only_where_it_was_asked_for() -> None:
    shown = await expanded(an_intent(), "customer.default_source", "latest_charge.customer")

    assert shown["customer"]["default_source"]["id"] == "src_1"
    assert shown["latest_charge"]["customer"]["default_source"] == "src_1"


async def test_each_item_of_a_list_is_expanded_and_each_id_loaded_once() -> None:
    shelf = Shelf()
    page = {"object": "list", "data": [an_intent(), an_intent(), an_intent()]}

    shown = await expand(
        page, ["data.customer", "data.latest_charge"], load=shelf.load, expandable=EXPANDABLE
    )

    assert [item["customer"]["id"] for item in shown["data"]] == ["cus_1"] * 3
    assert shelf.asked == ["cus_1", "ch_1"]


async def test_what_was_shown_before_is_left_as_it_was() -> None:
    before = {"object": "list", "data": [an_intent()]}

    await expanded(before, "data.customer")

    assert before == {"object": "list", "data": [an_intent()]}


async def test_nothing_stays_nothing_and_what_is_gone_stays_an_id() -> None:
    assert (await expanded(an_intent(customer=None), "customer.default_source"))["customer"] is None
    assert (await expanded(an_intent(customer="cus_9"), "customer"))["customer"] == "cus_9"
    assert (await expanded({"object": "list", "data": []}, "data.customer"))["data"] == []


async def test_a_part_left_out_until_expanded_is_loaded_by_its_owner() -> None:
    session = {"id": "cs_1", "object": "checkout.session", "payment_intent": "pi_1"}

    shown = await expanded(session, "line_items.data.price.product")

    assert shown["line_items"]["data"][0]["price"]["product"]["id"] == "prod_1"


async def test_a_nested_part_without_a_kind_goes_by_its_path() -> None:
    shown = await expanded(
        an_intent(transfer_data={"destination": "acct_1"}), "transfer_data.destination"
    )

    assert shown["transfer_data"]["destination"]["id"] == "acct_1"


async def test_several_ids_in_one_property_are_all_replaced() -> None:
    invoice = {"id": "in_1", "object": "invoice", "discounts": ["src_1", "txn_1"]}

    shown = await expanded(invoice, "discounts")

    assert [part["id"] for part in shown["discounts"]] == ["src_1", "txn_1"]


@pytest.mark.parametrize(
    "path",
    ["id", "foo", "metadata", "metadata.a", "customer.foo", "latest_charge.customer.id", "data",
     "data.customer", "customer.", "", ".", "__class__"],
)  # fmt: skip
async def test_a_property_that_cannot_be_expanded_is_named(path: str) -> None:
    with pytest.raises(Invalid) as caught:
        await expanded(an_intent(), path)

    assert caught.value.message == f"This property cannot be expanded ({path})."
    assert caught.value.code == "parameter_invalid"


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        (b"", ()),
        (b"expand=", ()),
        (b"expand[0]=customer&expand[1]=latest_charge", ("customer", "latest_charge")),
        (b"expand%5B0%5D=data.customer", ("data.customer",)),
        (b"expand[]=a.b.c.d", ("a.b.c.d",)),
        (b"expand[]=data.a.b.c.d", ("data.a.b.c.d",)),
    ],
)
def test_paths_are_read_without_a_shape(query: bytes, paths: tuple[str, ...]) -> None:
    assert read_expand(read_query(query)) == paths


@pytest.mark.parametrize(
    ("query", "code", "param"),
    [
        (b"expand=customer", "parameter_invalid_array", "expand"),
        (b"expand[a]=customer", "parameter_invalid_array", "expand"),
        (b"expand[0]=a.b.c.d.e", "parameter_invalid", "expand[0]"),
        (b"expand[0]=", "parameter_invalid_empty", "expand[0]"),
        (b"expand[0][a]=b", "parameter_invalid_string", "expand[0]"),
        (b"expand[0]=a%00", "parameter_invalid_characters", "expand[0]"),
        (b"expand[0]=" + b"a" * 201, "parameter_too_long", "expand[0]"),
        (b"&".join(b"expand[%d]=a" % n for n in range(21)), "parameter_invalid_array", "expand"),
    ],
)
def test_paths_that_are_none_are_refused(query: bytes, code: str, param: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_expand(read_query(query))

    assert (caught.value.code, caught.value.param) == (code, param)
