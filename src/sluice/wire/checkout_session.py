"""Checkout session on the wire."""

from collections.abc import Mapping
from typing import Final

from sluice.base.errors import Invalid
from sluice.business.payments.checkout.model import (
    LineItem,
    NewLine,
    NewSession,
    Session,
    Status,
)
from sluice.wire.currency import Currency
from sluice.wire.fields import Amount, Choice, Email, Id, Integer, Text, Timestamp, Url
from sluice.wire.given import Given
from sluice.wire.lists import ListShape
from sluice.wire.metadata import Metadata
from sluice.wire.reading import missing
from sluice.wire.shapes import ListOf, Object, Shape
from sluice.wire.show import Shown, View, stamp

# Stripe renamed these; the old words are still in every tutorial.
_UI_MODES: Final = {"hosted_page": "hosted_page", "hosted": "hosted_page"}

_LINE: Final = Object(
    {
        "quantity": Integer(1, 1_000_000, default=1),
        "price": Text(100, doc="Not served yet: there are no stored prices. Send price_data."),
        "price_data": Object(
            {
                "currency": Currency(required=True),
                "unit_amount": Amount(min=0, required=True),
                "product_data": Object(
                    {
                        "name": Text(250, required=True),
                        "description": Text(500),
                        "images": ListOf(Url(), max=8, noun="images"),
                        "metadata": Metadata(),
                    },
                    required=True,
                ),
            }
        ),
    }
)

CREATE: Final = Shape(
    "checkout.session.create",
    {
        "mode": Choice(("payment",), required=True),
        "line_items": ListOf(_LINE, min=1, max=100, required=True, noun="line items"),
        "success_url": Url(doc="{CHECKOUT_SESSION_ID} in it becomes the session's id."),
        "cancel_url": Url(),
        "return_url": Url(),
        "ui_mode": Choice(tuple(_UI_MODES), default="hosted_page"),
        "customer": Id(("cus",)),
        "customer_email": Email(),
        "client_reference_id": Text(200),
        "metadata": Metadata(),
        "locale": Text(10),
        "submit_type": Choice(("auto", "pay", "book", "donate")),
        "payment_method_types": ListOf(Choice(("crypto",)), max=1, noun="types"),
        "payment_intent_data": Object(
            {
                "description": Text(500),
                "metadata": Metadata(),
                "receipt_email": Email(),
                "statement_descriptor": Text(22),
            }
        ),
        "expires_at": Timestamp(doc="From 30 minutes to 24 hours ahead."),
    },
)
RETRIEVE: Final = Shape("checkout.session.retrieve", {})
EXPIRE: Final = Shape("checkout.session.expire", {})
LINES: Final = ListShape("checkout.session.line_items", ("li",))
LIST: Final = ListShape(
    "checkout.session.list",
    ("cs_test", "cs_live"),
    {
        "payment_intent": Id(("pi",)),
        "customer": Id(("cus",)),
        "customer_details": Object({"email": Email(required=True)}),
        "status": Choice(("open", "complete", "expired")),
    },
)

_FILTERS: Final[Mapping[str, str]] = {
    "payment_intent": "intent_id",
    "customer": "customer_id",
    "status": "status",
}
# What only cards, subscriptions, shipments or pages inside pages have.
_ABSENT: Final[Shown] = dict.fromkeys(
    (
        "adaptive_pricing",
        "after_expiration",
        "allow_promotion_codes",
        "billing_address_collection",
        "client_secret",
        "collected_information",
        "consent",
        "consent_collection",
        "currency_conversion",
        "invoice",
        "invoice_creation",
        "origin_context",
        "payment_link",
        "payment_method_configuration_details",
        "permissions",
        "presentment_details",
        "recovered_from",
        "redirect_on_completion",
        "saved_payment_method_options",
        "setup_intent",
        "shipping_address_collection",
        "shipping_cost",
        "subscription",
        "wallet_options",
    )
)
_CUSTOM_TEXT: Final[Shown] = dict.fromkeys(
    ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
)
_AUTOMATIC_TAX: Final[Shown] = {
    "enabled": False,
    "liability": None,
    "provider": None,
    "status": None,
}
_ADDRESSLESS: Final[Shown] = dict.fromkeys(
    ("address", "business_name", "individual_name", "name", "phone")
)


