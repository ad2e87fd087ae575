"""A shape reads what it declares and names the first thing that is wrong by its path."""

import datetime as dt
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from sluice.base.errors import Invalid
from sluice.wire.fields import Amount, Choice, Flag, Integer, Text, Timestamp
from sluice.wire.forms import read_form
from sluice.wire.metadata import Metadata, MetadataChange
from sluice.wire.reading import Source
from sluice.wire.shapes import Either, ListOf, Map, Object, Shape
from sluice.wire.strict_json import read_json

PRICE = Object({"currency": Choice(("usd", "eur"), required=True), "unit_amount": Amount()})
SESSION = Shape(
    "checkout_session.create",
    {
        "mode": Choice(("payment",), required=True),
        "amount": Amount(aliases=("amount_sats",)),
        "line_items": ListOf(
            Object({"price_data": PRICE, "quantity": Integer(1, 99, default=1)}), max=3
        ),
        "shipping": Object({"name": Text(20, required=True), "phone": Text(20)}),
        "images": ListOf(Text(20), max=8),
        "currency_options": Map(Object({"unit_amount": Amount(required=True)}), max=2),
        "trial_end": Either((Timestamp(), Choice(("now",)))),
        "gift": Flag(default=False),
        "metadata": Metadata(),
    },
    doc="Open a page that takes a payment.",
)


def refused(values: dict[str, Any], source: Source = "form") -> Invalid:
    with pytest.raises(Invalid) as caught:
        SESSION.read(values, source)
    return caught.value


def form(body: str) -> dict[str, Any]:
    return read_form(b"mode=payment&" + body.encode())


def test_nested_values_are_read_with_types() -> None:
    given = SESSION.read(
        form(
            "line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=2000"
            "&line_items[1][quantity]=3&shipping[name]=Ada&images[]=a&images[]=b"
            "&currency_options[eur][unit_amount]=5&trial_end=now&gift=true"
        ),
        "form",
    )

    first, second = given.objects("line_items")
    price = first.object("price_data")
    assert price is not None
    assert price.need_text("currency") == "usd"
    assert price.need_integer("unit_amount") == 2_000
    assert (first.need_integer("quantity"), second.need_integer("quantity")) == (1, 3)
    assert given.texts("images") == ("a", "b")
    assert given.get("currency_options")["eur"].need_integer("unit_amount") == 5
    assert given.text("trial_end") == "now"
    assert given.flag("gift") is True


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ("line_items[0][price_data][currency]=gbp", "parameter_invalid_enum",
         "line_items[0][price_data][currency]"),
        ("line_items[0][price_data][unit_amount]=1", "parameter_missing",
         "line_items[0][price_data][currency]"),
        ("line_items[7][quantity]=x", "parameter_out_of_range", "line_items[7][quantity]"),
        ("line_items[0][qty]=1", "parameter_unknown", "line_items[0][qty]"),
        ("line_items[0]=", "parameter_invalid_empty", "line_items[0]"),
        ("line_items[0]=x", "parameter_invalid_object", "line_items[0]"),
        ("line_items=x", "parameter_invalid_array", "line_items"),
        ("line_items[a]=x", "parameter_invalid_array", "line_items"),
        ("images[0]=a&images[9]=", "parameter_invalid_empty", "images[9]"),
        ("images[]=a&images[]=b\n", "parameter_invalid_characters", "images[1]"),
        ("shipping[phone]=1", "parameter_missing", "shipping[name]"),
        ("shipping[name]=", "parameter_missing", "shipping[name]"),
        ("shipping=x", "parameter_invalid_object", "shipping"),
        ("shipping[]=x", "parameter_invalid_object", "shipping"),
        ("currency_options[eur]=", "parameter_invalid_empty", "currency_options[eur]"),
        ("currency_options[eur][unit_amount]=0", "amount_too_small",
         "currency_options[eur][unit_amount]"),
        ("currency_options[]=1", "parameter_invalid_object", "currency_options"),
        ("currency_options[a%00]=1", "parameter_invalid_characters", "currency_options"),
        ("currency_options[a]=1&currency_options[b]=1&currency_options[c]=1",
         "parameter_too_many", "currency_options"),
        ("trial_end=soon", "parameter_invalid_integer", "trial_end"),
        ("amount=1&amount_sats=2", "parameters_exclusive", "amount_sats"),
        ("amount_sats=0", "amount_too_small", "amount_sats"),
        ("gift=maybe", "parameter_invalid_boolean", "gift"),
    ],
)  # fmt: skip
def test_the_first_wrong_value_is_named_by_its_path(body: str, code: str, param: str) -> None:
    error = refused(form(body))

    assert (error.code, error.param) == (code, param)


def test_unknown_names_come_first_then_the_order_of_declaration() -> None:
    assert refused({"gift": "x", "typo": "1"}).code == "parameter_unknown"
    assert refused({"gift": "x", "mode": "y"}).param == "mode"
    assert refused({"gift": "x"}).param == "mode"


@pytest.mark.parametrize(
    ("name", "message", "param"),
    [
        ("amout", "Received unknown parameter: amout. Did you mean amount?", "amout"),
        (
            "line_item",
            "Received unknown parameter: line_item. Did you mean line_items?",
            "line_item",
        ),
        ("colour", "Received unknown parameter: colour", "colour"),
        ("a\nb", "Received unknown parameter", None),
        ("\ud800", "Received unknown parameter", None),
        ("x" * 500, "Received unknown parameter: " + "x" * 100, "x" * 100),
    ],
)
def test_an_unknown_name_is_said_back_with_what_may_be_meant(
    name: str, message: str, param: str | None
) -> None:
    error = refused({"mode": "payment", name: "1"})

    assert (error.message, error.param) == (message, param)


