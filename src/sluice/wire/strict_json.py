"""Strict JSON: one reading of a body, or a refusal; nothing a lenient reader would guess at."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from sluice.base.errors import Invalid

DEPTH_MAX: Final = 16
INTEGER_DIGITS_MAX: Final = 80

_NOT_JSON: Final = "Body is not valid JSON."
_STRINGS: Final = re.compile(rb'"(?:[^"\\]++|\\.?+)*+"?+', re.DOTALL)
_TO_SQUARE: Final = bytes.maketrans(b"{}", b"[]")
_NOT_BRACKETS: Final = bytes(byte for byte in range(256) if byte not in b"[]{}")


@dataclass(frozen=True, slots=True)
class Numeral:
    """A JSON number that is no whole number of ordinary size, as it was written: 1.0, 1e3."""

    text: str


def read_json(body: bytes) -> dict[str, Any]:
    """Read an object. Lone surrogates in strings are left for the fields, which name the param."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid("Body is not valid UTF-8.", code="invalid_encoding") from error
    if text.startswith("\ufeff"):
        raise Invalid("Body starts with a byte order mark.", code="invalid_json")
    _check_depth(body)
    try:
        value = _DECODER.decode(text)
    except ValueError as error:
        raise Invalid(_NOT_JSON, code="invalid_json") from error
    if type(value) is not dict:
        raise Invalid("Body must be a JSON object.", code="invalid_json")
    return value


def _check_depth(body: bytes) -> None:
    """Refuse deep nesting before a parser recurses into it, in time linear in the body."""
    if body.count(b"[") + body.count(b"{") <= DEPTH_MAX:
        return
    brackets = _STRINGS.sub(b"", body).translate(_TO_SQUARE, _NOT_BRACKETS)
    # Each round removes the innermost pairs, so what is left after the last was deeper.
    for _ in range(DEPTH_MAX):
        brackets = brackets.replace(b"[]", b"")
    if b"[]" in brackets or brackets.count(b"[") > DEPTH_MAX:
        raise Invalid(f"JSON is nested deeper than {DEPTH_MAX}.", code="json_too_deep")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Invalid("The same key appears twice in one JSON object.", code="duplicate_key")
    return members


def _integer(text: str) -> int | Numeral:
    return int(text) if len(text) <= INTEGER_DIGITS_MAX else Numeral(text)


def _constant(text: str) -> NoReturn:
    raise ValueError(text)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=Numeral,
    parse_constant=_constant,
    strict=True,
)
