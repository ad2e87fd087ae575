"""Which characters a text may hold, and how much of a stranger's text may be said back."""

import re
from typing import Final

# Control characters, zero-width and bidirectional marks, lone surrogates and non-characters: each
# either cannot be stored, breaks a log line, or makes a text look like another one.
_HIDDEN: Final = (
    "\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
)
_REFUSED: Final = re.compile(f"[\x00-\x1f{_HIDDEN}]")
_REFUSED_IN_LINES: Final = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f{_HIDDEN}]")

_ECHO_MAX: Final = 100


def is_clean(text: str) -> bool:
    """Say whether a single line holds only characters that may be stored and shown."""
    return text.isprintable() or _REFUSED.search(text) is None


def is_clean_in_lines(text: str) -> bool:
    """Say the same of a text that may hold tabs and line ends."""
    return text.isprintable() or _REFUSED_IN_LINES.search(text) is None


def echo(text: str) -> str | None:
    """Return the part of a stranger's text that may be repeated to them, or None."""
    return text[:_ECHO_MAX] if is_clean(text) else None
