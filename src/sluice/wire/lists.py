"""Lists: how a page is asked for and shown, as Stripe does it."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sluice.base.pages import Listing, Page
from sluice.wire.fields import Field, Id, Integer, Schema, Timestamp
from sluice.wire.given import Given
from sluice.wire.reading import Source, exclusive
from sluice.wire.shapes import Members, Shape

LIMIT_DEFAULT: Final = 10
LIMIT_MAX: Final = 100

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Between:
    """Bounds on an instant; None bounds nothing."""

    gt: dt.datetime | None = None
    gte: dt.datetime | None = None
    lt: dt.datetime | None = None
    lte: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Within(Field):
    """An instant or bounds on it: created=1, created[gte]=1&created[lt]=2."""

    def _value(self, value: object, path: str, source: Source, /) -> Between:
        if type(value) is not dict:
            instant = _INSTANT.read(value, path, source)
            return Between(gte=instant, lte=instant)
        bounds = _BOUNDS.read(value, path, source)
        return Between(**{name: bounds.instant(name) for name in bounds.values})

    def _schema(self, source: Source, /) -> Schema:
        return {"anyOf": [_INSTANT.schema(source), _BOUNDS.describe(source)]}


_INSTANT: Final = Timestamp()
_BOUNDS: Final = Members({name: Timestamp() for name in ("gt", "gte", "lt", "lte")})


class ListShape(Shape):
    """What a list may be asked for: a page, an age, and filters of its own.

    `prefixes` are those of the listed objects, whose ids serve as cursors.
    """

    def __init__(
        self,
        name: str,
        prefixes: Sequence[str],
        filters: Mapping[str, Field] | None = None,
        *,
        doc: str = "",
    ) -> None:
        common: dict[str, Field] = {
            "limit": Integer(1, LIMIT_MAX, default=LIMIT_DEFAULT, doc="How many objects at most."),
            "starting_after": Id(prefixes, doc="The id after which the page begins."),
            "ending_before": Id(prefixes, doc="The id before which the page ends."),
            "created": Within(doc="Only objects of this age."),
        }
        super().__init__(name, {**common, **(filters or {})}, doc=doc)


def read_page(given: Given) -> Page:
    """Return which part of a list is asked for: after one object or before another, not both."""
    after, before = given.text("starting_after"), given.text("ending_before")
    if after is not None and before is not None:
        raise exclusive("starting_after", "ending_before", "ending_before")
    return Page(limit=given.need_integer("limit"), starting_after=after, ending_before=before)


def show_list(url: str, listing: Listing[T], show: Callable[[T], dict[str, Any]]) -> dict[str, Any]:
    """Show one page; `url` is the path of the list, such as /v1/charges."""
    return {
        "object": "list",
        "url": url,
        "has_more": listing.has_more,
        "data": [show(item) for item in listing.items],
    }
