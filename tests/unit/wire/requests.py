"""Shapes and a reader that the wire tests share."""

from typing import Any

from sluice.wire.fields import Amount, Choice, Flag, Id, Integer, Text, Url
from sluice.wire.forms import read_form, read_query
from sluice.wire.given import Given
from sluice.wire.lists import ListShape
from sluice.wire.metadata import Metadata
from sluice.wire.shapes import ListOf, Shape
from sluice.wire.strict_json import read_json

CREATE = Shape(
    "payment_intent.create",
    {
        "amount": Amount(required=True),
        "asset": Choice(("BTC", "SBTC", "USDC"), required=True),
        "description": Text(500),
        "metadata": Metadata(),
        "expires_in": Integer(60, 604_800, default=3_600),
        "success_url": Url(),
        "confirm": Flag(default=False),
    },
)
REFUND = Shape(
    "refund.create",
    {
        "payment_intent": Id(("pi",), required=True),
        "amount": Amount(),
        "to_address": Text(
            100,
            r"[A-Za-z0-9]{20,100}",
            required=True,
            code="address_invalid",
            message="Not a valid address for this asset.",
        ),
    },
)
HOOK = Shape(
    "webhook_endpoint.create",
    {
        "url": Url(required=True),
        "enabled_events": ListOf(
            Choice(("*", "payment_intent.succeeded")), max=50, min=1, noun="events"
        ),
    },
)
LIST = ListShape(
    "payment_intent.list", ("pi",), {"status": Choice(("requires_payment", "succeeded"))}
)
PI = "pi_" + "1" * 24


def from_json(shape: Shape, body: bytes | str) -> Given:
    """Read a JSON body as a route would."""
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    return shape.read(read_json(raw), "json")


def from_form(shape: Shape, body: bytes | str) -> Given:
    """Read a form body as a route would."""
    raw = body.encode() if isinstance(body, str) else body
    return shape.read(read_form(raw), "form")


def from_query(shape: Shape, query: bytes | str) -> Given:
    """Read a query string as a route would."""
    raw = query.encode() if isinstance(query, str) else query
    return shape.read(read_query(raw), "query")


def with_defaults(**values: object) -> dict[str, Any]:
    """Return a create that is right but for what a test changes."""
    return {"amount": 5, "asset": "BTC", **values}
