"""Memos: 34 bytes that say what a payment is for, in the one form in which they are compared."""

import re
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.clarity.model import Buffer, Some
from sluice.engine.chains.stacks.clarity.read import decode_value

MEMO_MAX: Final = 34

# Our references: sixteen bytes, told to people in hex.
_REFERENCE_BYTES: Final = 16
_REFERENCE: Final = re.compile(r"(?:0[xX])?([0-9a-fA-F]{32})")
# Some programs write the memo as a Clarity buffer or string: its kind, its length, its bytes.
_WRAPPERS: Final = frozenset({0x02, 0x0D, 0x0E})
_HEAD: Final = 5
_SPACE: Final = b" \t\r\n\x0b\x0c"


def read_memo(raw: bytes) -> str | None:
    """Return what a memo says: its text, or its bytes in hex where they are none.

    The zeros that fill a native memo, spaces around it and a wrapper inside it are not part of it.
    Sixteen bytes written as such, in capitals or behind `0x` are the same reference.
    """
    said = _unwrapped(raw.rstrip(b"\0"))
    text = _text(said.strip(_SPACE))
    if text == "":
        return None
    if text is None:
        # A reference may end in the zeros that were taken for filling.
        return said.ljust(_REFERENCE_BYTES, b"\0").hex()
    reference = _REFERENCE.fullmatch(text)
    return text if reference is None else reference[1].lower()


def read_printed_memo(value: bytes) -> str | None:
    """Return the memo that a token printed: a buffer, or an optional one. Others are no memo."""
    try:
        printed = decode_value(value)
    except Invalid:
        return None
    if isinstance(printed, Some):
        printed = printed.value
    if not isinstance(printed, Buffer) or len(printed.value) > MEMO_MAX:
        return None
    return read_memo(printed.value)


def _unwrapped(raw: bytes) -> bytes:
    if len(raw) > _HEAD and raw[0] in _WRAPPERS:
        said = raw[_HEAD:]
        if int.from_bytes(raw[1:_HEAD], "big") == len(said):
            return said
    return raw


def _text(said: bytes) -> str | None:
    try:
        text = said.decode()
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None
