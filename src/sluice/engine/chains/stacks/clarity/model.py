"""The values of Clarity. A principal is a value too: see `principals`.

They are plain: nothing is checked when one is made, everything when it is read or written. None
holds itself, so the garbage collector need not look at them (`gc=False`).
"""

from typing import Final

import msgspec

from sluice.engine.chains.stacks.principals import Address, Contract

INT_MIN: Final = -(1 << 127)
INT_MAX: Final = (1 << 127) - 1
UINT_MAX: Final = (1 << 128) - 1


class Int(msgspec.Struct, frozen=True, gc=False):
    """A signed integer of 128 bits."""

    value: int


class UInt(msgspec.Struct, frozen=True, gc=False):
    """An unsigned integer of 128 bits."""

    value: int


class Bool(msgspec.Struct, frozen=True, gc=False):
    """True or false."""

    value: bool


class Buffer(msgspec.Struct, frozen=True, gc=False):
    """Bytes."""

    value: bytes


class Ascii(msgspec.Struct, frozen=True, gc=False):
    """A string of printable ASCII and white space."""

    value: str


class Utf8(msgspec.Struct, frozen=True, gc=False):
    """A string of Unicode."""

    value: str


class Absent(msgspec.Struct, frozen=True, gc=False):
    """`none`."""


class Some(msgspec.Struct, frozen=True, gc=False):
    """`(some …)`."""

    value: "Value"


class Ok(msgspec.Struct, frozen=True, gc=False):
    """`(ok …)`."""

    value: "Value"


class Err(msgspec.Struct, frozen=True, gc=False):
    """`(err …)`."""

    value: "Value"


class ListOf(msgspec.Struct, frozen=True, gc=False):
    """`(list …)`: values that one type admits."""

    items: "tuple[Value, ...]"


class TupleOf(msgspec.Struct, frozen=True, gc=False):
    """Named values; `fields` are in the order of their names' bytes, as they are written."""

    fields: "tuple[tuple[str, Value], ...]"

    def get(self, name: str) -> "Value | None":
        """Return the value of a field, or None where there is no such field."""
        return next((value for key, value in self.fields if key == name), None)


Value = (
    Int
    | UInt
    | Bool
    | Buffer
    | Ascii
    | Utf8
    | Address
    | Contract
    | Absent
    | Some
    | Ok
    | Err
    | ListOf
    | TupleOf
)

NONE: Final = Absent()
TRUE: Final = Bool(value=True)
FALSE: Final = Bool(value=False)


def tuple_of(fields: dict[str, Value]) -> TupleOf:
    """Make a tuple of fields in any order."""
    return TupleOf(tuple(sorted(fields.items())))
