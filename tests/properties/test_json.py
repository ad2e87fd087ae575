"""JSON: agrees with a plain reading of what is right, and refuses the rest without crashing."""

import json
from typing import Any, get_args

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sluice.base.errors import Invalid, SluiceError
from sluice.wire.characters import is_clean
from sluice.wire.errors import envelope
from sluice.wire.given import Given
from sluice.wire.reading import Source
from sluice.wire.shapes import Shape
from sluice.wire.strict_json import DEPTH_MAX, Numeral, read_json
from tests.unit.wire.requests import CREATE, HOOK, LIST, REFUND

TEXTS = st.text(max_size=12) | st.text('[]{}"\\:,a', max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-(10**40), 10**40) | TEXTS
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)
OBJECTS = st.dictionaries(TEXTS, VALUES, max_size=5)
NOISE = st.text('{}[]",:\\ue0129-.nultrfas \n\u00fc', max_size=40)
SHAPES = st.sampled_from([CREATE, REFUND, HOOK, LIST])


def depth(text: str) -> int:
    """Count, one character after the other, how deep brackets outside of texts nest."""
    now = deepest = 0
    inside = escaped = False
    for character in text:
        if inside:
            inside = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            inside = True
        elif character in "[{":
            now += 1
            deepest = max(deepest, now)
        elif character in "]}":
            now -= 1
    return deepest


def code_of(body: bytes) -> str | None:
    try:
        read_json(body)
    except Invalid as error:
        return error.code
    return None


@given(OBJECTS, st.booleans())
@settings(deadline=None)
def test_a_well_formed_object_is_read_as_any_reader_would(
    values: dict[str, Any],
    ascii_only: bool,  # noqa: FBT001 - drawn, not called
) -> None:
    body = json.dumps(values, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assume(ascii_only or b"\xed\xa0" not in body)

    try:
        assert read_json(body) == values
    except Invalid as error:
        assert (error.code == "json_too_deep") is (depth(body.decode()) > DEPTH_MAX)  # noqa: PT017
        assert error.code in {"json_too_deep", "invalid_encoding"}  # noqa: PT017


@given(st.integers(1, 30), st.lists(st.sampled_from("[{"), min_size=30, max_size=30), TEXTS)
@settings(deadline=None)
def test_depth_is_judged_as_by_counting_characters(
    levels: int, kinds: list[str], text: str
) -> None:
    value: object = text
    for kind in kinds[:levels]:
        value = [text, value, [], {}] if kind == "[" else {text: value, text + "x": []}
    body = json.dumps({"a": value})

    expected = "json_too_deep" if depth(body) > DEPTH_MAX else None
    assert code_of(body.encode()) == expected


@given(OBJECTS.filter(bool), st.data())
@settings(deadline=None)
def test_a_key_said_twice_is_found(values: dict[str, Any], data: st.DataObject) -> None:
    body = json.dumps(values)
    assume(depth(body) < DEPTH_MAX)
    key = json.dumps(data.draw(st.sampled_from(sorted(values))))

    assert code_of(f"{body[:-1]},{key}:1}}".encode()) == "duplicate_key"


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(deadline=None)
def test_a_float_is_never_taken_for_a_whole_number(number: float) -> None:
    written = json.dumps(number)

    assert read_json(f'{{"a":{written}}}'.encode()) == {"a": Numeral(written)}


@given(
    st.binary(max_size=100) | NOISE.map(str.encode) | NOISE.map(lambda t: f'{{"a":{t}}}'.encode())
)
@settings(deadline=None, max_examples=500)
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    code = code_of(body)

    assert code in {None, "invalid_json", "invalid_encoding", "json_too_deep", "duplicate_key"}
    if code is None:
        json.loads(body)


@given(
    SHAPES,
    st.dictionaries(
        st.sampled_from(
            ["amount", "asset", "metadata", "url", "enabled_events", "expand", "created", "limit"]
        ),
        VALUES | st.sampled_from([1, "1", "BTC", "https://a.example", Numeral("1.0")]),
        max_size=5,
    )
    | OBJECTS,
    st.sampled_from(get_args(Source)),
)
@settings(deadline=None, max_examples=500)
def test_any_values_are_given_or_refused_in_an_envelope_that_can_be_sent(
    shape: Shape, values: dict[str, Any], source: Source
) -> None:
    try:
        assert isinstance(shape.read(values, source), Given)
    except SluiceError as error:
        told = json.loads(envelope(error, "req_1").decode("utf-8"))["error"]
        assert told["code"] == error.code  # noqa: PT017 - either outcome is right
        assert told.get("param") is None or is_clean(told["param"])
