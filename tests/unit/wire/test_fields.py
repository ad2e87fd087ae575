"""Each kind of field reads its own values from forms and JSON, and nothing else."""

import datetime as dt

import pytest

from sluice.base.errors import Invalid
from sluice.wire.fields import (
    Amount,
    Choice,
    Email,
    Field,
    Flag,
    Id,
    Integer,
    Text,
    Timestamp,
    Url,
)
from sluice.wire.reading import UNSET, Source
from sluice.wire.strict_json import Numeral

CUSTOMER = "cus_" + "2" * 24


def refused(spec: Field, value: object, source: Source = "form") -> str:
    with pytest.raises(Invalid) as caught:
        spec.read(value, "p", source)
    assert caught.value.param == "p"
    return caught.value.code


@pytest.mark.parametrize(
    ("spec", "text", "value"),
    [
        (Text(10), "abc", "abc"),
        (Text(3), "abc", "abc"),
        (Text(10, "[a-z]+"), "abc", "abc"),
        (Text(10, multiline=True), "a\r\n\tb", "a\r\n\tb"),
        (Integer(-5, 5), "-5", -5),
        (Integer(0, 5), "0", 0),
        (Integer(0, 5), "-0", 0),
        (Amount(), "1", 1),
        (Amount(), str(10**15), 10**15),
        (Amount(min=0), "0", 0),
        (Timestamp(), "0", dt.datetime(1970, 1, 1, tzinfo=dt.UTC)),
        (Timestamp(), "1700000000", dt.datetime(2023, 11, 14, 22, 13, 20, tzinfo=dt.UTC)),
        (Timestamp(), "253402300799", dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)),
        (Choice(("a", "b")), "b", "b"),
        (Flag(), "true", True),
        (Flag(), "false", False),
        (Email(), "a@b.example", "a@b.example"),
        (Email(), "first.last+tag@sub.b-c.example", "first.last+tag@sub.b-c.example"),
        (Id(("cus",)), CUSTOMER, CUSTOMER),
        (Id(("ch", "cus")), CUSTOMER, CUSTOMER),
        (Id(("cs_test",)), "cs_test_" + "a" * 46, "cs_test_" + "a" * 46),
    ],
)
def test_a_form_text_is_read(spec: Field, text: str, value: object) -> None:
    assert spec.read(text, "p", "form") == value
    assert spec.read(text, "p", "query") == value


@pytest.mark.parametrize(
    ("spec", "json", "value"),
    [
        (Text(10), "abc", "abc"),
        (Integer(-5, 5), -5, -5),
        (Amount(), 10**15, 10**15),
        (Timestamp(), 0, dt.datetime(1970, 1, 1, tzinfo=dt.UTC)),
        (Flag(), True, True),
        (Flag(), False, False),
    ],
)
def test_a_json_value_is_read(spec: Field, json: object, value: object) -> None:
    assert spec.read(json, "p", "json") == value


NOT_WHOLE_TEXTS = [
    "5.0", "5.", "1e2", "0x10", "05", "--5", "+5", " 5", "5 ", "5\n", "1_000", "1,000", "\uff15",
    "\u0665", "five", "true", "9" * 81, "-", "5\x00",
]  # fmt: skip
NOT_WHOLE_JSON = ["5", True, False, Numeral("5.0"), Numeral("1e2"), [5], {"a": 5}, "five"]


@pytest.mark.parametrize("text", NOT_WHOLE_TEXTS)
def test_a_whole_number_in_a_form_is_plain_ascii_digits(text: str) -> None:
    assert refused(Amount(), text) == "parameter_invalid_integer"
    assert refused(Integer(1, 9), text) == "parameter_out_of_range"
    assert refused(Timestamp(), text) == "parameter_invalid_integer"


@pytest.mark.parametrize("value", NOT_WHOLE_JSON)
def test_a_whole_number_in_json_is_nothing_else(value: object) -> None:
    assert refused(Amount(), value, "json") == "parameter_invalid_integer"
    assert refused(Integer(1, 9), value, "json") == "parameter_out_of_range"
    assert refused(Timestamp(), value, "json") == "parameter_invalid_integer"


@pytest.mark.parametrize("value", [["5"], {"a": "5"}])
def test_a_nested_form_is_no_plain_value(value: object) -> None:
    assert refused(Text(9), value) == "parameter_invalid_string"
    assert refused(Amount(), value) == "parameter_invalid_integer"
    assert refused(Integer(1, 9), value) == "parameter_out_of_range"
    assert refused(Flag(), value) == "parameter_invalid_boolean"
    assert refused(Choice(("a",)), value) == "parameter_invalid_enum"
    assert refused(Url(), value) == "parameter_invalid_string"
    assert refused(Id(("cus",)), value) == "resource_missing"


@pytest.mark.parametrize("text", ["True", "TRUE", "1", "0", "yes", "on", " true", "null"])
def test_a_flag_in_a_form_is_true_or_false_and_nothing_like_it(text: str) -> None:
    assert refused(Flag(), text) == "parameter_invalid_boolean"