def test_a_hint_inside_an_object_names_a_field_of_that_object() -> None:
    error = refused(form("shipping[name]=a&shipping[phon]=1"))

    assert error.message == "Received unknown parameter: shipping[phon]. Did you mean phone?"


def test_every_shape_knows_expand() -> None:
    given = SESSION.read(form("expand[0]=line_items"), "form")

    assert given.texts("expand") == ("line_items",)


def test_expand_reaches_four_levels_deep() -> None:
    assert SESSION.read(form("expand[0]=data.a.b.c.d"), "form").texts("expand")
    error = refused(form("expand[0]=a&expand[1]=a.b.c.d.e"))
    assert (error.code, error.param) == ("parameter_invalid", "expand[1]")


def test_an_empty_list_is_told_from_an_unset_one() -> None:
    given = SESSION.read(read_json(b'{"mode":"payment","images":[],"line_items":null}'), "json")

    assert given.has("images")
    assert given.texts("images") == ()
    assert given.is_unset("line_items")
    assert SESSION.read(form("images="), "form").is_unset("images")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b'{"mode":"payment","images":[null]}', "images[0]"),
        (b'{"mode":"payment","images":["a",""]}', "images[1]"),
        (b'{"mode":"payment","currency_options":{"eur":null}}', "currency_options[eur]"),
    ],
)
def test_a_part_of_a_list_or_map_cannot_be_unset(body: bytes, param: str) -> None:
    error = refused(read_json(body), "json")

    assert (error.code, error.param) == ("parameter_invalid_empty", param)


def test_a_list_takes_no_more_than_it_may() -> None:
    error = refused(form("&".join(f"line_items[{n}][quantity]=1" for n in range(4))))

    assert error.message == "line_items must list 0 to 3 items."


@pytest.mark.parametrize("name", ["", "a[b]", "]"])
def test_a_name_of_a_map_is_one_that_a_path_can_show(name: str) -> None:
    error = refused({"mode": "payment", "currency_options": {name: {"unit_amount": 1}}}, "json")

    assert (error.code, error.param) == ("parameter_name_invalid", "currency_options")


def test_a_map_keeps_names_that_happen_to_be_numbers() -> None:
    given = SESSION.read(form("currency_options[7][unit_amount]=5"), "form")

    assert list(given.get("currency_options")) == ["7"]


def test_two_fields_cannot_share_a_name() -> None:
    with pytest.raises(ValueError, match="share a name"):
        Shape("x", {"a": Text(9), "b": Text(9, aliases=("a",))})


def test_either_reads_the_first_kind_that_fits() -> None:
    given = SESSION.read(form("trial_end=60"), "form")

    assert given.instant("trial_end") == dt.datetime(1970, 1, 1, 0, 1, tzinfo=dt.UTC)


GOOD = {
    "mode": "payment",
    "amount_sats": 7,
    "line_items": [{"price_data": {"currency": "usd", "unit_amount": 1}, "quantity": 2}],
    "shipping": {"name": "Ada"},
    "images": ["a"],
    "currency_options": {"eur": {"unit_amount": 5}},
    "trial_end": "now",
    "gift": True,
    "metadata": {"order": "7"},
    "expand": ["line_items"],
}
WRONG: list[dict[str, Any]] = [
    {"mode": "other"},
    {"amount": 0},
    {"amount": 1, "amount_sats": 1},
    {"line_items": [{"quantity": 0}]},
    {"line_items": [{}, {}, {}, {}]},
    {"line_items": [{"price_data": {}}]},
    {"shipping": {}},
    {"typo": 1},
    {"metadata": {"a[b]": "c"}},
    {"metadata": {"a": 1}},
    {"metadata": None},
    {"gift": "true"},
]


def test_the_description_accepts_what_the_reader_accepts() -> None:
    schema = SESSION.describe("json")
    jsonschema.Draft202012Validator.check_schema(schema)

    jsonschema.validate(GOOD, schema)
    jsonschema.validate(GOOD | {"shipping": None, "images": ""}, schema)
    assert SESSION.read(GOOD, "json").has("mode")
    assert schema["description"] == "Open a page that takes a payment."


@pytest.mark.parametrize("change", WRONG)
def test_the_description_refuses_what_the_reader_refuses(change: dict[str, Any]) -> None:
    values = GOOD | change

    with pytest.raises(Invalid):
        SESSION.read(values, "json")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(values, SESSION.describe("json"))


def test_a_required_field_with_two_names_is_described_as_needing_one() -> None:
    shape = Shape("x", {"amount": Amount(required=True, aliases=("amount_sats",))})
    schema = shape.describe("json")

    jsonschema.validate({"amount_sats": 1}, schema)
    for values in ({}, {"amount": 1, "amount_sats": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(values, schema)


def test_metadata_nested_in_an_object_is_named_by_its_path() -> None:
    shape = Shape("x", {"data": Object({"metadata": Metadata()})})

    with pytest.raises(Invalid) as caught:
        shape.read(read_form(b"data[metadata][a][b]=1"), "form")
    assert caught.value.param == "data[metadata]"

    data = shape.read(read_form(b"data[metadata][a]=1"), "form").object("data")
    assert data is not None
    assert data.metadata() == MetadataChange(values={"a": "1"})
