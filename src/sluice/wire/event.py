"""Events on the wire."""

from typing import Final

import msgspec

from sluice.business.webhooks.events.model import Event
from sluice.wire.fields import Flag, Id, Integer, Text
from sluice.wire.given import Given
from sluice.wire.lists import ListShape
from sluice.wire.reading import exclusive
from sluice.wire.shapes import ListOf, Shape
from sluice.wire.show import Shown

_TYPE: Final = Text(80, r"[a-z_.]+(\*)?|\*", message="Name an event, or a group such as charge.*.")

LIST: Final = ListShape(
    "event.list",
    ("evt",),
    {
        "type": _TYPE,
        "types": ListOf(_TYPE, max=20, noun="types"),
        "delivery_success": Flag(doc="Whether every endpoint that listens has taken it."),
        "after": Integer(
            0, 2**53, doc="Only events numbered above this, oldest first: a feed without gaps."
        ),
    },
)
RETRIEVE: Final = Shape("event.retrieve", {})
RESEND: Final = Shape("event.resend", {"webhook_endpoint": Id(("we",))})


def read_types(given: Given) -> list[str]:
    """Read which types are asked for; none means all."""
    single, several = given.text("type"), given.texts("types")
    if single is not None and several:
        raise exclusive("type", "types", "types")
    return [single] if single is not None else list(several)


def show_event(event: Event) -> Shown:
    """Show an event: what was told, word for word."""
    shown: Shown = msgspec.json.decode(event.body)
    return shown
