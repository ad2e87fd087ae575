"""JSON has one reading or none."""

import pytest

from sluice.base.errors import Invalid
from sluice.wire.strict_json import Numeral, read_json


def refused(body: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        read_json(body)
    return caught.value.code


def test_an_object_is_read_with_its_types() -> None:
    body = b' {"a": 1, "b": "x", "c": true, "d": null, "e": [1, {"f": "\\u00fc"}], "g": {}} \n'

    assert read_json(body) == {
        "a": 1,
        "b": "x",
        "c": True,
        "d": None,
        "e": [1, {"f": "\u00fc"}],
        "g": {},
    }


@pytest.mark.parametrize("number", [b"1.0", b"1e3", b"1E3", b"-1.5", b"1e400", b"0.1", b"9" * 81])
def test_a_number_that_is_not_an_ordinary_whole_one_stays_as_written(number: bytes) -> None:
    assert read_json(b'{"a":' + number + b"}") == {"a": Numeral(number.decode())}


@pytest.mark.parametrize("number", [b"0", b"-0", b"-7", b"9" * 80])
def test_a_whole_number_of_up_to_eighty_digits_is_a_number(number: bytes) -> None:
    assert read_json(b'{"a":' + number + b"}") == {"a": int(number)}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{}x",
        b"{'a':1}",
        b"{a:1}",
        b'{"a":1,}',
        b'{"a":[1,]}',
        b'{"a" 1}',
        b'{"a":+1}',
        b'{"a":.5}',
        b'{"a":5.}',
        b'{"a":1_000}',
        b'{"a":-}',
        b'{"a":-Infinity}',
        b'{"a":nan}',
        b'{"a":True}',
        b'{"a":"\n"}',
        b'{"a":"\x00"}',
        b'{"a":"\\x41"}',
        b'{"a":"\\u12"}',
        b'{"a":"\\u 123"}',
        b'{"a":"\\u1_23"}',
        b'{"a":1}//',
        b'/**/{"a":1}',
        b'{"a":1}\x00',
        b'{"a":1}\x0c',
        '{"a":\uff11}'.encode(),
        '\u00a0{"a":1}'.encode(),
        b'{"a":' + b"[" * 10,
        b'{"a":"' + b"[" * 100,
        b'{"a":"\\',
    ],
)
def test_what_is_nearly_json_is_refused(body: bytes) -> None:
    assert refused(body) == "invalid_json"


@pytest.mark.parametrize("body", [b'"a"', b"[]", b"true", b"1.5", b"[{}]"])
def test_only_an_object_is_a_body(body: bytes) -> None:
    with pytest.raises(Invalid, match=r"Body must be a JSON object\."):
        read_json(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"\\u0061":2}',
        b'{"x":{"a":1,"b":2,"a":3}}',
        b'{"x":[{"a":1,"a":3}]}',
        b'{"":1,"":2}',
    ],
)
def test_a_key_given_twice_is_refused_at_any_depth(body: bytes) -> None:
    assert refused(body) == "duplicate_key"


def test_the_same_key_may_stand_in_two_objects() -> None:
    assert read_json(b'{"a":{"a":1},"b":[{"a":1},{"a":1}]}')


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_sixteen_levels_are_read_and_seventeen_refused(opening: bytes, closing: bytes) -> None:
    inner = b"1" if closing == b"}" else b""
    fifteen, sixteen = opening * 15 + inner + closing * 15, opening * 16 + inner + closing * 16

    assert read_json(b'{"a":' + fifteen + b"}")
    assert refused(b'{"a":' + sixteen + b"}") == "json_too_deep"


def test_depth_is_counted_before_the_syntax_is_looked_at() -> None:
    assert refused(b"[" * 1_000_000) == "json_too_deep"
    assert refused(b"[" * 17 + b"x") == "json_too_deep"


def test_brackets_in_texts_do_not_count_as_depth() -> None:
    text = '[{\\"[[[[' * 200

    assert read_json(f'{{"a":"{text}","b":["]","{text}"]}}'.encode())


def test_many_shallow_brackets_are_not_depth() -> None:
    assert len(read_json(b'{"a":[' + b"[]," * 5_000 + b"[]]}")["a"]) == 5_001


def test_a_lone_surrogate_is_left_for_the_field_that_knows_its_name() -> None:
    assert read_json(b'{"a":"\\ud800"}') == {"a": "\ud800"}
    assert refused(b'{"a":"\xed\xa0\x80"}') == "invalid_encoding"
