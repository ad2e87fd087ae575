"""PaymentIntent on the wire: what may be asked, and how it is shown."""

from collections.abc import Mapping
from typing import Any, Final

from sluice.base.errors import Invalid
from sluice.base.money.catalogue import find_asset
from sluice.base.money.money import Money
from sluice.business.payments.intents.model import (
    Cancellation,
    NewIntent,
    PaymentIntent,
)
from sluice.business.payments.intents.model import Choice as Chosen
from sluice.engine.chains.model import Style
from sluice.wire.currency import Currency
from sluice.wire.fields import Amount, Choice, Email, Field, Flag, Id, Integer, Text, Url
from sluice.wire.given import Given
from sluice.wire.lists import ListShape
from sluice.wire.metadata import Metadata
from sluice.wire.next_action import show_next_action
from sluice.wire.shapes import ListOf, Object, Shape
from sluice.wire.show import Shown, View, stamp

_CRYPTO: Final = Object(
    {
        "mode": Choice(("deposit",)),
        "setup_future_usage": Choice(("none",)),
        "deposit_options": Object(
            {
                "networks": ListOf(Text(40), min=1, max=20, noun="networks"),
                "tokens": ListOf(Text(20), min=1, max=20, noun="tokens"),
                "style": Choice(
                    ("address", "deposit", "contract", "memo", "amount"),
                    doc="How the payment is told apart.",
                ),
            }
        ),
    }
)
_METHOD: Final[dict[str, Field]] = {
    "payment_method_types": ListOf(Choice(("crypto",)), max=1, noun="types"),
    "payment_method_options": Object({"crypto": _CRYPTO}),
    "payment_method_data": Object({"type": Choice(("crypto",), required=True)}),
    "return_url": Url(),
}
_DETAILS: Final[dict[str, Field]] = {
    "customer": Id(("cus",)),
    "description": Text(500),
    "metadata": Metadata(),
    "receipt_email": Email(),
    "statement_descriptor": Text(22),
}

CREATE: Final = Shape(
    "payment_intent.create",
    {
        "amount": Amount(
            required=True, aliases=("amount_sats",), doc="In the currency's smallest unit."
        ),
        "currency": Currency(required=True, doc="A currency, or an asset for a native price."),
        **_DETAILS,
        **_METHOD,
        "automatic_payment_methods": Object(
            {"enabled": Flag(required=True), "allow_redirects": Choice(("always", "never"))}
        ),
        "capture_method": Choice(("automatic", "automatic_async")),
        "confirmation_method": Choice(("automatic",)),
        "confirm": Flag(),
        "expires_in": Integer(60, 604_800, doc="Seconds the payer has."),
    },
)
UPDATE: Final = Shape(
    "payment_intent.update",
    {"amount": Amount(), "currency": Currency(), **_DETAILS, **_METHOD},
)
CONFIRM: Final = Shape("payment_intent.confirm", {**_METHOD, "client_secret": Text(200)})
RETRIEVE: Final = Shape("payment_intent.retrieve", {"client_secret": Text(200)})
CANCEL: Final = Shape(
    "payment_intent.cancel",
    {
        "cancellation_reason": Choice(
            ("abandoned", "duplicate", "fraudulent", "requested_by_customer")
        )
    },
)
LIST: Final = ListShape("payment_intent.list", ("pi",), {"customer": Id(("cus",))})


# What of an intent its merchant may change, and the name it has inside.
_COLUMNS: Final[Mapping[str, str]] = {
    "description": "description",
    "receipt_email": "receipt_email",
    "customer": "customer_id",
    "statement_descriptor": "statement_descriptor",
    "return_url": "return_url",
}
# What only cards, marketplaces or shipments have.
_ABSENT: Final[Shown] = dict.fromkeys(
    (
        "allowed_payment_method_types",
        "application",
        "application_fee_amount",
        "automatic_payment_methods",
        "last_payment_error",
        "on_behalf_of",
        "payment_method",
        "processing",
        "review",
        "setup_future_usage",
        "shipping",
        "source",
        "statement_descriptor_suffix",
        "transfer_data",
        "transfer_group",
    )
)
# What a payer learns, whose publishable key and client secret stand in a page: how to pay, and how
# the payment stands; never the merchant's notes, customer or books.
_PAYER_SEES: Final = frozenset(
    {
        "id",
        "object",
        "amount",
        "amount_details",
        "amount_received",
        "automatic_payment_methods",
        "canceled_at",
        "cancellation_reason",
        "capture_method",
        "client_secret",
        "confirmation_method",
        "created",
        "currency",
        "description",
        "expires_at",
        "last_payment_error",
        "livemode",
        "next_action",
        "object_version",
        "payment_method",
        "payment_method_types",
        "processing",
        "receipt_email",
        "resolution",
        "setup_future_usage",
        "shipping",
        "source",
        "status",
    }
)


