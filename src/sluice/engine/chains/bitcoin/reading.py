"""Reader: Bitcoin's bytes one after another; whatever is missing or odd is said with its offset."""

from typing import Final

from sluice.base.errors import Invalid

_U16_MARK: Final = 0xFD
_U32_MARK: Final = 0xFE
_U64_MARK: Final = 0xFF


class Malformed(Invalid):
    """These bytes are not what they should be; `offset` counts from the first byte, which is 0."""

    default_code = "malformed_bytes"

    def __init__(self, offset: int, problem: str) -> None:
        super().__init__(f"Byte {offset}: {problem}.")
        self.offset = offset


class Reader:
    """A position in bytes. Integers are little-endian, as nearly everywhere in Bitcoin."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    @property
    def is_done(self) -> bool:
        """Return whether every byte was taken."""
        return self.at == len(self.data)

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes. Raises Malformed when there are fewer."""
        stop = self.at + count
        if stop > len(self.data):
            raise Malformed(self.at, f"{count} bytes wanted, {len(self.data) - self.at} left")
        taken = self.data[self.at : stop]
        self.at = stop
        return taken

    def number(self, size: int) -> int:
        """Return an unsigned integer of `size` bytes."""
        return int.from_bytes(self.take(size), "little")

    def size(self) -> int:
        """Return a count in its shortest form ("compact size"). Raises Malformed for a longer."""
        start = self.at
        first = self.number(1)
        if first < _U16_MARK:
            return first
        width = {_U16_MARK: 2, _U32_MARK: 4, _U64_MARK: 8}[first]
        count = self.number(width)
        if write_size(count)[:1] != bytes([first]):
            raise Malformed(start, "a count is not in its shortest form")
        return count

    def sized(self) -> bytes:
        """Return bytes that follow their own count."""
        return self.take(self.size())

    def finish(self) -> None:
        """Refuse bytes behind the end of what was read."""
        if not self.is_done:
            raise Malformed(self.at, f"{len(self.data) - self.at} bytes more than expected")


def write_size(count: int) -> bytes:
    """Return a count in its shortest form."""
    if count < _U16_MARK:
        return bytes([count])
    if count < 1 << 16:
        return b"\xfd" + count.to_bytes(2, "little")
    if count < 1 << 32:
        return b"\xfe" + count.to_bytes(4, "little")
    return b"\xff" + count.to_bytes(8, "little")


def write_sized(data: bytes) -> bytes:
    """Return bytes behind their count."""
    return write_size(len(data)) + data
