"""Names that contracts, functions, assets and tuple keys may have (stacks-core, representations).

A name of bytes is checked once; the same few names come again and again.
"""

import re
from functools import lru_cache
from typing import Final

from sluice.base.errors import Invalid

NAME_MAX: Final = 128
# What may be deployed or called; a principal inside a value may be as long as any name.
CONTRACT_NAME_MAX: Final = 40

_CONTRACT: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]*|__transient")
# A leading underscore is Clarity 6's; the bytes accept it in every epoch.
_CLARITY: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_!?+<>=/*-]*|[-+=/*]|[<>]=?")


@lru_cache(4096)
def contract_name(raw: bytes) -> str:
    """Return a contract's name of 1 to 128 letters, digits, '-' and '_', a letter first."""
    return _checked(raw, _CONTRACT, "a contract")


@lru_cache(4096)
def clarity_name(raw: bytes) -> str:
    """Return the name of a function, an asset or a tuple's key."""
    return _checked(raw, _CLARITY, "a Clarity")


def _checked(raw: bytes, pattern: re.Pattern[str], whose: str) -> str:
    text = raw.decode("latin-1")
    if len(raw) > NAME_MAX or not pattern.fullmatch(text):
        raise Invalid(f"{text!r} is not {whose} name.", code="name_invalid")
    return text
