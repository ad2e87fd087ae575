"""Append numbers and bytes of a fixed size; what does not fit is refused, never cut."""

from sluice.base.errors import Invalid


def write_number(out: bytearray, number: int, size: int, what: str) -> None:
    """Append an unsigned big-endian integer of `size` bytes. Raises Invalid."""
    if not 0 <= number < 1 << 8 * size:
        raise Invalid(f"{what} is a whole number of {8 * size} bits.", code="number_invalid")
    out += number.to_bytes(size, "big")


def write_exactly(out: bytearray, raw: bytes, size: int, what: str) -> None:
    """Append bytes that must be `size` long. Raises Invalid."""
    if len(raw) != size:
        raise Invalid(f"{what} has {size} bytes, not {len(raw)}.", code="length_invalid")
    out += raw
