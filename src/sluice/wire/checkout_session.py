"""Checkout session on the wire."""

from typing import Final

from sluice.base.errors import Invalid
from sluice.business.payments.checkout.model import (
    LineItem,
    NewLine,
    NewSession,
    Session,
    Status,
)
from sluice.wire.fields import Amount, Choice, Email, Id, Integer, Text, Timestamp, Url
from sluice.wire.given import Given
from sluice.wire.lists import ListShape
from sluice.wire.metadata import Metadata
from sluice.wire.payment_intent import CURRENCIES
from sluice.wire.shapes import ListOf, Object, Shape
from sluice.wire.show import Shown, View, stamp

# Stripe renamed these; the old words are still in every tutorial.
_UI_MODES: Final = {"hosted_page": "hosted_page", "hosted": "hosted_page"}

_LINE: Final = Object(
    {
        "quantity": Integer(1, 1_000_000, default=1),
        "price_data": Object(
            {
                "currency": Choice(CURRENCIES, required=True),
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
            },
            required=True,
        ),
    }
)

CREATE: Final = Shape(
    "checkout.session.create",
    {
        "mode": Choice(("payment",), required=True),
        "line_items": ListOf(_LINE, min=1, max=100, required=True, noun="line items"),
        "success_url": Url(),
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
        "payment_intent_data": Object({"description": Text(500), "metadata": Metadata()}),
        "expires_at": Timestamp(),
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
        "status": Choice(("open", "complete", "expired")),
    },
)


def read_create(given: Given, idempotency_key: str | None) -> NewSession:
    """Read what a new session is to be."""
    if not given.has("success_url"):
        raise Invalid("Missing required parameter.", code="parameter_missing", param="success_url")
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
        expires_at=given.instant("expires_at"),
        idempotency_key=idempotency_key,
    )


def show_checkout_session(session: Session, view: View) -> Shown:
    """Show a session. Its line items are left out until they are expanded."""
    total = session.amount_total
    return {
        "id": session.id,
        "object": "checkout.session",
        "adaptive_pricing": None,
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": session.cancel_url,
        "client_reference_id": session.client_reference_id,
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": stamp(session.created_at),
        "currency": session.currency,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None, "shipping_address": None, "submit": None, "terms_of_service_acceptance": None,
        },
        "customer": session.customer_id,
        "customer_creation": "if_required",
        "customer_details": None
        if session.customer_email is None
        else {
            "address": None, "business_name": None, "email": session.customer_email, "individual_name": None,
            "name": None, "phone": None, "tax_exempt": "none", "tax_ids": [],
        },
        "customer_email": session.customer_email,
        "discounts": [],
        "expires_at": stamp(session.expires_at),
        "invoice": None,
        "invoice_creation": None,
        "livemode": session.livemode,
        "locale": session.locale,
        "metadata": dict(session.metadata),
        "mode": "payment",
        "origin_context": None,
        "payment_intent": session.intent_id,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["crypto"],
        "payment_status": session.payment_status.value,
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "presentment_details": None,
        "recovered_from": None,
        "redirect_on_completion": None,
        "return_url": session.return_url,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": session.status.value,
        "submit_type": session.submit_type,
        "subscription": None,
        "success_url": session.success_url,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": session.ui_mode,
        "url": f"{view.public_url}/c/{session.id}" if session.status is Status.OPEN else None,
        "wallet_options": None,
        "object_version": session.version,
    }  # fmt: skip


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


def _line(item: Given) -> NewLine:
    price = item.object("price_data")
    product = price.object("product_data") if price else None
    if price is None or product is None:
        raise Invalid(
            "Missing required parameter.", code="parameter_missing", param=item.param("price_data")
        )
    return NewLine(
        name=product.need_text("name"),
        currency=price.need_text("currency"),
        unit_amount=price.need_integer("unit_amount"),
        quantity=item.need_integer("quantity"),
        description=product.text("description"),
        images=product.texts("images"),
    )
