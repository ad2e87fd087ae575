"""Versions: the dated API version a caller was written for."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from sluice.base.errors import Invalid
from sluice.wire.characters import echo

DEFAULT: Final = "2026-10-28.endive"

# A date, the release train it belongs to, and previews asked for by name.
_FORM: Final = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})(?:\.(?P<train>[a-z]{1,32}))?"
    r"(?P<previews>(?:; ?[a-z0-9_]{1,64}=v[0-9]{1,4}){0,8})"
)


@dataclass(frozen=True, slots=True)
class Version:
    """A version as sent, to be echoed, and the date by which behaviour is chosen."""

    text: str
    date: dt.date
    train: str | None

    def at_least(self, date: dt.date) -> bool:
        """Say whether the caller was written for this date's behaviour or for a later one's."""
        return self.date >= date


def read_version(header: str | None) -> Version:
    """Read the Stripe-Version header; absent is ours, and trains newer than ours are welcome."""
    text = header if header is not None else DEFAULT
    match = _FORM.fullmatch(text)
    try:
        date = dt.date.fromisoformat(match["date"]) if match else None
    except ValueError:
        date = None
    if match is None or date is None:
        raise Invalid(
            f"Invalid API version{_quoted(text)}; send a date and a train, such as {DEFAULT}.",
            code="api_version_invalid",
        )
    return Version(text=text, date=date, train=match["train"])


def _quoted(text: str) -> str:
    shown = echo(text)
    return f": {shown}" if shown else ""