def read_create(given: Given, idempotency_key: str | None) -> NewSession:
    """Read what a new session is to be."""
    if not given.has("success_url"):
        raise missing("success_url")
    data = given.object("payment_intent_data")
    return NewSession(
        lines=[_line(item) for item in given.objects("line_items")],
        success_url=given.text("success_url"),
        cancel_url=given.text("cancel_url"),
        return_url=given.text("return_url"),
        ui_mode=_UI_MODES[given.need_text("ui_mode")],
        customer_id=given.text("customer"),
        customer_email=given.text("customer_email"),
        client_reference_id=given.text("client_reference_id"),
        locale=given.text("locale"),
        submit_type=given.text("submit_type"),
        metadata=given.metadata().apply({}),
        intent_metadata=data.metadata().apply({}) if data else {},
        description=data.text("description") if data else None,
        receipt_email=data.text("receipt_email") if data else None,
        statement_descriptor=data.text("statement_descriptor") if data else None,
        expires_at=given.instant("expires_at"),
        idempotency_key=idempotency_key,
    )


def read_filters(given: Given) -> dict[str, str]:
    """Read which sessions are asked for, by column."""
    filters = {
        column: text for name, column in _FILTERS.items() if (text := given.text(name)) is not None
    }
    details = given.object("customer_details")
    return filters | ({"customer_email": details.need_text("email")} if details else {})


def show_checkout_session(session: Session, view: View) -> Shown:
    """Show a session. Its line items are left out until they are expanded."""
    total = session.amount_total
    return {
        "id": session.id,
        "object": "checkout.session",
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": dict(_AUTOMATIC_TAX),
        "cancel_url": session.cancel_url,
        "client_reference_id": session.client_reference_id,
        "created": stamp(session.created_at),
        "currency": session.currency,
        "custom_fields": [],
        "custom_text": dict(_CUSTOM_TEXT),
        "customer": session.customer_id,
        "customer_creation": "if_required",
        "customer_details": _customer_details(session),
        "customer_email": session.customer_email,
        "discounts": [],
        "expires_at": stamp(session.expires_at),
        "livemode": session.livemode,
        "locale": session.locale,
        "metadata": dict(session.metadata),
        "mode": "payment",
        "payment_intent": session.intent_id,
        "payment_method_collection": "if_required",
        "payment_method_options": {},
        "payment_method_types": ["crypto"],
        "payment_status": session.payment_status.value,
        "phone_number_collection": {"enabled": False},
        "return_url": session.return_url,
        "shipping_options": [],
        "status": session.status.value,
        "submit_type": session.submit_type,
        "success_url": session.success_url,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": session.ui_mode,
        "url": f"{view.public_url}/c/{session.id}" if session.status is Status.OPEN else None,
        **_ABSENT,
        "object_version": session.version,
    }


def show_line_items(session: Session) -> Shown:
    """Show all of a session's lines, as they stand in an expanded session."""
    return {
        "object": "list",
        "url": line_items_url(session),
        "has_more": False,
        "data": [show_line_item(item) for item in session.line_items],
    }


def line_items_url(session: Session) -> str:
    """Return where a session's lines are listed."""
    return f"/v1/checkout/sessions/{session.id}/line_items"


def show_line_item(item: LineItem) -> Shown:
    """Show one line of the cart."""
    return {
        "id": item.id,
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": item.total,
        "amount_tax": 0,
        "amount_total": item.total,
        "currency": item.currency,
        "description": item.name,
        "metadata": None,
        "price": None,
        "quantity": item.quantity,
    }


def _customer_details(session: Session) -> Shown | None:
    if session.customer_email is None:
        return None
    return {**_ADDRESSLESS, "email": session.customer_email, "tax_exempt": "none", "tax_ids": []}


def _line(item: Given) -> NewLine:
    if item.has("price"):
        raise Invalid(
            "Stored prices are not served yet; describe the price in price_data.",
            code="parameter_unsupported",
            param=item.param("price"),
        )
    price = item.object("price_data")
    product = price.object("product_data") if price else None
    if price is None or product is None:
        raise missing(item.param("price_data"))
    return NewLine(
        name=product.need_text("name"),
        currency=price.need_text("currency"),
        unit_amount=price.need_integer("unit_amount"),
        quantity=item.need_integer("quantity"),
        description=product.text("description"),
        images=product.texts("images"),
    )
