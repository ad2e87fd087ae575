"""Open a page for one cart."""

import datetime as dt

from sluice.base.errors import Invalid
from sluice.base.money.catalogue import find_asset
from sluice.base.money.money import Money
from sluice.base.work import Work
from sluice.business.accounts.merchants.model import Merchant
from sluice.business.payments.checkout import store
from sluice.business.payments.checkout.model import (
    LineItem,
    NewSession,
    PaymentStatus,
    Session,
    Status,
)
from sluice.business.payments.intents.create import create_intent
from sluice.business.payments.intents.model import NewIntent, PaymentIntent


async def create_session(
    work: Work, new: NewSession, *, merchant: Merchant
) -> tuple[Session, PaymentIntent]:
    """Open a session and the intent it collects."""
    currency = new.lines[0].currency
    if any(line.currency != currency for line in new.lines):
        raise Invalid(
            "All line items must have the same currency.",
            code="currency_mismatch",
            param="line_items",
        )
    total = sum(line.unit_amount * line.quantity for line in new.lines)
    if total <= 0:
        raise Invalid("The total must be at least 1.", code="amount_too_small", param="line_items")
    expires_at = new.expires_at or work.now + dt.timedelta(seconds=merchant.settings.pay_within_s)
    intent = await create_intent(
        work,
        NewIntent(
            amount=Money(total, find_asset(currency)),
            customer_id=new.customer_id,
            description=new.description,
            receipt_email=new.customer_email,
            metadata=new.intent_metadata,
            expires_in_s=int((expires_at - work.now).total_seconds()),
            idempotency_key=new.idempotency_key,
        ),
        merchant=merchant,
    )
    session = Session(
        id=work.new_unguessable_id("cs_live" if intent.livemode else "cs_test"),
        merchant_id=intent.merchant_id,
        livemode=intent.livemode,
        intent_id=intent.id,
        status=Status.OPEN,
        payment_status=PaymentStatus.UNPAID,
        line_items=[
            LineItem(
                work.new_id("li"),
                line.name,
                line.currency,
                line.unit_amount,
                line.quantity,
                line.description,
                line.images,
            )
            for line in new.lines
        ],
        created_at=work.now,
        expires_at=expires_at,
        ui_mode=new.ui_mode,
        customer_id=new.customer_id,
        customer_email=new.customer_email,
        client_reference_id=new.client_reference_id,
        success_url=new.success_url,
        cancel_url=new.cancel_url,
        return_url=new.return_url,
        locale=new.locale,
        submit_type=new.submit_type,
        metadata=new.metadata,
    )
    store.add(work, session)
    return session, intent
