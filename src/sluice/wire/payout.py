"""Payout on the wire: what may be asked, and how it is shown."""

from typing import Final

from sluice.base.money.catalogue import find_asset
from sluice.base.money.money import Money
from sluice.business.payments.settlement.model import NewPayout, Payout, Status, Withdrawal
from sluice.wire.currency import Currency
from sluice.wire.fields import Amount, Choice, Text
from sluice.wire.given import Given
from sluice.wire.lists import ListShape
from sluice.wire.metadata import Metadata
from sluice.wire.shapes import Shape
from sluice.wire.show import Shown, View, stamp

CREATE: Final = Shape(
    "payout.create",
    {
        "amount": Amount(required=True, doc="In the asset's smallest unit."),
        "currency": Currency(required=True, doc="The asset that leaves."),
        "network": Text(40, doc="Which network, where more than one has a hot wallet."),
        "arrives_on": Text(
            40, doc="The network where it arrives, where that is another: bitcoin, for sBTC."
        ),
        "fee_max": Amount(doc="The most that the peg's signers may keep, on top of the amount."),
        "destination": Text(128, doc="The payout address; any other is refused."),
        "description": Text(500),
        "statement_descriptor": Text(22),
        "metadata": Metadata(),
        "method": Choice(("standard",)),
        "source_type": Choice(("crypto",)),
    },
)
RETRIEVE: Final = Shape("payout.retrieve", {})
UPDATE: Final = Shape("payout.update", {"metadata": Metadata()})
CANCEL: Final = Shape("payout.cancel", {})
APPROVE: Final = Shape("payout.approve", {})
LIST: Final = ListShape(
    "payout.list",
    ("po",),
    {"status": Choice(("pending", "in_transit", "paid", "failed", "canceled"))},
)


def read_create(given: Given) -> NewPayout:
    """Read what a new payout is to be."""
    asset = find_asset(given.need_text("currency"), param="currency")
    return NewPayout(
        money=Money(given.need_integer("amount"), asset),
        network=given.text("network"),
        arrives_on=given.text("arrives_on"),
        fee_max=given.integer("fee_max"),
        destination=given.text("destination"),
        description=given.text("description"),
        statement_descriptor=given.text("statement_descriptor"),
        metadata=given.metadata().apply({}),
    )


def show_payout(payout: Payout, view: View) -> Shown:
    """Show a payout as Stripe does, with what only a chain has beside it."""
    way = payout.withdrawal
    given_back = payout.status in (Status.FAILED, Status.CANCELED)
    return {
        "id": payout.id,
        "object": "payout",
        "amount": payout.money.units,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": stamp(payout.ended_at or payout.created_at),
        "automatic": False,
        "balance_transaction": payout.reserve_id,
        "created": stamp(payout.created_at),
        "currency": payout.money.asset.code,
        "description": payout.description,
        "destination": view.address(
            payout.network if way is None else way.network, payout.recipient
        ),
        "failure_balance_transaction": payout.settlement_id if given_back else None,
        "failure_code": payout.failure_code,
        "failure_message": payout.failure_message,
        "livemode": payout.livemode,
        "metadata": dict(payout.metadata),
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "not_applicable",
        "reversed_by": None,
        "source_type": "crypto",
        "statement_descriptor": payout.statement_descriptor,
        "status": payout.status.value,
        "trace_id": None,
        # Stripe knows two kinds of destination; an address is nearer to this one.
        "type": "bank_account",
        "approval": _approval(payout),
        "network": payout.network,
        "transaction_hash": payout.tx_id,
        "withdrawal": None if way is None else _withdrawal(way),
        "object_version": payout.version,
    }


def _withdrawal(way: Withdrawal) -> Shown:
    """Show how far a payout through a peg is: fees as text, for they count sats."""
    return {
        "network": way.network,
        "status": way.state.value,
        "request": None if way.number is None else str(way.number),
        "request_transaction_hash": way.ask_tx_id,
        "fee_max": str(way.fee_max),
        "fee": None if way.fee is None else str(way.fee),
    }


def _approval(payout: Payout) -> str:
    if payout.approved_by is not None:
        return "approved"
    return "required" if payout.needs_approval else "not_required"