def read_create(given: Given, idempotency_key: str | None) -> NewIntent:
    """Read what a new intent is to be."""
    return NewIntent(
        amount=Money(
            given.need_integer("amount"), find_asset(given.need_text("currency"), param="currency")
        ),
        customer_id=given.text("customer"),
        description=given.text("description"),
        receipt_email=given.text("receipt_email"),
        statement_descriptor=given.text("statement_descriptor"),
        return_url=given.text("return_url"),
        metadata=given.metadata().apply({}),
        options=_options(given),
        expires_in_s=given.integer("expires_in"),
        idempotency_key=idempotency_key,
    )


def read_choice(given: Given, intent: PaymentIntent | None = None) -> Chosen:
    """Read which networks, assets and style are wanted; what is not said now was perhaps before."""
    options = _options(given) or (dict(intent.options) if intent else {})
    style = options.get("style")
    return Chosen(options.get("networks"), options.get("tokens"), Style(style) if style else None)


def read_update(given: Given, intent: PaymentIntent) -> dict[str, Any]:
    """Read which fields change; what is sent empty is taken back."""
    changes: dict[str, Any] = {
        column: given.get(name)
        for name, column in _COLUMNS.items()
        if given.has(name) or given.is_unset(name)
    }
    changes["metadata"] = given.metadata().apply(intent.metadata)
    currency = given.text("currency")
    if currency is not None and not given.has("amount"):
        raise Invalid(
            "Send the amount with its currency.", code="parameter_missing", param="amount"
        )
    if given.has("amount"):
        changes["amount"] = Money(
            given.need_integer("amount"), find_asset(currency or intent.amount.asset.code)
        )
    if given.has("payment_method_options"):
        changes["options"] = _options(given)
    return changes


def read_cancel(given: Given) -> Cancellation | None:
    """Read why an intent is cancelled, if that is said."""
    reason = given.text("cancellation_reason")
    return None if reason is None else Cancellation(reason)


def show_payment_intent(intent: PaymentIntent, view: View) -> Shown:
    """Show an intent as Stripe does, with what only a chain has beside it."""
    native = intent.amount.asset.code in {"btc", "sbtc"}
    return {
        "id": intent.id,
        "object": "payment_intent",
        "amount": intent.amount.units,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": intent.amount_received,
        "canceled_at": stamp(intent.canceled_at),
        "cancellation_reason": _cancellation(intent),
        "capture_method": "automatic",
        "client_secret": view.client_secret(intent.id),
        "confirmation_method": "automatic",
        "created": stamp(intent.created_at),
        "currency": intent.amount.asset.code,
        "customer": intent.customer_id,
        "description": intent.description,
        "latest_charge": intent.charge_id,
        "livemode": intent.livemode,
        "metadata": dict(intent.metadata),
        "next_action": show_next_action(intent, view),
        "payment_method_options": {"crypto": {"setup_future_usage": "none"}},
        "payment_method_types": ["crypto"],
        "receipt_email": intent.receipt_email,
        "statement_descriptor": intent.statement_descriptor,
        "status": intent.status.value,
        **_ABSENT,
        "expires_at": stamp(intent.expires_at),
        "resolution": intent.resolution.value,
        "object_version": intent.version,
    } | ({"amount_sats": intent.amount.units} if native else {})


def show_to_payer(intent: PaymentIntent, view: View) -> Shown:
    """Show an intent to whoever holds its client secret: what its payer may see."""
    shown = show_payment_intent(intent, view)
    return {name: value for name, value in shown.items() if name in _PAYER_SEES}


def _options(given: Given) -> dict[str, Any]:
    method = given.object("payment_method_options")
    crypto = method.object("crypto") if method else None
    deposit = crypto.object("deposit_options") if crypto else None
    if deposit is None:
        return {}
    found: dict[str, Any] = {}
    for name in ("networks", "tokens"):
        if deposit.has(name):
            found[name] = list(deposit.texts(name))
    if deposit.has("style"):
        found["style"] = deposit.text("style")
    return found


def _cancellation(intent: PaymentIntent) -> str | None:
    return intent.cancellation_reason and intent.cancellation_reason.value
