"""RLP: how these networks write lists of bytes; read only in the one form that is right."""

from collections.abc import Sequence
from typing import Final, TypeAlias

from sluice.base.errors import Invalid

Item: TypeAlias = "bytes | Sequence[Item]"

_TEXT: Final = 0x80
_LIST: Final = 0xC0
_SHORT_MAX: Final = 55
_DEPTH_MAX: Final = 4


def encode(item: Item) -> bytes:
    """Write bytes, or a list of items."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < _TEXT:
            return item
        return _head(_TEXT, len(item)) + item
    body = b"".join(map(encode, item))
    return _head(_LIST, len(body)) + body


def number(value: int) -> bytes:
    """Return a number's bytes as RLP wants them: none for nought, no zeros in front."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def decode(data: bytes) -> Item:
    """Read one item that fills these bytes. Raises Invalid for any form but the shortest."""
    item, end = _item(data, 0, _DEPTH_MAX)
    if end != len(data):
        raise _refused()
    return item


def to_number(item: Item) -> int:
    """Read a number. Raises Invalid for a list, for zeros in front, and above 256 bits."""
    if not isinstance(item, bytes) or item[:1] == b"\0" or len(item) > 32:  # noqa: PLR2004
        raise _refused()
    return int.from_bytes(item, "big")


def _head(kind: int, length: int) -> bytes:
    if length <= _SHORT_MAX:
        return bytes([kind + length])
    size = number(length)
    return bytes([kind + _SHORT_MAX + len(size)]) + size


def _item(data: bytes, at: int, depth: int) -> tuple[Item, int]:
    if at >= len(data) or depth == 0:
        raise _refused()
    first = data[at]
    if first < _TEXT:
        return data[at : at + 1], at + 1
    kind = _LIST if first >= _LIST else _TEXT
    start, end = _body(data, at + 1, first - kind)
    if kind == _TEXT:
        text = data[start:end]
        if len(text) == 1 and text[0] < _TEXT:
            raise _refused()
        return text, end
    items: list[Item] = []
    while start < end:
        item, start = _item(data[:end], start, depth - 1)
        items.append(item)
    return items, end


def _body(data: bytes, at: int, length: int) -> tuple[int, int]:
    """Return where the body behind a head lies."""
    if length > _SHORT_MAX:
        size = data[at : at + length - _SHORT_MAX]
        at += length - _SHORT_MAX
        length = int.from_bytes(size, "big")
        if size[:1] == b"\0" or length <= _SHORT_MAX:
            raise _refused()
    if at + length > len(data):
        raise _refused()
    return at, at + length


def _refused() -> Invalid:
    return Invalid("These bytes are not RLP in its shortest form.", code="rlp_invalid")
