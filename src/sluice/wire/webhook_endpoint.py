"""Webhook endpoints on the wire."""

from typing import Any, Final

from sluice.base.errors import Invalid
from sluice.business.webhooks.deliveries.retry import DEFAULT_PROFILE, PROFILES
from sluice.business.webhooks.deliveries.sign import Scheme
from sluice.business.webhooks.endpoints.model import Endpoint, NewEndpoint
from sluice.business.webhooks.events.model import TYPES
from sluice.wire.fields import Choice, Field, Flag, Integer, Text, Timestamp
from sluice.wire.given import Given
from sluice.wire.lists import ListShape
from sluice.wire.metadata import Metadata
from sluice.wire.shapes import ListOf, Shape
from sluice.wire.show import Shown, stamp
from sluice.wire.versions import read_version

# What Stripe may send and we never do is accepted too, so that an endpoint's old list still works.
_STRIPE_ONLY: Final = (
    "charge.captured",
    "charge.dispute.created",
    "charge.expired",
    "charge.refunded",
    "charge.updated",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "invoice.paid",
    "payment_intent.amount_capturable_updated",
    "payment_intent.payment_failed",
    "refund.created",
    "refund.failed",
    "refund.updated",
)
_EVENT: Final = Choice(("*", *TYPES, *_STRIPE_ONLY))
_SHARED: Final[dict[str, Field]] = {
    "description": Text(500),
    "metadata": Metadata(),
    "retry_profile": Choice(tuple(PROFILES), doc="When to try again."),
    "signature_schemes": ListOf(Choice(tuple(Scheme)), min=1, max=5, noun="schemes"),
}

CREATE: Final = Shape(
    "webhook_endpoint.create",
    {
        "url": Text(2048, required=True),
        "enabled_events": ListOf(_EVENT, min=1, max=50, required=True, noun="events"),
        **_SHARED,
        "api_version": Text(40),
        "connect": Flag(doc="There are no connected accounts: only false."),
    },
)
UPDATE: Final = Shape(
    "webhook_endpoint.update",
    {
        "url": Text(2048, clearable=False),
        "enabled_events": ListOf(_EVENT, min=1, max=50, noun="events", clearable=False),
        **_SHARED,
        "disabled": Flag(),
    },
)
RETRIEVE: Final = Shape("webhook_endpoint.retrieve", {})
DELETE: Final = Shape("webhook_endpoint.delete", {})
ROLL_SECRET: Final = Shape(
    "webhook_endpoint.roll_secret",
    {"expires_in": Integer(0, 604_800, default=86_400, doc="Seconds both secrets sign.")},
)
REPLAY: Final = Shape(
    "webhook_endpoint.replay", {"since": Timestamp(required=True), "until": Timestamp()}
)
LIST: Final = ListShape("webhook_endpoint.list", ("we",))


def read_create(given: Given) -> NewEndpoint:
    """Read what a new endpoint is to be."""
    if given.flag("connect"):
        raise Invalid("There are no connected accounts.", param="connect")
    version = given.text("api_version")
    return NewEndpoint(
        url=given.need_text("url"),
        enabled_events=list(given.texts("enabled_events")),
        description=given.text("description"),
        metadata=given.metadata().apply({}),
        api_version=version and read_version(version).text,
        schemes=list(given.texts("signature_schemes")) or ["stripe", "standard"],
        retry_profile=given.text("retry_profile") or DEFAULT_PROFILE,
    )


def read_update(given: Given, endpoint: Endpoint) -> dict[str, Any]:
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


def show_webhook_endpoint(endpoint: Endpoint, secret: str | None = None) -> Shown:
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
