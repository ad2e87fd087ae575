"""A list is asked for by page and age, and shown as Stripe shows it."""

import datetime as dt

import pytest

from sluice.base.errors import Invalid
from sluice.base.pages import Listing, Page
from sluice.wire.lists import Between, read_page, show_list
from tests.unit.wire.requests import LIST, PI, from_form, from_json, from_query

ONE = dt.datetime(1970, 1, 1, 0, 0, 1, tzinfo=dt.UTC)
TWO = dt.datetime(1970, 1, 1, 0, 0, 2, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("", Page(limit=10)),
        ("limit=1", Page(limit=1)),
        ("limit=100", Page(limit=100)),
        ("limit=", Page(limit=10)),
        (f"starting_after={PI}", Page(starting_after=PI)),
        (f"ending_before={PI}&limit=3", Page(limit=3, ending_before=PI)),
        (f"ending_before={PI}&starting_after=", Page(ending_before=PI)),
    ],
)
def test_a_page_is_read(query: str, page: Page) -> None:
    assert read_page(from_query(LIST, query)) == page


def test_a_page_is_not_both_after_and_before() -> None:
    with pytest.raises(Invalid) as caught:
        read_page(from_query(LIST, f"starting_after={PI}&ending_before={PI}"))

    assert (caught.value.code, caught.value.param) == ("parameters_exclusive", "ending_before")


@pytest.mark.parametrize(
    ("query", "between"),
    [
        ("created=1", Between(gte=ONE, lte=ONE)),
        ("created[gte]=1", Between(gte=ONE)),
        ("created%5Bgt%5D=1&created%5Blte%5D=2", Between(gt=ONE, lte=TWO)),
        ("created[gte]=1&created[lt]=2", Between(gte=ONE, lt=TWO)),
    ],
)
def test_an_age_is_an_instant_or_bounds(query: str, between: Between) -> None:
    assert from_query(LIST, query).get("created") == between
    assert from_form(LIST, query).get("created") == between


def test_bounds_are_read_from_json_too() -> None:
    given = from_json(LIST, '{"created":{"gte":1,"lt":null}}')

    assert given.get("created") == Between(gte=ONE)


@pytest.mark.parametrize(
    ("query", "code", "param"),
    [
        ("created=yesterday", "parameter_invalid_integer", "created"),
        ("created[]=1", "parameter_invalid_integer", "created"),
        ("created[0]=1", "parameter_invalid_integer", "created"),
        ("created[gte]=x", "parameter_invalid_integer", "created[gte]"),
        ("created[from]=1", "parameter_unknown", "created[from]"),
    ],
)
def test_an_age_that_is_neither_is_refused(query: str, code: str, param: str) -> None:
    with pytest.raises(Invalid) as caught:
        from_query(LIST, query)

    assert (caught.value.code, caught.value.param) == (code, param)


def test_what_the_official_clients_ask_is_read() -> None:
    given = from_query(LIST, "limit=3&created%5Bgte%5D=1&expand%5B0%5D=data.customer")

    assert given.need_integer("limit") == 3
    assert given.texts("expand") == ("data.customer",)


def test_a_list_is_shown_with_its_path_and_whether_there_is_more() -> None:
    shown = show_list("/v1/charges", Listing([1, 2], has_more=True), lambda n: {"id": f"ch_{n}"})

    assert shown == {
        "object": "list",
        "url": "/v1/charges",
        "has_more": True,
        "data": [{"id": "ch_1"}, {"id": "ch_2"}],
    }
