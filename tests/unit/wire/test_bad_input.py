"""Every row of the bad-input table that the wire decides: code, param and message, by number."""

import json
from collections.abc import Callable, Mapping

import pytest

from sluice.base.errors import Invalid, SluiceError
from sluice.wire import errors
from sluice.wire.shapes import Shape
from tests.unit.wire.requests import (
    CREATE,
    HOOK,
    LIST,
    PI,
    REFUND,
    from_json,
    from_query,
    with_defaults,
)

Refusal = tuple[str, str | None, str]

NOT_JSON: Refusal = ("invalid_json", None, "Body is not valid JSON.")
NOT_OBJECT: Refusal = ("invalid_json", None, "Body must be a JSON object.")
BOM: Refusal = ("invalid_json", None, "Body starts with a byte order mark.")
TWICE: Refusal = ("duplicate_key", None, "The same key appears twice in one JSON object.")
TOO_DEEP: Refusal = ("json_too_deep", None, "JSON is nested deeper than 16.")
NOT_UTF8: Refusal = ("invalid_encoding", None, "Body is not valid UTF-8.")
TOO_SMALL: Refusal = ("amount_too_small", "amount", "Amount must be at least 1.")
TOO_LARGE: Refusal = ("amount_too_large", "amount", "Amount is above the limit.")
NOT_WHOLE: Refusal = (
    "parameter_invalid_integer",
    "amount",
    "Amount must be a whole number of the smallest unit.",
)
EXPIRES: Refusal = (
    "parameter_out_of_range",
    "expires_in",
    "expires_in must be 60 to 604800.",
)
EVENTS: Refusal = (
    "parameter_invalid_array",
    "enabled_events",
    "enabled_events must list 1 to 50 events.",
)
ADDRESS: Refusal = ("address_invalid", "to_address", "Not a valid address for this asset.")
LIMIT: Refusal = ("parameter_out_of_range", "limit", "limit must be 1 to 100.")


def missing(param: str) -> Refusal:
    return "parameter_missing", param, "Missing required parameter."


def not_allowed(param: str) -> Refusal:
    return "parameter_invalid_enum", param, "Not one of the allowed values."


def unknown(param: str, hint: str = "") -> Refusal:
    return "parameter_unknown", param, f"Received unknown parameter: {param}{hint}"


def bad_characters(param: str) -> Refusal:
    return "parameter_invalid_characters", param, "Contains characters that are not allowed."


def too_long(param: str, length_max: int) -> Refusal:
    return "parameter_too_long", param, f"Longer than {length_max} characters."


def bad_url(param: str) -> Refusal:
    return "url_invalid", param, "The URL is not allowed."


def metadata(code: str, message: str) -> Refusal:
    return code, "metadata", message


def body(**values: object) -> bytes:
    return json.dumps(with_defaults(**values)).encode()


def amount(number: bytes) -> bytes:
    return b'{"amount":' + number + b',"asset":"BTC"}'


def description(text: bytes) -> bytes:
    return b'{"amount":5,"asset":"BTC","description":"' + text + b'"}'


def notes(value: object) -> bytes:
    return body(metadata=value)


def refund(**values: object) -> bytes:
    return json.dumps(
        {"payment_intent": PI, "amount": 10, "to_address": "a" * 30, **values}
    ).encode()


def hook(url: str = "https://acme.com/h", **values: object) -> bytes:
    return json.dumps({"url": url, **values}).encode()


