"""Balance and balance transactions on the wire."""

from collections.abc import Mapping, Sequence
from typing import Final

from sluice.base.money.money import Money
from sluice.business.payments.balance.model import Balance, BalanceTransaction
from sluice.wire.fields import Choice, Id
from sluice.wire.lists import ListShape
from sluice.wire.shapes import Shape
from sluice.wire.show import Shown, stamp

_TYPES: Final = (
    "charge",
    "payment_reversal",
    "refund",
    "refund_failure",
    "payout",
    "payout_failure",
    "adjustment",
)

RETRIEVE: Final = Shape("balance.retrieve", {})
RETRIEVE_TRANSACTION: Final = Shape("balance_transaction.retrieve", {})
LIST_TRANSACTIONS: Final = ListShape(
    "balance_transaction.list",
    ("txn",),
    {"type": Choice(tuple(_TYPES)), "source": Id(("ch", "re", "po"))},
)

_CATEGORIES: Final[Mapping[str, str]] = {
    "payment_reversal": "charge_failure",
    "payout_failure": "payout_reversal",
}
# Clients read available[0] of an account that has nothing yet.
_NOTHING: Final[Shown] = {"amount": 0, "currency": "usd"}


def show_balance(balance: Balance, *, livemode: bool) -> Shown:
    """Show what the merchant has, by asset; amounts are the asset's smallest units."""
    return {
        "object": "balance",
        "available": _parts(balance.available) or [_NOTHING],
        "livemode": livemode,
        "pending": _parts(balance.pending) or [_NOTHING],
        "unapplied": _parts(balance.unapplied),
    }


def show_balance_transaction(transaction: BalanceTransaction) -> Shown:
    """Show one movement of the merchant's money, in the asset it was paid in."""
    amount, fee = transaction.amount.units, transaction.fee.units
    return {
        "id": transaction.id,
        "object": "balance_transaction",
        "amount": amount,
        "available_on": stamp(transaction.available_at or transaction.created_at),
        "balance_type": "payments",
        "created": stamp(transaction.created_at),
        "currency": transaction.amount.asset.code,
        "description": transaction.description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [_fee(transaction.fee)] if fee else [],
        "net": amount - fee,
        "reporting_category": _CATEGORIES.get(transaction.type, transaction.type),
        "source": _source(transaction.source_id),
        "status": "available" if transaction.available_at else "pending",
        "type": transaction.type,
    }


def _source(source_id: str) -> str:
    """Return what a movement belongs to; a payment is shown as its charge."""
    kind, _, body = source_id.partition("_")
    return f"ch_{body}" if kind == "pi" else source_id


def _parts(held: Sequence[Money]) -> list[Shown]:
    return [{"amount": money.units, "currency": money.asset.code} for money in held]


def _fee(fee: Money) -> Shown:
    return {
        "amount": fee.units,
        "application": None,
        "currency": fee.asset.code,
        "description": "Platform fee",
        "type": "application_fee",
    }
