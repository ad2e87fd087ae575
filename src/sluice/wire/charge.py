"""Charge on the wire: an intent's money from the side of what was paid."""

from typing import Final

from sluice.business.payments.intents.model import PaymentIntent, Status
from sluice.wire.fields import Id
from sluice.wire.lists import ListShape
from sluice.wire.shapes import Shape
from sluice.wire.show import Shown, View, stamp

RETRIEVE: Final = Shape("charge.retrieve", {})
LIST: Final = ListShape(
    "charge.list", ("ch",), {"payment_intent": Id(("pi",)), "customer": Id(("cus",))}
)


def show_charge(intent: PaymentIntent, view: View) -> Shown:
    """Show an intent's charge: the same money from the side of what was paid."""
    succeeded = intent.status is Status.SUCCEEDED
    status = (
        "succeeded" if succeeded else "pending" if intent.status is Status.PROCESSING else "failed"
    )
    paid = intent.payment
    return {
        "id": intent.charge_id,
        "object": "charge",
        "amount": intent.amount.units,
        "amount_captured": intent.amount.units if succeeded else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": intent.settlement_id,
        "billing_details": {
            "address": None,
            "email": intent.receipt_email,
            "name": None,
            "phone": None,
            "tax_id": None,
        },
        "calculated_statement_descriptor": intent.statement_descriptor,
        "captured": succeeded,
        "created": stamp(intent.processing_at),
        "currency": intent.amount.asset.code,
        "customer": intent.customer_id,
        "description": intent.description,
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None if status != "failed" else "payment_reversed",
        "failure_message": None if status != "failed" else "The payment is no longer on the chain.",
        "fraud_details": {},
        "livemode": intent.livemode,
        "metadata": dict(intent.metadata),
        "on_behalf_of": None,
        "outcome": None,
        "paid": succeeded,
        "payment_intent": intent.id,
        "payment_method": None,
        "payment_method_details": {
            "type": "crypto",
            "crypto": None
            if paid is None
            else {
                "buyer_address": view.address(paid.network, paid.sender),
                "network": paid.network,
                "token_currency": paid.asset,
                "transaction_hash": paid.tx_id,
                "amount": str(paid.units),
            },
        },
        "radar_options": {},
        "receipt_email": intent.receipt_email,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": intent.statement_descriptor,
        "statement_descriptor_suffix": None,
        "status": status,
        "transfer_data": None,
        "transfer_group": None,
    }
