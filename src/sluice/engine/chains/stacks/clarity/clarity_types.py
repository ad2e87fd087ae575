"""The type of a value, as consensus measures it: how large and how deep a value may be.

A list is one only if a type admits all its items, so reading a list needs the types of its items.
Sizes, depths and the least common type follow stacks-core's `signatures.rs`, from epoch 2.1 on.
"""

from functools import lru_cache
from typing import Final

import msgspec

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.clarity.model import (
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
)

SIZE_MAX: Final = 1 << 20
DEPTH_MAX: Final = 32

_WRAPPER_SIZE: Final = 1
_LENGTH_SIZE: Final = 4
_LENGTH_TYPE_SIZE: Final = 1 + _LENGTH_SIZE
_UTF8_CHARACTER_SIZE: Final = 4


class ClarityType(msgspec.Struct, frozen=True, eq=False):
    """A type; `size`, `type_size` and `depth` are what consensus counts, not lengths of bytes."""

    name: str
    size: int
    type_size: int = 1
    depth: int = 1
    length: int = 0
    parts: "tuple[ClarityType, ...]" = ()
    keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        inside = [str(part) for part in self.parts]
        if self.name == _TUPLE:
            pairs = zip(self.keys, inside, strict=True)
            return "{" + ", ".join(f"{key}: {part}" for key, part in pairs) + "}"
        if self.name in _MEASURED:
            inside.insert(0, str(self.length))
        return f"({' '.join([self.name, *inside])})" if inside else self.name


_TUPLE: Final = "tuple"
_LIST: Final = "list"
_OPTIONAL: Final = "optional"
_RESPONSE: Final = "response"
_BUFF: Final = "buff"
_ASCII: Final = "string-ascii"
_UTF8: Final = "string-utf8"
_MEASURED: Final = frozenset({_LIST, _BUFF, _ASCII, _UTF8})

UNKNOWN: Final = ClarityType("UnknownType", 1)
INT: Final = ClarityType("int", 16)
UINT: Final = ClarityType("uint", 16)
BOOL: Final = ClarityType("bool", 1)
PRINCIPAL: Final = ClarityType("principal", 148)


@lru_cache(1024)
def buffer_type(length: int) -> ClarityType:
    """Return the type of a buffer of so many bytes."""
    return _sequence(_BUFF, length, 1)


@lru_cache(1024)
def ascii_type(length: int) -> ClarityType:
    """Return the type of a string of so many ASCII characters."""
    return _sequence(_ASCII, length, 1)


@lru_cache(1024)
def utf8_type(length: int) -> ClarityType:
    """Return the type of a string of so many characters."""
    return _sequence(_UTF8, length, _UTF8_CHARACTER_SIZE)


@lru_cache(1024)
def optional_type(inner: ClarityType) -> ClarityType:
    """Return the type of an optional. Raises Invalid when it is too large or too deep."""
    size, depth = inner.size + _WRAPPER_SIZE, inner.depth + 1
    _check(size, depth)
    return ClarityType(_OPTIONAL, size, inner.type_size + 1, depth, parts=(inner,))


@lru_cache(1024)
def response_type(ok: ClarityType, err: ClarityType) -> ClarityType:
    """Return the type of a response. Raises Invalid when it is too large or too deep."""
    size, depth = max(ok.size, err.size) + _WRAPPER_SIZE, max(ok.depth, err.depth) + 1
    _check(size, depth)
    return ClarityType(_RESPONSE, size, ok.type_size + err.type_size + 1, depth, parts=(ok, err))


@lru_cache(1024)
def list_type(item: ClarityType, length: int) -> ClarityType:
    """Return the type of a list. Raises Invalid when it is too large or too deep."""
    type_size = item.type_size + _LENGTH_TYPE_SIZE
    size, depth = item.size * length + type_size, item.depth + 1
    _check(size, depth)
    return ClarityType(_LIST, size, type_size, depth, length, (item,))


