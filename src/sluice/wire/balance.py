"""Balance and balance transactions on the wire."""

from typing import Final

from sluice.base.money.money import Money
from sluice.business.payments.balance.model import Balance, BalanceTransaction
from sluice.wire.fields import Choice, Id
from sluice.wire.lists import ListShape
from sluice.wire.shapes import Shape
from sluice.wire.show import Shown, stamp

RETRIEVE: Final = Shape("balance.retrieve", {})
RETRIEVE_TRANSACTION: Final = Shape("balance_transaction.retrieve", {})
LIST_TRANSACTIONS: Final = ListShape(
    "balance_transaction.list",
    ("txn",),
    {"type": Choice(("charge", "payment_reversal")), "source": Id(("ch",))},
)


def show_balance(balance: Balance, *, livemode: bool) -> Shown:
    """Show what the merchant has, by asset; amounts are the asset's smallest units."""
    return {
        "object": "balance",
        "available": [_part(money) for money in balance.available],
        "livemode": livemode,
        "pending": [_part(money) for money in balance.pending],
        "unapplied": [_part(money) for money in balance.unapplied],
    }


def show_balance_transaction(transaction: BalanceTransaction) -> Shown:
    """Show one movement of the merchant's money, in the asset it was paid in."""
    currency = transaction.amount.asset.code
    fee = transaction.fee.units
    return {
        "id": transaction.id,
        "object": "balance_transaction",
        "amount": transaction.amount.units,
        "available_on": stamp(transaction.available_at or transaction.created_at),
        "balance_type": "payments",
        "created": stamp(transaction.created_at),
        "currency": currency,
        "description": transaction.description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [
            {
                "amount": fee,
                "application": None,
                "currency": currency,
                "description": "Platform fee",
                "type": "application_fee",
            }
        ]
        if fee
        else [],
        "net": transaction.amount.units - fee,
        "reporting_category": transaction.type,
        "source": "ch_" + transaction.intent_id.partition("_")[2],
        "status": "available" if transaction.available_at else "pending",
        "type": transaction.type,
    }


def _part(money: Money) -> Shown:
    return {"amount": money.units, "currency": money.asset.code}
