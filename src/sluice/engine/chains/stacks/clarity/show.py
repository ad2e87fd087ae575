"""Show values to people: as JSON with their types, and as they stand in a contract's source."""

import json
import re
from collections.abc import Callable
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.clarity.model import (
    NONE,
    Absent,
    Ascii,
    Bool,
    Buffer,
    Err,
    Int,
    ListOf,
    Ok,
    Some,
    TupleOf,
    UInt,
    Utf8,
    Value,
    tuple_of,
)
from sluice.engine.chains.stacks.principals import parse_principal

Plain = dict[str, object]

_DIGITS: Final = re.compile(r"-?[0-9]{1,39}")


def show_value(value: Value) -> Plain:  # noqa: C901, PLR0911 - a case for each kind
    """Return a value as `{"type": …, "value": …}`; integers are strings, buffers are hex."""
    match value:
        case Int(number):
            return _plain("int", str(number))
        case UInt(number):
            return _plain("uint", str(number))
        case Bool(is_true):
            return _plain("bool", is_true)
        case Buffer(data):
            return _plain("buffer", data.hex())
        case Ascii(text):
            return _plain("string-ascii", text)
        case Utf8(text):
            return _plain("string-utf8", text)
        case Absent():
            return {"type": "none"}
        case Some(inner) | Ok(inner) | Err(inner):
            return _plain(_WRAPPERS[type(value)], show_value(inner))
        case ListOf(items):
            return _plain("list", [show_value(item) for item in items])
        case TupleOf(fields):
            return _plain("tuple", {key: show_value(inner) for key, inner in fields})
    return _plain("principal", str(value))


def show_source(value: Value) -> str:  # noqa: C901, PLR0911 - a case for each kind
    """Return a value as stacks.js prints it: `(some u1)`, `{ a: 0x00, b: 'SP….name }`."""
    match value:
        case Int(number):
            return str(number)
        case UInt(number):
            return f"u{number}"
        case Bool(is_true):
            return "true" if is_true else "false"
        case Buffer(data):
            return f"0x{data.hex()}"
        case Ascii(text):
            return json.dumps(text, ensure_ascii=False)
        case Utf8(text):
            return f"u{json.dumps(text, ensure_ascii=False)}"
        case Absent():
            return "none"
        case Some(inner) | Ok(inner) | Err(inner):
            return f"({_WRAPPERS[type(value)]} {show_source(inner)})"
        case ListOf(items):
            return f"({' '.join(['list', *map(show_source, items)])})"
        case TupleOf(fields):
            pairs = [f"{key}: {show_source(inner)}" for key, inner in fields]
            return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    return f"'{value}"


def parse_value(plain: object) -> Value:
    """Read what `show_value` shows. Raises Invalid."""
    if not isinstance(plain, dict) or plain.get("type") not in _PARSERS:
        raise _refused(plain)
    if plain["type"] != "none" and "value" not in plain:
        raise _refused(plain)
    try:
        return _PARSERS[plain["type"]](plain.get("value"))
    except (TypeError, ValueError, AttributeError):
        raise _refused(plain) from None


def _plain(name: str, value: object) -> Plain:
    return {"type": name, "value": value}


def _bool(value: object) -> Bool:
    if not isinstance(value, bool):
        raise TypeError
    return Bool(value)


def _integer(value: object) -> int:
    if not _DIGITS.fullmatch(_text(value)):
        raise ValueError(value)
    return int(_text(value))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _items(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _fields(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _refused(plain: object) -> Invalid:
    return Invalid(f"This is not a Clarity value: {plain!r:.80}", code="clarity_value_invalid")


_WRAPPERS: Final[dict[type[Value], str]] = {Some: "some", Ok: "ok", Err: "err"}
_PARSERS: Final[dict[str, Callable[[object], Value]]] = {
    "int": lambda value: Int(_integer(value)),
    "uint": lambda value: UInt(_integer(value)),
    "bool": _bool,
    "buffer": lambda value: Buffer(bytes.fromhex(_text(value))),
    "string-ascii": lambda value: Ascii(_text(value)),
    "string-utf8": lambda value: Utf8(_text(value)),
    "principal": lambda value: parse_principal(_text(value)),
    "none": lambda _: NONE,
    "some": lambda value: Some(parse_value(value)),
    "ok": lambda value: Ok(parse_value(value)),
    "err": lambda value: Err(parse_value(value)),
    "list": lambda value: ListOf(tuple(map(parse_value, _items(value)))),
    "tuple": lambda value: tuple_of({k: parse_value(v) for k, v in _fields(value).items()}),
}