@pytest.mark.parametrize("value", ["true", 1, 0, Numeral("1.0"), [], {}])
def test_a_flag_in_json_is_a_boolean(value: object) -> None:
    assert refused(Flag(), value, "json") == "parameter_invalid_boolean"


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/ok",
        "http://localhost:3000/ok?id=1#done",
        "HTTPS://SHOP.EXAMPLE",
        "https://x/s?id={CHECKOUT_SESSION_ID}",
        "https://x/{CHECKOUT_SESSION_ID}/{CHECKOUT_SESSION_ID}",
        "http://127.0.0.1:8000/",
        "http://[::1]:8000/a",
        "https://a_b.example/~me/a;b=1,2?x=(1)&y='2'",
        "https://xn--pypal-4ve.example/%C3%BC",
        "https://x?a=b",
        "https://x#a",
    ],
)
def test_a_browser_may_be_sent_to_a_plain_web_address(url: str) -> None:
    assert Url().read(url, "p", "form") == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://x/",
        "//evil.org",
        "/ok",
        "shop.example/ok",
        "https:/x",
        "https:///x",
        "https://",
        "https://?x",
        "https://:80/",
        "https://.x/",
        "https://x..y/",
        "https://user@x/",
        "https://user:pass@x/",
        "https://x:/",
        "https://x:65536/",
        "https://x:123456/",
        "https://x:8a/",
        "https://x\\@evil.org/",
        "https://x/a b",
        "https://x/<script>",
        'https://x/"',
        "https://x/{OTHER}",
        "https://x/{CHECKOUT_SESSION_ID",
        "https://{CHECKOUT_SESSION_ID}/",
        "https://x/\u00fc",
        "https://\u0440\u0430ypal.com/",
        " https://x/",
        "https://[::1/",
        "httpss://x/",
        "https://[]/",
    ],
)
def test_a_browser_is_sent_nowhere_else(url: str) -> None:
    assert refused(Url(), url) == "url_invalid"


def test_a_long_or_unclean_url_is_refused_as_a_text() -> None:
    assert refused(Url(), "https://x/" + "a" * 2_048) == "parameter_too_long"
    assert refused(Url(), "https://x/\n") == "parameter_invalid_characters"


@pytest.mark.parametrize(
    "email",
    ["a", "a@", "@b.example", "a@b", "a@@b.example", "a b@c.example", "a@b..example", "a@.example",
     "a@-b.example", "a@b.example,c@d.example", "<a@b.example>", "\u00fc@b.example",
     "a" * 65 + "@b.example"],
)  # fmt: skip
def test_what_is_not_an_address_is_refused(email: str) -> None:
    assert refused(Email(), email) == "email_invalid"


@pytest.mark.parametrize(
    "text",
    ["cus_1", "cus_" + "0" * 24, "pi_" + "2" * 24, CUSTOMER + "\n", "cus", "CUS_" + "2" * 24],
)
def test_an_id_of_another_kind_or_form_names_no_object(text: str) -> None:
    assert refused(Id(("cus",)), text) == "resource_missing"


def test_a_text_that_does_not_match_says_what_its_field_says() -> None:
    spec = Text(9, "[a-z]+", code="address_invalid", message="Not an address.")

    with pytest.raises(Invalid, match=r"Not an address\.") as caught:
        spec.read("A", "p", "form")

    assert caught.value.code == "address_invalid"
    assert refused(Text(9, "[a-z]+"), "abc\u0131") == "parameter_invalid_string"
    assert refused(Text(9, r"\d+"), "\uff15") == "parameter_invalid_string"


@pytest.mark.parametrize(("value", "source"), [("", "form"), ("", "json"), (None, "json")])
def test_an_empty_value_takes_back(value: object, source: Source) -> None:
    assert Text(9).read(value, "p", source) is UNSET
    assert Integer(1, 9).read(value, "p", source) is UNSET
    assert Integer(1, 9, default=3).read(value, "p", source) == 3
    assert refused(Text(9, required=True), value, source) == "parameter_missing"
    assert refused(Text(9, clearable=False), value, source) == "parameter_invalid_empty"


@pytest.mark.parametrize(("value", "source"), [("", "form"), (None, "json")])
def test_an_empty_amount_is_never_taken_for_all_of_it(value: object, source: Source) -> None:
    assert refused(Amount(), value, source) == "parameter_invalid_empty"
    assert refused(Amount(required=True), value, source) == "parameter_missing"


@pytest.mark.parametrize("source", ["form", "json"])
def test_a_field_is_described_as_json_schema(source: Source) -> None:
    nothing = {"enum": ["", None]} if source == "json" else {"type": "string", "enum": [""]}

    assert Integer(1, 9, default=3, doc="How many.").describe(source) == {
        "anyOf": [{"type": "integer", "minimum": 1, "maximum": 9}, nothing],
        "default": 3,
        "description": "How many.",
    }
    assert Text(9, "[a-z]+", required=True).describe(source) == {
        "type": "string",
        "minLength": 1,
        "maxLength": 9,
        "pattern": "^(?:[a-z]+)$",
    }
