"""Open a page for one cart."""

import datetime as dt
from typing import Final

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

TOTAL_MAX: Final = 10**15
# As Stripe: half an hour to a day, when the time is asked for. A clock may be a minute off.
_OPEN_LEAST: Final = dt.timedelta(minutes=30)
_OPEN_MOST: Final = dt.timedelta(hours=24)
_CLOCK_SLACK: Final = dt.timedelta(minutes=1)


async def create_session(
    work: Work, new: NewSession, *, merchant: Merchant
) -> tuple[Session, PaymentIntent]:
    """Open a session and the intent it collects."""
    total = _total(new)
    expires_at = _expiry(work, new, merchant)
    intent = await create_intent(
        work,
        NewIntent(
            amount=total,
            customer_id=new.customer_id,
            description=new.description,
            receipt_email=new.receipt_email or new.customer_email,
            statement_descriptor=new.statement_descriptor,
            metadata=new.intent_metadata,
            expires_in_s=int((expires_at - work.now).total_seconds()),
            idempotency_key=new.idempotency_key,
        ),
        merchant=merchant,
    )
    session = _session(work, new, intent, expires_at)
    store.add(work, session)
    return session, intent


def _total(new: NewSession) -> Money:
    """Add the lines up."""
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
    if total > TOTAL_MAX:
        raise Invalid("The total is above the limit.", code="amount_too_large", param="line_items")
    return Money(total, find_asset(currency))


def _expiry(work: Work, new: NewSession, merchant: Merchant) -> dt.datetime:
    """Return when the page closes: when it was asked to, or after the merchant's usual time."""
    if new.expires_at is None:
        return work.now + dt.timedelta(seconds=merchant.settings.pay_within_s)
    open_for = new.expires_at - work.now
    if not _OPEN_LEAST - _CLOCK_SLACK <= open_for <= _OPEN_MOST + _CLOCK_SLACK:
        raise Invalid(
            "expires_at must be from 30 minutes to 24 hours after the session's creation.",
            code="parameter_out_of_range",
            param="expires_at",
        )
    return new.expires_at


def _session(
    work: Work, new: NewSession, intent: PaymentIntent, expires_at: dt.datetime
) -> Session:
    return Session(
        id=work.new_unguessable_id("cs_live" if intent.livemode else "cs_test"),
        merchant_id=intent.merchant_id,
        livemode=intent.livemode,
        intent_id=intent.id,
        status=Status.OPEN,
        payment_status=PaymentStatus.UNPAID,
        line_items=[
            LineItem(
                id=work.new_id("li"),
                name=line.name,
                currency=line.currency,
                unit_amount=line.unit_amount,
                quantity=line.quantity,
                description=line.description,
                images=line.images,
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
