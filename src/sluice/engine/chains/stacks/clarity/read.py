"""Read Clarity values: exactly what consensus reads, and nothing behind the end."""

import struct
from collections.abc import Callable, Hashable
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.c32 import HASH_BYTES, VERSION_MAX
from sluice.engine.chains.stacks.clarity.clarity_types import (
    BOOL,
    DEPTH_MAX,
    EMPTY_LIST,
    INT,
    NONE_TYPE,
    PRINCIPAL,
    SIZE_MAX,
    UINT,
    UNKNOWN,
    ClarityType,
    ascii_type,
    buffer_type,
    list_type,
    optional_type,
    response_type,
    tuple_type,
    unite,
    utf8_type,
)
from sluice.engine.chains.stacks.clarity.model import (
    FALSE,
    NONE,
    TRUE,
    Ascii,
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
from sluice.engine.chains.stacks.malformed import Malformed
from sluice.engine.chains.stacks.names import (
    CONTRACT_NAME_MAX,
    NAME_MAX,
    clarity_name,
    contract_name,
)
from sluice.engine.chains.stacks.principals import Address, Contract, Principal
from sluice.engine.chains.stacks.reading import U32, Reader

# Nesting that a node reads where it knows no type, as in a transaction (UNSANITIZED_DEPTH_CHECK).
UNTYPED_DEPTH_MAX: Final = 16
VALUE_BYTES_MAX: Final = 2 * SIZE_MAX
EMPTY_TUPLE: Final = bytes.fromhex("0c00000000")

# What Rust calls alphanumeric, punctuation and white space in ASCII.
ASCII_ALLOWED: Final = bytes([*b"\t\n\x0c\r", *range(0x20, 0x7F)])

STANDARD_PREFIX: Final = 5
CONTRACT_PREFIX: Final = 6

_INTEGER_BYTES: Final = 16
_ADDRESS: Final = struct.Struct(f">B{HASH_BYTES}s")

Typed = tuple[Value, ClarityType]


def decode_value(data: bytes) -> Value:
    """Read one value that is all of `data`. Raises Malformed.

    An empty tuple is read where it is the whole value: no contract can make one, tools do.
    """
    if data == EMPTY_TUPLE:
        return TupleOf(())
    if len(data) > VALUE_BYTES_MAX:
        raise Malformed(VALUE_BYTES_MAX, "the end of a value", "more bytes")
    reader = Reader(data)
    value, _ = read_value(reader, DEPTH_MAX)
    reader.finish("value")
    return value


def read_value(reader: Reader, room: int = UNTYPED_DEPTH_MAX) -> Typed:
    """Read a value and its type; `room` is how many levels may yet be nested. Raises Malformed."""
    start = reader.at
    if room < 1:
        raise Malformed(start, "no value nested so deeply", "one more")
    prefix = reader.byte("a Clarity value")
    if prefix >= len(_READERS):
        raise Malformed(start, "a Clarity type from 0x00 to 0x0e", f"0x{prefix:02x}")
    return _READERS[prefix](reader, room)


def read_principal(reader: Reader) -> Principal:
    """Read a principal with its prefix. Raises Malformed."""
    start = reader.at
    prefix = reader.byte("a principal")
    if prefix == STANDARD_PREFIX:
        return read_address(reader)
    if prefix == CONTRACT_PREFIX:
        return Contract(read_address(reader), read_contract_name(reader, NAME_MAX))
    raise Malformed(start, "a principal, 0x05 or 0x06", f"0x{prefix:02x}")


def read_address(reader: Reader) -> Address:
    """Read a version from 0 to 31 and twenty bytes. Raises Malformed."""
    start = reader.at
    stop = start + _ADDRESS.size
    if stop > reader.end:
        raise reader.short(_ADDRESS.size, "an address")
    version, hash160 = _ADDRESS.unpack_from(reader.data, start)
    if version > VERSION_MAX:
        raise Malformed(start, f"an address version from 0 to {VERSION_MAX}", str(version))
    reader.at = stop
    return Address(version, hash160)


def read_contract_name(reader: Reader, length_max: int = CONTRACT_NAME_MAX) -> str:
    """Read a contract's name behind its length. Raises Malformed."""
    return _name(reader, contract_name, length_max, "a contract name")


def read_clarity_name(reader: Reader) -> str:
    """Read the name of a function, an asset or a key behind its length. Raises Malformed."""
    return _name(reader, clarity_name, NAME_MAX, "a Clarity name")


def _name(reader: Reader, check: Callable[[bytes], str], length_max: int, what: str) -> str:
    start = reader.at
    length = reader.byte(what)
    if not 0 < length <= length_max:
        raise Malformed(start, f"{what} of 1 to {length_max} bytes", str(length))
    raw = reader.take(length, what)
    try:
        return check(raw)
    except Invalid:
        raise Malformed(start + 1, what, repr(raw)) from None


def _int(reader: Reader, _room: int) -> Typed:
    raw = reader.take(_INTEGER_BYTES, "an int")
    return Int(int.from_bytes(raw, "big", signed=True)), INT


def _uint(reader: Reader, _room: int) -> Typed:
    return UInt(int.from_bytes(reader.take(_INTEGER_BYTES, "a uint"), "big")), UINT


def _buffer(reader: Reader, _room: int) -> Typed:
    data = _sized(reader, "a buffer")
    return Buffer(data), buffer_type(len(data))


def _true(_reader: Reader, _room: int) -> Typed:
    return TRUE, BOOL


def _false(_reader: Reader, _room: int) -> Typed:
    return FALSE, BOOL


def _standard(reader: Reader, _room: int) -> Typed:
    return read_address(reader), PRINCIPAL


def _contract(reader: Reader, _room: int) -> Typed:
    return Contract(read_address(reader), read_contract_name(reader, NAME_MAX)), PRINCIPAL


def _ok(reader: Reader, room: int) -> Typed:
    start = reader.at - 1
    inner, kind = read_value(reader, room - 1)
    return Ok(inner), _allowed(start, response_type, kind, UNKNOWN)


def _err(reader: Reader, room: int) -> Typed:
    start = reader.at - 1
    inner, kind = read_value(reader, room - 1)
    return Err(inner), _allowed(start, response_type, UNKNOWN, kind)


def _none(_reader: Reader, _room: int) -> Typed:
    return NONE, NONE_TYPE


def _some(reader: Reader, room: int) -> Typed:
    start = reader.at - 1
    inner, kind = read_value(reader, room - 1)
    return Some(inner), _allowed(start, optional_type, kind)


def _list(reader: Reader, room: int) -> Typed:
    start = reader.at - 1
    count = _count(reader, "a list")
    if not count:
        return ListOf(()), EMPTY_LIST
    items = []
    kind = UNKNOWN
    for _ in range(count):
        item_start = reader.at
        item, found = read_value(reader, room - 1)
        if found is not kind:
            kind = _allowed(item_start, unite, kind, found)
        items.append(item)
    return ListOf(tuple(items)), _allowed(start, list_type, kind, count)


def _tuple(reader: Reader, room: int) -> Typed:
    start = reader.at - 1
    fields: dict[str, Typed] = {}
    for _ in range(_count(reader, "a tuple")):
        key_start = reader.at
        key = read_clarity_name(reader)
        if key in fields:
            raise Malformed(key_start, "a key that is new to the tuple", key)
        if reader.needs_key_order and fields and key < next(reversed(fields)):
            raise Malformed(key_start, "keys in the order of their bytes", key)
        fields[key] = read_value(reader, room - 1)
    keys = tuple(sorted(fields))
    kind = _allowed(start, tuple_type, keys, tuple(fields[key][1] for key in keys))
    return TupleOf(tuple((key, fields[key][0]) for key in keys)), kind


def _ascii(reader: Reader, _room: int) -> Typed:
    data = _sized(reader, "an ASCII string")
    wrong = data.translate(None, ASCII_ALLOWED)
    if wrong:
        offset = reader.at - len(data) + data.index(wrong[:1])
        raise Malformed(offset, "printable ASCII", f"0x{wrong[0]:02x}")
    return Ascii(data.decode("ascii")), ascii_type(len(data))


def _utf8(reader: Reader, _room: int) -> Typed:
    data = _sized(reader, "a UTF-8 string")
    start = reader.at - len(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        offset = start + error.start
        raise Malformed(offset, "UTF-8", f"0x{data[error.start]:02x}") from None
    return Utf8(text), _allowed(start, utf8_type, len(text))


def _sized(reader: Reader, what: str) -> bytes:
    start = reader.at
    length = reader.number(U32, "a length")
    if length > SIZE_MAX:
        raise Malformed(start, f"{what} of at most {SIZE_MAX} bytes", str(length))
    return reader.take(length, what)


def _count(reader: Reader, what: str) -> int:
    start = reader.at
    count = reader.number(U32, "a length")
    if count > SIZE_MAX:
        raise Malformed(start, f"{what} of at most {SIZE_MAX} values", str(count))
    return count


def _allowed(start: int, build: Callable[..., ClarityType], *parts: Hashable) -> ClarityType:
    """Build a type; where consensus has none, say where the value starts."""
    try:
        return build(*parts)
    except Invalid as refused:
        raise Malformed(start, "a value of a type that consensus allows", refused.message) from None


_READERS: Final[tuple[Callable[[Reader, int], Typed], ...]] = (
    _int,
    _uint,
    _buffer,
    _true,
    _false,
    _standard,
    _contract,
    _ok,
    _err,
    _none,
    _some,
    _list,
    _tuple,
    _ascii,
    _utf8,
)