def tuple_type(keys: tuple[str, ...], parts: tuple[ClarityType, ...]) -> ClarityType:
    """Return the type of a tuple with sorted keys. Raises Invalid when too large, deep or empty."""
    if not keys:
        raise Invalid("a tuple has a field", code=_CODE)
    names = 2 * len(keys) + sum(map(len, keys))
    type_size = names + sum(part.type_size for part in parts)
    size = names + type_size + sum(part.size for part in parts)
    depth = 1 + max(part.depth for part in parts)
    _check(size, depth)
    return ClarityType(_TUPLE, size, type_size, depth, parts=parts, keys=keys)


NONE_TYPE: Final = ClarityType(_OPTIONAL, 2, 2, 2, parts=(UNKNOWN,))
EMPTY_LIST: Final = ClarityType(_LIST, 6, 6, 2, 0, (UNKNOWN,))


def unite(one: ClarityType, other: ClarityType) -> ClarityType:  # noqa: PLR0911 - a case for each
    """Return the least type that admits the values of both. Raises Invalid where there is none.

    A tuple may lack fields of a later one, which consensus allows where types are not declared.
    """
    if one is other or other is UNKNOWN:
        return one
    if one is UNKNOWN:
        return other
    if one.name != other.name:
        raise Invalid(f"no type admits {one.name} and {other.name}", code=_CODE)
    if one.name == _TUPLE:
        return _unite_tuples(one, other)
    if one.name == _LIST:
        return _unite_lists(one, other)
    if one.name == _OPTIONAL:
        return optional_type(unite(one.parts[0], other.parts[0]))
    if one.name == _RESPONSE:
        return response_type(*map(unite, one.parts, other.parts))
    return one if one.length >= other.length else other


def _unite_tuples(one: ClarityType, other: ClarityType) -> ClarityType:
    others = dict(zip(other.keys, other.parts, strict=True))
    missing = next((key for key in one.keys if key not in others), None)
    if missing is not None:
        raise Invalid(f"a tuple lacks the field {missing} of another", code=_CODE)
    parts = (unite(part, others[key]) for key, part in zip(one.keys, one.parts, strict=True))
    return tuple_type(one.keys, tuple(parts))


def _unite_lists(one: ClarityType, other: ClarityType) -> ClarityType:
    if not one.length:
        item = other.parts[0]
    elif not other.length:
        item = one.parts[0]
    else:
        item = unite(one.parts[0], other.parts[0])
    return list_type(item, max(one.length, other.length))


def type_of(value: Value) -> ClarityType:  # noqa: C901, PLR0911 - a case for each kind
    """Return a value's type. Raises Invalid where consensus has no type for it."""
    match value:
        case Int():
            return INT
        case UInt():
            return UINT
        case Bool():
            return BOOL
        case Buffer(data):
            return buffer_type(len(data))
        case Ascii(text):
            return ascii_type(len(text))
        case Utf8(text):
            return utf8_type(len(text))
        case Absent():
            return NONE_TYPE
        case Some(inner):
            return optional_type(type_of(inner))
        case Ok(inner):
            return response_type(type_of(inner), UNKNOWN)
        case Err(inner):
            return response_type(UNKNOWN, type_of(inner))
        case ListOf(items):
            return type_of_list(items)
        case TupleOf(fields):
            keys = tuple(key for key, _ in fields)
            return tuple_type(keys, tuple(type_of(inner) for _, inner in fields))
    return PRINCIPAL


def type_of_list(items: tuple[Value, ...]) -> ClarityType:
    """Return the type of a list of these items. Raises Invalid where no type admits them all."""
    if not items:
        return EMPTY_LIST
    first, *rest = items
    item_type = type_of(first)
    for item in rest:
        item_type = unite(item_type, type_of(item))
    return list_type(item_type, len(items))


def _sequence(name: str, length: int, character_size: int) -> ClarityType:
    if length * character_size > SIZE_MAX:
        raise Invalid(f"a {name} of {length} is larger than {SIZE_MAX} bytes", code=_CODE)
    size = _LENGTH_SIZE + character_size * length
    return ClarityType(name, size, _LENGTH_TYPE_SIZE, length=length)


def _check(size: int, depth: int) -> None:
    if size > SIZE_MAX:
        raise Invalid(f"a value of {size} bytes is larger than {SIZE_MAX}", code=_CODE)
    if depth > DEPTH_MAX:
        raise Invalid(f"a type is nested deeper than {DEPTH_MAX}", code=_CODE)


_CODE: Final = "clarity_value_invalid"
