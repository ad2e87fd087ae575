"""Reader: bytes taken one after another; whatever is missing is said with its offset."""

from typing import Final

from sluice.engine.chains.stacks.malformed import Malformed

U16: Final = 2
U32: Final = 4
U64: Final = 8


class Reader:
    """A position in bytes. Integers are big-endian, as everywhere in Stacks.

    `needs_key_order` refuses tuples whose keys are not in the order in which they are written.
    """

    __slots__ = ("at", "data", "end", "needs_key_order")

    def __init__(self, data: bytes, *, needs_key_order: bool = False) -> None:
        self.data = data
        self.needs_key_order = needs_key_order
        self.at = 0
        self.end = len(data)

    def take(self, count: int, what: str) -> bytes:
        """Return the next `count` bytes. Raises Malformed when there are fewer."""
        start = self.at
        stop = start + count
        if stop > self.end:
            raise self.short(count, what)
        self.at = stop
        return self.data[start:stop]

    def byte(self, what: str) -> int:
        """Return the next byte as a number."""
        start = self.at
        if start >= self.end:
            raise self.short(1, what)
        self.at = start + 1
        return self.data[start]

    def number(self, size: int, what: str) -> int:
        """Return an unsigned integer of `size` bytes."""
        start = self.at
        stop = start + size
        if stop > self.end:
            raise self.short(size, what)
        self.at = stop
        return int.from_bytes(self.data[start:stop], "big")

    def short(self, count: int, what: str) -> Malformed:
        """Return the error of wanting `count` bytes where fewer are left."""
        left = self.end - self.at
        size = "1 byte" if count == 1 else f"{count} bytes"
        return Malformed(self.at, f"{size} of {what}", f"the end after {left}")

    def finish(self, what: str) -> None:
        """Refuse bytes behind the end of what was read."""
        if self.at != self.end:
            left = self.end - self.at
            raise Malformed(self.at, f"the end of the {what}", f"{left} more bytes")
