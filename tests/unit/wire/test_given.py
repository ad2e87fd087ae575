"""What was given is told apart from what was unset and what was not mentioned."""

import pytest

from sluice.base.errors import Invalid
from sluice.wire.fields import Integer, Text
from sluice.wire.shapes import Object, Shape
from tests.unit.wire.requests import from_form, from_json

UPDATE = Shape(
    "x.update",
    {
        "name": Text(20),
        "description": Text(20),
        "count": Integer(0, 9),
        "limit": Integer(1, 9, default=3),
        "address": Object({"city": Text(20)}),
    },
)


def test_absent_unset_and_given_are_three_things() -> None:
    given = from_form(UPDATE, "name=Ada&description=")

    assert given.text("name") == "Ada"
    assert (given.has("name"), given.is_unset("name")) == (True, False)
    assert given.text("description") is None
    assert (given.has("description"), given.is_unset("description")) == (False, True)
    assert given.integer("count") is None
    assert (given.has("count"), given.is_unset("count")) == (False, False)


def test_null_unsets_in_json_as_nothing_does_in_a_form() -> None:
    given = from_json(UPDATE, '{"name":null,"description":"","count":0}')

    assert given.is_unset("name")
    assert given.is_unset("description")
    assert given.integer("count") == 0
    assert given.has("count")


def test_a_default_stands_in_for_absent_and_unset() -> None:
    assert from_form(UPDATE, "").integer("limit") == 3
    assert from_form(UPDATE, "limit=").integer("limit") == 3
    assert from_form(UPDATE, "limit=4").integer("limit") == 4


def test_asking_for_an_undeclared_name_is_a_bug() -> None:
    given = from_form(UPDATE, "name=Ada")

    for ask in (given.text, given.has, given.is_unset, given.need_text, given.flag):
        with pytest.raises(KeyError):
            ask("nmae")


def test_what_only_some_requests_need_is_refused_by_its_path() -> None:
    given = from_form(UPDATE, "address[city]=")
    address = given.object("address")
    assert address is not None

    for ask, name, param in (
        (given.need_text, "name", "name"),
        (given.need_integer, "count", "count"),
        (address.need_text, "city", "address[city]"),
    ):
        with pytest.raises(Invalid) as caught:
            ask(name)
        assert (caught.value.code, caught.value.param) == ("parameter_missing", param)


def test_a_path_is_spelled_for_errors_found_later() -> None:
    given = from_form(UPDATE, "address[city]=Ulm")
    address = given.object("address")

    assert given.param("name") == "name"
    assert address is not None
    assert address.param("city") == "address[city]"
    assert given.texts("expand") == ()
    assert given.objects("expand") == ()
