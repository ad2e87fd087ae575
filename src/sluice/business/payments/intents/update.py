"""Change what the merchant may change of an intent."""

from collections.abc import Mapping
from typing import Any

import msgspec

from sluice.base.errors import IllegalMove, NotFound
from sluice.base.work import Work
from sluice.business.payments.customers.find import customer_exists
from sluice.business.payments.intents import store
from sluice.business.payments.intents.model import PaymentIntent, Status


async def update_intent(
    work: Work, intent: PaymentIntent, changes: Mapping[str, Any]
) -> PaymentIntent:
    """Change fields of an intent that this Work holds locked.

    The amount may change only while nobody was told how much to pay.
    """
    if "amount" in changes and intent.status is not Status.REQUIRES_PAYMENT_METHOD:
        raise IllegalMove(
            "The amount cannot be changed any more: "
            f"this PaymentIntent's status is {intent.status}.",
            code="payment_intent_unexpected_state",
        )
    customer_id = changes.get("customer_id")
    if customer_id is not None and not await customer_exists(work, customer_id):
        raise NotFound(f"No such customer: '{customer_id}'", param="customer")
    changed = msgspec.structs.replace(intent, **changes, version=intent.version + 1)
    await store.save_details(work, changed)
    work.tell(intent.id)
    return changed