CREATES: Mapping[int, tuple[bytes, Refusal]] = {
    1: (b"", NOT_JSON),
    2: (b"amount=5", NOT_JSON),
    3: (b'{"amount":5,', NOT_JSON),
    4: (b'{"amount":5,"asset":"BTC",}', NOT_JSON),
    5: (b"[1]", NOT_OBJECT),
    6: (b"5", NOT_OBJECT),
    7: (b"null", NOT_OBJECT),
    8: (b'{"amount":5,"asset":"BTC"}{}', NOT_JSON),
    9: (b'{"amount":1,"amount":99999,"asset":"BTC"}', TWICE),
    10: (amount(b"NaN"), NOT_JSON),
    11: (amount(b"Infinity"), NOT_JSON),
    12: (b'{"amount":5,"asset":"BTC","metadata":' + b"[" * 16 + b"]" * 16 + b"}", TOO_DEEP),
    13: (b"[" * 100_000 + b"]" * 100_000, TOO_DEEP),
    14: (body(description=5), ("parameter_invalid_string", "description", "Must be a string.")),
    15: (amount(b"9" * 5_000), NOT_WHOLE),
    16: (description(b"\xff\xfe"), NOT_UTF8),
    17: (body().decode().encode("utf-16"), NOT_UTF8),
    18: (b"\xef\xbb\xbf" + body(), BOM),
    19: (description(b"\xc0\xaf"), NOT_UTF8),
    34: (b'{"asset":"BTC"}', missing("amount")),
    35: (amount(b"null"), missing("amount")),
    36: (amount(b"0"), TOO_SMALL),
    37: (amount(b"-1"), TOO_SMALL),
    38: (amount(b"-0"), TOO_SMALL),
    39: (amount(b"1.5"), NOT_WHOLE),
    40: (amount(b"1.0"), NOT_WHOLE),
    41: (amount(b"1e3"), NOT_WHOLE),
    42: (amount(b"1e400"), NOT_WHOLE),
    43: (amount(b'"5"'), NOT_WHOLE),
    44: (amount(b"true"), NOT_WHOLE),
    45: (amount(b'{"$gt":0}'), NOT_WHOLE),
    46: (amount(b"[5]"), NOT_WHOLE),
    47: (body(amount=2**63), TOO_LARGE),
    48: (body(amount=2**256), TOO_LARGE),
    49: (body(amount=10**15 + 1), TOO_LARGE),
    50: (amount(b"05"), NOT_JSON),
    51: (amount(b"0x10"), NOT_JSON),
    52: (body(amount="\uff11\uff12"), NOT_WHOLE),
    53: (b'{"amount":5}', missing("asset")),
    54: (body(asset="DOGE"), not_allowed("asset")),
    55: (body(asset="btc"), not_allowed("asset")),
    56: (body(asset="\u0412\u0422\u0421"), not_allowed("asset")),
    57: (body(asset=["BTC"]), not_allowed("asset")),
    58: (body(asset=" BTC"), not_allowed("asset")),
    59: (body(amout=5), unknown("amout", ". Did you mean amount?")),
    60: (body(status="succeeded"), unknown("status")),
    61: (body(merchant_id="m2"), unknown("merchant_id")),
    62: (body(__proto__={"a": 1}), unknown("__proto__")),
    63: (description(b"a\\u0000b"), bad_characters("description")),
    64: (description(b"\\ud800"), bad_characters("description")),
    65: (body(description="\u202egpj.exe"), bad_characters("description")),
    66: (body(description="pay\u200bpal"), bad_characters("description")),
    67: (body(description="a\r\nlevel=error"), bad_characters("description")),
    68: (body(description="a" * 501), too_long("description", 500)),
    69: (
        notes({str(number): "a" for number in range(51)}),
        metadata("metadata_too_many_keys", "At most 50 metadata keys."),
    ),
    70: (notes({"a": 1}), metadata("metadata_invalid_value", "Metadata values must be strings.")),
    71: (
        notes({"a": {"b": "c"}}),
        metadata("metadata_invalid_value", "Metadata values must be strings."),
    ),
    72: (notes({"a": "x" * 501}), too_long("metadata", 500)),
    73: (notes({"x" * 41: "a"}), too_long("metadata", 40)),
    74: (notes({"a[b]": "c"}), metadata("metadata_invalid_key", "Metadata key is not allowed.")),
    75: (notes({"": "c"}), metadata("metadata_invalid_key", "Metadata key is not allowed.")),
    76: (notes([]), metadata("parameter_invalid_object", "metadata must be an object.")),
    77: (notes(None), metadata("parameter_invalid_object", "metadata must be an object.")),
    78: (body(expires_in=59), EXPIRES),
    79: (body(expires_in=604_801), EXPIRES),
    80: (body(expires_in=True), EXPIRES),
    81: (body(success_url="javascript:alert(1)"), bad_url("success_url")),
    82: (body(success_url="//evil.org"), bad_url("success_url")),
}

