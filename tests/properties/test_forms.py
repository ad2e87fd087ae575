"""Forms: what is written is read back, however it is escaped or ordered, and nothing crashes."""

from typing import Any
from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from sluice.base.errors import Invalid
from sluice.wire.forms import read_form, write_form

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
# Names that are all digits read back as lists, which is what the notation means.
NAMES = TEXTS.filter(lambda name: name and not set(name) & set("[]") and not name.isdigit())
VALUES: st.SearchStrategy[Any] = st.recursive(
    TEXTS,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4)
        | st.dictionaries(NAMES, inner, min_size=1, max_size=4)
    ),
    max_leaves=12,
)
FORMS = st.dictionaries(NAMES, VALUES, max_size=6)


@given(FORMS)
@settings(deadline=None)
def test_what_is_written_is_read_back(values: dict[str, Any]) -> None:
    assert read_form(write_form(values).encode()) == values


@given(FORMS, st.data())
@settings(deadline=None)
def test_the_order_of_pairs_does_not_matter(values: dict[str, Any], data: st.DataObject) -> None:
    pairs = data.draw(st.permutations(write_form(values).split("&")))

    assert read_form("&".join(pairs).encode()) == values


@given(FORMS)
@settings(deadline=None)
def test_how_much_is_escaped_does_not_matter(values: dict[str, Any]) -> None:
    written = write_form(values)
    otherwise = written.replace("[", "%5B").replace("]", "%5d").replace("+", "%20")

    assert read_form(otherwise.encode()) == values


@given(FORMS, NAMES)
@settings(deadline=None)
def test_a_pair_given_twice_is_always_refused(values: dict[str, Any], name: str) -> None:
    written = f"{write_form(values)}&{quote(name)}=1&{quote(name)}=1"

    assert code_of(written.encode()) in {"parameter_repeated", "parameter_conflict"}


@given(st.binary(max_size=200) | st.text("a[]=&%0159+\u00fc", max_size=60).map(str.encode))
@settings(deadline=None, max_examples=500)
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    code = code_of(body)

    if code is None:
        values = read_form(body)
        assert read_form(write_form(values).encode()) == values
    else:
        assert code.startswith(("parameter_", "invalid_", "form_"))


def code_of(body: bytes) -> str | None:
    try:
        read_form(body)
    except Invalid as error:
        return error.code
    return None
