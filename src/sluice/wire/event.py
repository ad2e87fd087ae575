"""Events and webhook endpoints on the wire."""

from typing import Any, Final

import msgspec

from sluice.business.webhooks.deliveries.retry import DEFAULT_PROFILE, PROFILES
from sluice.business.webhooks.deliveries.sign import Scheme
from sluice.business.webhooks.endpoints.model import Endpoint, NewEndpoint
from sluice.business.webhooks.events.model import TYPES, Event
from sluice.wire.fields import Choice, Field, Flag, Id, Integer, Text, Timestamp
from sluice.wire.given import Given
from sluice.wire.lists import ListShape
from sluice.wire.metadata import Metadata
from sluice.wire.shapes import ListOf, Shape
from sluice.wire.show import Shown, stamp

# What Stripe may send and we never do is accepted too, so that an endpoint's old list still works.
_STRIPE_ONLY: Final = (
    "charge.captured", "charge.dispute.created", "charge.expired", "charge.refunded", "charge.updated",
    "checkout.session.async_payment_failed", "checkout.session.async_payment_succeeded", "invoice.paid",
    "payment_intent.amount_capturable_updated", "payment_intent.payment_failed", "refund.created", "refund.failed",
    "refund.updated",
)  # fmt: skip
_EVENTS: Final = ListOf(Choice(("*", *TYPES, *_STRIPE_ONLY)), min=1, max=50, noun="events")
_SHARED: Final[dict[str, Field]] = {
    "url": Text(2048),
    "enabled_events": _EVENTS,
    "description": Text(500),
    "metadata": Metadata(),
    "retry_profile": Choice(tuple(PROFILES), doc="When to try again."),
    "signature_schemes": ListOf(Choice(tuple(Scheme)), min=1, max=5, noun="schemes"),
}

LIST: Final = ListShape(
    "event.list",
    ("evt",),
    {
        "type": Text(80),
        "types": ListOf(Text(80), max=20, noun="types"),
        "delivery_success": Flag(),
        "after": Integer(
            0, 2**53, doc="Only events numbered above this, oldest first: a feed without gaps."
        ),
    },
)
RETRIEVE: Final = Shape("event.retrieve", {})
RESEND: Final = Shape("event.resend", {"webhook_endpoint": Id(("we",))})
CREATE_ENDPOINT: Final = Shape(
    "webhook_endpoint.create",
    _SHARED
    | {
        "url": Text(2048, required=True),
        "enabled_events": ListOf(_EVENTS.item, min=1, max=50, required=True, noun="events"),
        "api_version": Text(40),
        "connect": Flag(),
    },
)
UPDATE_ENDPOINT: Final = Shape("webhook_endpoint.update", {**_SHARED, "disabled": Flag()})
RETRIEVE_ENDPOINT: Final = Shape("webhook_endpoint.retrieve", {})
DELETE_ENDPOINT: Final = Shape("webhook_endpoint.delete", {})
ROLL_SECRET: Final = Shape(
    "webhook_endpoint.roll_secret",
    {"expires_in": Integer(0, 604_800, default=86_400, doc="Seconds both secrets sign.")},
)
REPLAY: Final = Shape(
    "webhook_endpoint.replay", {"since": Timestamp(required=True), "until": Timestamp()}
)
LIST_ENDPOINTS: Final = ListShape("webhook_endpoint.list", ("we",))


def read_create_endpoint(given: Given) -> NewEndpoint:
    """Read what a new endpoint is to be."""
    return NewEndpoint(
        url=given.need_text("url"),
        enabled_events=list(given.texts("enabled_events")),
        description=given.text("description"),
        metadata=given.metadata().apply({}),
        api_version=given.text("api_version"),
        schemes=list(given.texts("signature_schemes")) or ["stripe", "standard"],
        retry_profile=given.text("retry_profile") or DEFAULT_PROFILE,
    )


def read_update_endpoint(given: Given, endpoint: Endpoint) -> dict[str, Any]:
    """Read which fields of an endpoint change."""
    changes: dict[str, Any] = {"metadata": given.metadata().apply(endpoint.metadata)}
    for name in ("url", "retry_profile"):
        if given.has(name):
            changes[name] = given.text(name)
    if given.has("description") or given.is_unset("description"):
        changes["description"] = given.text("description")
    if given.has("enabled_events"):
        changes["enabled_events"] = list(given.texts("enabled_events"))
    if given.has("signature_schemes"):
        changes["schemes"] = list(given.texts("signature_schemes"))
    if given.has("disabled"):
        changes["status"] = "disabled" if given.flag("disabled") else "enabled"
    return changes


def show_event(event: Event) -> Shown:
    """Show an event: what was told, word for word."""
    shown: Shown = msgspec.json.decode(event.body)
    return shown


def show_endpoint(endpoint: Endpoint, secret: str | None = None) -> Shown:
    """Show an endpoint; the secret only when it was just made."""
    return {
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "api_version": endpoint.api_version,
        "application": None,
        "created": stamp(endpoint.created_at),
        "description": endpoint.description,
        "enabled_events": list(endpoint.enabled_events),
        "livemode": endpoint.livemode,
        "metadata": dict(endpoint.metadata),
        "status": "enabled" if endpoint.status == "enabled" else "disabled",
        "url": endpoint.url,
        "retry_profile": endpoint.retry_profile,
        "signature_schemes": list(endpoint.schemes),
        "disabled_reason": endpoint.disabled_reason,
    } | ({} if secret is None else {"secret": secret})