REFUNDS: Mapping[int, tuple[bytes, Refusal]] = {
    119: (refund(amount=0), TOO_SMALL),
    120: (refund(to_address="x"), ADDRESS),
    121: (refund(to_address="a" * 30 + "\n"), bad_characters("to_address")),
}

HOOKS: Mapping[int, tuple[bytes, Refusal]] = {
    129: (hook("https://a:b@acme.com/"), bad_url("url")),
    131: (hook("https://\u0440\u0430ypal.com/"), bad_url("url")),
    133: (hook("https://acme.com/\r\nx"), bad_characters("url")),
    134: (hook(enabled_events=[]), EVENTS),
    135: (hook(enabled_events=["x"]), not_allowed("enabled_events[0]")),
}

QUERIES: Mapping[int, tuple[str, Refusal]] = {
    107: ("limit=0", LIMIT),
    108: ("limit=101", LIMIT),
    109: ("limit=1e2", LIMIT),
    110: ("limit=1&limit=2", ("parameter_repeated", "limit", "A parameter appears twice.")),
    111: ("limit=%EF%BC%95", LIMIT),
    112: ("merchant_id=m2", unknown("merchant_id")),
    113: ("status=paid", not_allowed("status")),
    114: ("starting_after=zz", ("resource_missing", "starting_after", "No such object.")),
}

ROUTES: Mapping[int, tuple[Callable[[], SluiceError], int, str]] = {
    20: (errors.unsupported_media_type, 415, "unsupported_media_type"),
    24: (errors.unsupported_encoding, 415, "unsupported_encoding"),
    25: (errors.body_too_large, 413, "body_too_large"),
    115: (errors.uri_too_long, 414, "uri_too_long"),
    136: (lambda: errors.method_not_allowed(["GET"]), 405, "method_not_allowed"),
    139: (lambda: errors.route_missing("GET", "/v1/admin"), 404, "route_missing"),
}


@pytest.mark.parametrize(
    ("shape", "raw", "refusal"),
    [
        pytest.param(shape, *case, id=f"row-{row}")
        for shape, rows in ((CREATE, CREATES), (REFUND, REFUNDS), (HOOK, HOOKS))
        for row, case in rows.items()
    ],
)
def test_a_bad_body_is_refused_as_the_table_says(
    shape: Shape, raw: bytes, refusal: Refusal
) -> None:
    with pytest.raises(Invalid) as caught:
        from_json(shape, raw)

    assert (caught.value.code, caught.value.param, caught.value.message) == refusal


@pytest.mark.parametrize(
    ("query", "refusal"), [pytest.param(*case, id=f"row-{row}") for row, case in QUERIES.items()]
)
def test_a_bad_query_is_refused_as_the_table_says(query: str, refusal: Refusal) -> None:
    with pytest.raises(Invalid) as caught:
        from_query(LIST, query)

    assert (caught.value.code, caught.value.param, caught.value.message) == refusal


@pytest.mark.parametrize(
    ("make", "status", "code"),
    [pytest.param(*case, id=f"row-{row}") for row, case in ROUTES.items()],
)
def test_what_http_alone_refuses_has_its_status_and_code(
    make: Callable[[], SluiceError], status: int, code: str
) -> None:
    error = make()

    assert (errors.status(error), error.code) == (status, code)


def test_row_115_a_long_query_is_refused_before_it_is_read() -> None:
    with pytest.raises(errors.Refused) as caught:
        from_query(LIST, "status=" + "a" * 8_000)

    assert errors.status(caught.value) == 414


@pytest.mark.parametrize(
    ("shape", "raw"),
    [
        (CREATE, body()),
        (CREATE, body(amount=10**15, expires_in=60, confirm=True)),
        (CREATE, body(description="[" * 40 + "{" * 40)),
        (CREATE, notes({"a" * 40: "x" * 500, "lines": "a\nb"})),
        (REFUND, refund()),
        (HOOK, hook(enabled_events=["*"])),
    ],
)
def test_what_is_right_is_read(shape: Shape, raw: bytes) -> None:
    given = from_json(shape, raw)

    assert {name: given.has(name) for name in json.loads(raw)} == dict.fromkeys(
        json.loads(raw), True
    )
