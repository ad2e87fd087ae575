"""Reading: the plain values every field is made of, and the refusals they share."""

import re
from enum import Enum
from typing import Any, Final, Literal

from sluice.base.errors import Invalid
from sluice.wire.characters import is_clean, is_clean_in_lines
from sluice.wire.forms import Indexed

Source = Literal["form", "json", "query"]

_WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,79})")


class Unset(Enum):
    """What a parameter holds that was sent as "" or null: take back what was there."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


def read_text(value: object, path: str, length_max: int, *, multiline: bool = False) -> str:
    """Return a text that may be stored and shown, or refuse."""
    if type(value) is not str:
        raise Invalid("Must be a string.", code="parameter_invalid_string", param=path)
    if len(value) > length_max:
        raise Invalid(
            f"Longer than {length_max} characters.", code="parameter_too_long", param=path
        )
    if not (is_clean_in_lines(value) if multiline else is_clean(value)):
        raise Invalid(
            "Contains characters that are not allowed.",
            code="parameter_invalid_characters",
            param=path,
        )
    return value


def whole(value: object, source: Source) -> int | None:
    """Return a whole number as this source writes it, or None; in JSON "5" is none."""
    if source == "json":
        return value if type(value) is int else None
    return int(value) if type(value) is str and _WHOLE.fullmatch(value) else None


def by_name(value: object) -> dict[str, Any] | None:
    """Return a mapping, also of a form whose names happen to be numbers, or None."""
    if type(value) is Indexed:
        return {str(index): part for index, part in zip(value.indexes, value, strict=True)}
    return value if type(value) is dict else None


def missing(path: str) -> Invalid:
    """Refuse for want of a parameter."""
    return Invalid("Missing required parameter.", code="parameter_missing", param=path)


def empty(path: str) -> Invalid:
    """Refuse an empty value where nothing can be taken back."""
    return Invalid(
        f"You passed an empty value for {path}, which cannot be unset; "
        "leave it out or supply a value.",
        code="parameter_invalid_empty",
        param=path,
    )


def not_an_object(path: str) -> Invalid:
    """Refuse what should have had parts."""
    return Invalid(f"{path} must be an object.", code="parameter_invalid_object", param=path)


def exclusive(first: str, second: str, path: str) -> Invalid:
    """Refuse two parameters of which only one makes sense."""
    return Invalid(
        f"You may only specify one of these parameters: {first}, {second}.",
        code="parameters_exclusive",
        param=path,
    )
