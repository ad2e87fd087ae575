"""Price a promise, give it its terms, start the clock."""

import datetime as dt

from sluice.base.errors import NotFound
from sluice.base.work import Work
from sluice.business.accounts.merchants.model import Merchant
from sluice.business.payments.customers.find import customer_exists
from sluice.business.payments.intents import store
from sluice.business.payments.intents.facts import IntentCreated
from sluice.business.payments.intents.model import (
    NewIntent,
    PaymentIntent,
    Resolution,
    Status,
    Terms,
)


async def create_intent(work: Work, new: NewIntent, *, merchant: Merchant) -> PaymentIntent:
    """Make an intent under the merchant's terms of today."""
    if new.customer_id is not None and not await customer_exists(work, new.customer_id):
        raise NotFound(f"No such customer: '{new.customer_id}'", param="customer")
    settings = merchant.settings
    intent = PaymentIntent(
        id=work.new_id("pi"),
        merchant_id=work.actor.merchant,
        livemode=work.actor.livemode,
        status=Status.REQUIRES_PAYMENT_METHOD,
        resolution=Resolution.AWAITING,
        amount=new.amount,
        terms=Terms(
            settings.fee,
            settings.tolerance_bps,
            settings.late,
            settings.late_grace_s,
            settings.quote_valid_s,
        ),
        created_at=work.now,
        expires_at=work.now + dt.timedelta(seconds=new.expires_in_s or settings.pay_within_s),
        watch_until=work.now + dt.timedelta(seconds=settings.watch_for_s),
        customer_id=new.customer_id,
        description=new.description,
        receipt_email=new.receipt_email,
        statement_descriptor=new.statement_descriptor,
        return_url=new.return_url,
        metadata=new.metadata,
        options=new.options,
        idempotency_key=new.idempotency_key,
    )
    store.add(work, intent)
    work.record(
        [IntentCreated(merchant_id=intent.merchant_id, livemode=intent.livemode, intent=intent)]
    )
    return intent
