"""Metadata is set, removed and cleared as Stripe does it, and stays within its limits."""

import pytest

from sluice.base.errors import Invalid
from sluice.wire.given import Given
from sluice.wire.metadata import Metadata, MetadataChange
from sluice.wire.shapes import Shape
from tests.unit.wire.requests import from_form, from_json

UPDATE = Shape("x.update", {"metadata": Metadata()})
OLD = {"order": "7", "colour": "red"}


def change(given: Given) -> dict[str, str]:
    return given.metadata().apply(OLD)


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ("", OLD),
        ("metadata[size]=M", OLD | {"size": "M"}),
        ("metadata[order]=8", OLD | {"order": "8"}),
        ("metadata[order]=", {"colour": "red"}),
        ("metadata[order]=&metadata[size]=M", {"colour": "red", "size": "M"}),
        ("metadata[absent]=", OLD),
        ("metadata=", {}),
        ("metadata[0]=a&metadata[7]=b", OLD | {"0": "a", "7": "b"}),
        ("metadata[0]=a&metadata[k]=b", OLD | {"0": "a", "k": "b"}),
        ("metadata[007]=a", OLD | {"007": "a"}),
        ("metadata[a b]=c+d", OLD | {"a b": "c d"}),
        ("metadata[text]=a%0Ab", OLD | {"text": "a\nb"}),
    ],
)
def test_a_form_changes_metadata(body: str, after: dict[str, str]) -> None:
    assert change(from_form(UPDATE, body)) == after


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ("{}", OLD),
        ('{"metadata":{}}', OLD),
        ('{"metadata":{"order":""}}', {"colour": "red"}),
        ('{"metadata":""}', {}),
        ('{"metadata":{"0":"a"}}', OLD | {"0": "a"}),
    ],
)
def test_json_changes_metadata(body: str, after: dict[str, str]) -> None:
    assert change(from_json(UPDATE, body)) == after


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("metadata=x", "parameter_invalid_object"),
        ("metadata[]=x", "parameter_invalid_object"),
        ("metadata[a][b]=x", "metadata_invalid_value"),
        ("metadata[a][0]=x", "metadata_invalid_value"),
        ("metadata[%00]=x", "parameter_invalid_characters"),
        ("metadata[a%0A]=x", "parameter_invalid_characters"),
        ("metadata[a]=%E2%80%AE", "parameter_invalid_characters"),
    ],
)
def test_a_form_that_is_no_metadata_is_refused(body: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        from_form(UPDATE, body)

    assert (caught.value.code, caught.value.param) == (code, "metadata")


@pytest.mark.parametrize("body", ['{"metadata":null}', '{"metadata":5}', '{"metadata":["a"]}'])
def test_json_that_is_no_object_is_refused(body: str) -> None:
    with pytest.raises(Invalid, match=r"metadata must be an object\."):
        from_json(UPDATE, body)


def test_fifty_keys_is_the_limit_of_the_object_not_only_of_the_request() -> None:
    forty_nine = {str(number): "a" for number in range(49)}
    one, two = MetadataChange({"a": "1"}), MetadataChange({"a": "1", "b": "2"})

    assert len(one.apply(forty_nine)) == 50
    with pytest.raises(Invalid) as caught:
        two.apply(forty_nine)
    assert caught.value.code == "metadata_too_many_keys"
    assert len(MetadataChange({"a": "1", "b": "2"}, frozenset({"0"})).apply(forty_nine)) == 50


def test_the_old_metadata_is_left_as_it_was() -> None:
    old = dict(OLD)

    MetadataChange({"a": "1"}, frozenset({"order"})).apply(old)

    assert old == OLD
