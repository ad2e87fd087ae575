"""Charge on the wire: an intent's money from the side of what was paid."""

from typing import Final

from sluice.business.payments.intents.model import PaymentIntent, Status
from sluice.business.payments.intents.paid import Paid, Source
from sluice.wire.fields import Id
from sluice.wire.lists import ListShape
from sluice.wire.shapes import Shape
from sluice.wire.show import Shown, View, stamp

RETRIEVE: Final = Shape("charge.retrieve", {})
LIST: Final = ListShape(
    "charge.list", ("ch",), {"payment_intent": Id(("pi",)), "customer": Id(("cus",))}
)

_STATUSES: Final = {Status.SUCCEEDED: "succeeded", Status.PROCESSING: "pending"}
# What only cards, marketplaces or shipments have.
_ABSENT: Final[Shown] = dict.fromkeys(
    (
        "application",
        "application_fee",
        "application_fee_amount",
        "failure_balance_transaction",
        "on_behalf_of",
        "outcome",
        "payment_method",
        "receipt_number",
        "receipt_url",
        "review",
        "shipping",
        "source",
        "source_transfer",
        "statement_descriptor_suffix",
        "transfer_data",
        "transfer_group",
    )
)


def show_charge(intent: PaymentIntent, view: View) -> Shown:
    """Show an intent's charge: the same money from the side of what was paid."""
    status = _STATUSES.get(intent.status, "failed")
    paid = status == "succeeded"
    return {
        "id": intent.charge_id,
        "object": "charge",
        "amount": intent.amount.units,
        "amount_captured": intent.amount.units if paid else 0,
        "amount_refunded": intent.amount_refunded,
        "balance_transaction": intent.settlement_id,
        "billing_details": dict.fromkeys(("address", "name", "phone", "tax_id"))
        | {"email": intent.receipt_email},
        "calculated_statement_descriptor": intent.statement_descriptor,
        "captured": paid,
        "created": stamp(intent.processing_at),
        "currency": intent.amount.asset.code,
        "customer": intent.customer_id,
        "description": intent.description,
        "disputed": False,
        **_failure(failed=status == "failed"),
        "fraud_details": {},
        "livemode": intent.livemode,
        "metadata": dict(intent.metadata),
        "paid": paid,
        "payment_intent": intent.id,
        "payment_method_details": {"type": "crypto", "crypto": _crypto(intent.payment, view)},
        "radar_options": {},
        "receipt_email": intent.receipt_email,
        "refunded": paid and intent.amount_refunded == intent.amount.units,
        "statement_descriptor": intent.statement_descriptor,
        "status": status,
        **_ABSENT,
        "object_version": intent.version,
    }


def _failure(*, failed: bool) -> Shown:
    if not failed:
        return {"failure_code": None, "failure_message": None}
    return {
        "failure_code": "payment_reversed",
        "failure_message": "The payment is no longer on the chain.",
    }


def _crypto(paid: Paid | None, view: View) -> Shown | None:
    if paid is None:
        return None
    return {
        "buyer_address": view.address(paid.network, paid.sender),
        "network": paid.network,
        "token_currency": paid.asset,
        "transaction_hash": paid.tx_id,
        "amount": str(paid.units),
    } | ({"source": _source(paid.source)} if paid.source else {})


def _source(source: Source) -> Shown:
    """Show what the payer sent, where the merchant received another network's token for it."""
    return {
        "network": source.network,
        "token_currency": source.asset,
        "transaction_hash": source.tx_id,
        "output_index": source.index,
        "amount": str(source.units),
    }
