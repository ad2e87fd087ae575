"""Write Clarity values in the one form that consensus has for each."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.c32 import HASH_BYTES, VERSION_MAX
from sluice.engine.chains.stacks.clarity.clarity_types import SIZE_MAX, type_of
from sluice.engine.chains.stacks.clarity.model import (
    INT_MAX,
    INT_MIN,
    UINT_MAX,
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
from sluice.engine.chains.stacks.clarity.read import ASCII_ALLOWED, EMPTY_TUPLE
from sluice.engine.chains.stacks.names import (
    CONTRACT_NAME_MAX,
    NAME_MAX,
    clarity_name,
    contract_name,
)
from sluice.engine.chains.stacks.principals import Address, Contract, Principal

_U32: Final = 4
_INTEGER_BYTES: Final = 16
_TRUE: Final = 3
_FALSE: Final = 4


def encode_value(value: Value) -> bytes:
    """Return a value's bytes. Raises Invalid for what no contract could hold."""
    if value == TupleOf(()):
        return EMPTY_TUPLE
    out = bytearray()
    write_value(out, value)
    return bytes(out)


def write_value(out: bytearray, value: Value) -> None:
    """Append a value. Raises Invalid."""
    if type(value) in _NESTED:
        type_of(value)
    _write(out, value)


def write_principal(out: bytearray, principal: Principal) -> None:
    """Append a principal with its prefix. Raises Invalid."""
    _write(out, principal)


def write_address(out: bytearray, address: Address) -> None:
    """Append a version and twenty bytes. Raises Invalid."""
    if not 0 <= address.version <= VERSION_MAX or len(address.hash160) != HASH_BYTES:
        raise _refused("An address has a version from 0 to 31 and twenty bytes.")
    out.append(address.version)
    out += address.hash160


def write_contract_name(out: bytearray, name: str, length_max: int = CONTRACT_NAME_MAX) -> None:
    """Append a contract's name behind its length. Raises Invalid."""
    raw = contract_name(name.encode("latin-1", "replace")).encode()
    if len(raw) > length_max:
        raise _refused(f"A contract's name has at most {length_max} characters here.")
    out.append(len(raw))
    out += raw


def write_clarity_name(out: bytearray, name: str) -> None:
    """Append the name of a function, an asset or a key behind its length. Raises Invalid."""
    raw = clarity_name(name.encode("latin-1", "replace")).encode()
    out.append(len(raw))
    out += raw


def _write(out: bytearray, value: Value) -> None:
    prefix, write = _WRITERS[type(value)]
    out.append(prefix)
    write(out, value)


def _int(out: bytearray, value: Int) -> None:
    if not INT_MIN <= value.value <= INT_MAX:
        raise _refused("An int has 128 bits.")
    out += value.value.to_bytes(_INTEGER_BYTES, "big", signed=True)


def _uint(out: bytearray, value: UInt) -> None:
    if not 0 <= value.value <= UINT_MAX:
        raise _refused("A uint has 128 bits.")
    out += value.value.to_bytes(_INTEGER_BYTES, "big")


def _bool(out: bytearray, value: Bool) -> None:
    out[-1] = _TRUE if value.value else _FALSE


def _buffer(out: bytearray, value: Buffer) -> None:
    _sized(out, value.value)


def _ascii(out: bytearray, value: Ascii) -> None:
    raw = value.value.encode("latin-1", "replace")
    if raw.translate(None, ASCII_ALLOWED) or raw.decode("latin-1") != value.value:
        raise _refused("An ASCII string holds printable ASCII and white space.")
    _sized(out, raw)


def _utf8(out: bytearray, value: Utf8) -> None:
    try:
        raw = value.value.encode()
    except UnicodeEncodeError:
        raise _refused("A string holds no half of a surrogate pair.") from None
    _sized(out, raw)


def _contract(out: bytearray, value: Contract) -> None:
    write_address(out, value.address)
    write_contract_name(out, value.name, NAME_MAX)


def _nothing(_out: bytearray, _value: Absent) -> None:
    """Write no more than the prefix."""


def _wrapped(out: bytearray, value: Some | Ok | Err) -> None:
    _write(out, value.value)


def _list(out: bytearray, value: ListOf) -> None:
    out += len(value.items).to_bytes(_U32, "big")
    for item in value.items:
        _write(out, item)


def _tuple(out: bytearray, value: TupleOf) -> None:
    out += len(value.fields).to_bytes(_U32, "big")
    keys = [key for key, _ in value.fields]
    if any(one >= other for one, other in pairwise(keys)):
        raise _refused("A tuple's fields are in the order of their names, each once.")
    for key, inner in value.fields:
        write_clarity_name(out, key)
        _write(out, inner)


def _sized(out: bytearray, data: bytes) -> None:
    if len(data) > SIZE_MAX:
        raise _refused(f"A value has at most {SIZE_MAX} bytes.")
    out += len(data).to_bytes(_U32, "big")
    out += data


def _refused(why: str) -> Invalid:
    return Invalid(why, code="clarity_value_invalid")


_NESTED: Final = frozenset({Utf8, Some, Ok, Err, ListOf, TupleOf})

# By the class of the value, which mypy cannot follow into each writer's parameter.
_WRITERS: Final[dict[type[Value], tuple[int, Callable[[bytearray, Any], None]]]] = {
    Int: (0, _int),
    UInt: (1, _uint),
    Buffer: (2, _buffer),
    Bool: (3, _bool),
    Address: (5, write_address),
    Contract: (6, _contract),
    Ok: (7, _wrapped),
    Err: (8, _wrapped),
    Absent: (9, _nothing),
    Some: (10, _wrapped),
    ListOf: (11, _list),
    TupleOf: (12, _tuple),
    Ascii: (13, _ascii),
    Utf8: (14, _utf8),
}
