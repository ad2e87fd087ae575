"""Refund on the wire: what may be asked, and how it is shown."""

from typing import Final

from sluice.business.payments.refunds.model import NewRefund, Refund, Status
from sluice.wire.fields import Amount, Choice, Email, Flag, Id, Text
from sluice.wire.given import Given
from sluice.wire.lists import ListShape
from sluice.wire.metadata import Metadata
from sluice.wire.shapes import Shape
from sluice.wire.show import Shown, View, stamp

_REASONS: Final = ("duplicate", "fraudulent", "requested_by_customer")

CREATE: Final = Shape(
    "refund.create",
    {
        "payment_intent": Id(("pi",)),
        "charge": Id(("ch",)),
        "amount": Amount(doc="In the payment's currency; all that is left when it is not said."),
        "reason": Choice(_REASONS),
        "metadata": Metadata(),
        "instructions_email": Email(),
        "to_address": Text(128, doc="Where to; without it the payer is asked, by a link."),
        "refund_application_fee": Flag(),
        "reverse_transfer": Flag(),
    },
)
RETRIEVE: Final = Shape("refund.retrieve", {})
UPDATE: Final = Shape("refund.update", {"metadata": Metadata()})
CANCEL: Final = Shape("refund.cancel", {})
APPROVE: Final = Shape("refund.approve", {})
LIST: Final = ListShape(
    "refund.list", ("re",), {"payment_intent": Id(("pi",)), "charge": Id(("ch",))}
)

# Stripe's own words for why a refund failed, where one fits.
_FAILURES: Final = {"order_refused": "declined", "execution_failed": "declined"}


def read_create(given: Given) -> NewRefund:
    """Read what a new refund is to be."""
    return NewRefund(
        intent_id=given.text("payment_intent"),
        charge_id=given.text("charge"),
        amount=given.integer("amount"),
        reason=given.text("reason"),
        to_address=given.text("to_address"),
        instructions_email=given.text("instructions_email"),
        metadata=given.metadata().apply({}),
    )


def show_refund(refund: Refund, view: View) -> Shown:
    """Show a refund as Stripe does, with what only a chain has beside it."""
    return {
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount.units,
        "balance_transaction": refund.reserve_id,
        "charge": refund.charge_id,
        "created": stamp(refund.created_at),
        "currency": refund.amount.asset.code,
        "destination_details": {
            "type": "crypto",
            "crypto": {"reference": refund.tx_id},
        },
        "failure_balance_transaction": _given_back(refund),
        "failure_reason": _failure(refund),
        "instructions_email": refund.instructions_email,
        "metadata": dict(refund.metadata),
        "next_action": _next_action(refund, view),
        "payment_intent": refund.intent_id,
        "pending_reason": _pending(refund),
        "reason": refund.reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": refund.status.value,
        "transfer_reversal": None,
        **_on_chain(refund, view),
        "object_version": refund.version,
    }


def claim_url(refund: Refund, view: View) -> str | None:
    """Return the page on which the payer says where to."""
    return refund.claim_token and f"{view.public_url}/r/{refund.claim_token}"


def _on_chain(refund: Refund, view: View) -> Shown:
    """Show what only a chain has; and, where the merchant's own wallet sends, what it scans."""
    recipient = refund.recipient
    asset, units = refund.money.asset.code, refund.money.units
    by_hand = refund.may_leave and refund.send_id is None and recipient is not None
    return {
        "approval": _approval(refund.approved_by, needed=refund.needs_approval),
        "crypto": {
            "network": refund.network,
            "token_currency": asset,
            "amount": str(units),
            "to_address": recipient and view.address(refund.network, recipient),
            "transaction_hash": refund.tx_id,
            "payment_uri": view.payment_uri(refund.network, recipient, asset, units, None)
            if by_hand and recipient is not None
            else None,
        },
        "failure_code": refund.failure_reason,
        "failure_message": refund.failure_message,
    }


def _approval(approved_by: str | None, *, needed: bool) -> str:
    if approved_by is not None:
        return "approved"
    return "required" if needed else "not_required"


def _given_back(refund: Refund) -> str | None:
    return refund.settlement_id if refund.status in (Status.FAILED, Status.CANCELED) else None


def _failure(refund: Refund) -> str | None:
    if refund.failure_reason is None:
        return None
    return _FAILURES.get(refund.failure_reason, "unknown")


def _pending(refund: Refund) -> str | None:
    return "processing" if refund.status is Status.PENDING else None


def _next_action(refund: Refund, view: View) -> Shown | None:
    if refund.status is not Status.REQUIRES_ACTION:
        return None
    return {
        "type": "claim_link",
        "claim_link": {
            "url": claim_url(refund, view),
            "expires_at": stamp(refund.claim_until),
        },
    }
