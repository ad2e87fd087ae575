"""Fact -> the events it becomes, each with its object as it was: one table."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sluice.base.facts import Fact
from sluice.business.insights.alerts.facts import PegChanged, PriceMoved
from sluice.business.payments.checkout.facts import SessionCompleted, SessionExpired, SessionFact
from sluice.business.payments.conversions.facts import (
    ConversionDelayed,
    ConversionFact,
    ConversionReclaimable,
)
from sluice.business.payments.customers.facts import (
    CustomerCreated,
    CustomerDeleted,
    CustomerFact,
    CustomerUpdated,
)
from sluice.business.payments.intents import facts as intents
from sluice.business.payments.intents.facts import IntentFact, MoneyUnexpected
from sluice.business.payments.refunds import facts as refunds
from sluice.business.payments.refunds.facts import RefundFact, RefundSucceeded
from sluice.business.payments.settlement import facts as payouts
from sluice.business.payments.settlement.facts import PayoutFact
from sluice.business.webhooks.endpoints.facts import EndpointDisabled
from sluice.business.webhooks.events.model import Told
from sluice.wire.charge import show_charge
from sluice.wire.checkout_session import show_checkout_session
from sluice.wire.conversion import show_conversion
from sluice.wire.customer import show_customer
from sluice.wire.payment_intent import show_payment_intent
from sluice.wire.payout import show_payout
from sluice.wire.rate import show_moved, show_peg
from sluice.wire.refund import show_refund
from sluice.wire.show import View
from sluice.wire.webhook_endpoint import show_webhook_endpoint

_NAMES: Final[dict[type[Fact], tuple[str, ...]]] = {
    intents.IntentCreated: ("payment_intent.created",),
    intents.IntentOffered: ("payment_intent.requires_action",),
    intents.IntentPartiallyFunded: ("payment_intent.partially_funded",),
    intents.IntentProcessing: ("charge.pending", "payment_intent.processing"),
    intents.IntentSucceeded: ("charge.succeeded", "payment_intent.succeeded"),
    intents.IntentOverpaid: ("payment_intent.overpaid",),
    intents.IntentReversed: ("charge.failed", "payment_intent.reversed"),
    intents.IntentFellBack: ("payment_intent.requires_action",),
    intents.IntentFinalized: ("payment_intent.finalized",),
    intents.IntentCanceled: ("payment_intent.canceled",),
    refunds.RefundCreated: ("refund.created",),
    refunds.RefundUpdated: ("refund.updated",),
    refunds.RefundFailed: ("refund.failed",),
    refunds.RefundSucceeded: ("refund.updated", "charge.refunded"),
    payouts.PayoutCreated: ("payout.created",),
    payouts.PayoutUpdated: ("payout.updated",),
    payouts.PayoutPaid: ("payout.paid",),
    payouts.PayoutFailed: ("payout.failed",),
    payouts.PayoutCanceled: ("payout.canceled",),
    MoneyUnexpected: ("payment.unexpected",),
    ConversionDelayed: ("conversion.delayed",),
    ConversionReclaimable: ("conversion.reclaimable",),
    SessionCompleted: ("checkout.session.completed",),
    SessionExpired: ("checkout.session.expired",),
    CustomerCreated: ("customer.created",),
    CustomerUpdated: ("customer.updated",),
    CustomerDeleted: ("customer.deleted",),
    EndpointDisabled: ("webhook_endpoint.disabled",),
    PriceMoved: ("rate.alert",),
    PegChanged: ("rate.peg_changed",),
}

ANNOUNCED: Final = tuple(_NAMES)


def render_with(view: View) -> Callable[[Fact], Sequence[Told]]:
    """Return what turns a fact into events, shown with this view."""

    def render(fact: Fact) -> list[Told]:
        told = []
        for name in _NAMES[type(fact)]:
            shown = _show(fact, name, view)
            told.append(Told(name, shown["id"], shown, _previous(fact, shown)))
        return told

    return render


def _show(fact: Fact, name: str, view: View) -> dict[str, Any]:
    if isinstance(fact, IntentFact | RefundSucceeded) and name.startswith("charge."):
        return show_charge(fact.intent, view)
    for kind, show in _SHOWS:
        if isinstance(fact, kind):
            return show(fact, view)
    raise TypeError(f"no event is made of {type(fact).__name__}")


def _previous(fact: Fact, shown: dict[str, Any]) -> dict[str, Any] | None:
    """Return the parts of an updated object that changed, as they were; None where none did."""
    if not isinstance(fact, CustomerUpdated):
        return None
    before = show_customer(fact.before)
    return {name: value for name, value in before.items() if value != shown[name]}


def _unexpected(fact: MoneyUnexpected, view: View) -> dict[str, Any]:
    return {
        "id": f"{fact.network}:{fact.tx_id}:{fact.index}"[:96],
        "object": "unexpected_payment",
        "reason": fact.reason,
        "network": fact.network,
        "transaction_hash": fact.tx_id,
        "token_currency": fact.asset,
        "amount": str(fact.units),
        "buyer_address": view.address(fact.network, fact.sender),
        "payment_intent": fact.intent_id,
    }


# How each kind of fact is shown as the object of its event.
_SHOWS: Final[Sequence[tuple[type[Fact], Callable[[Any, View], dict[str, Any]]]]] = (
    (IntentFact, lambda fact, view: show_payment_intent(fact.intent, view)),
    (RefundFact, lambda fact, view: show_refund(fact.refund, view)),
    (PayoutFact, lambda fact, view: show_payout(fact.payout, view)),
    (SessionFact, lambda fact, view: show_checkout_session(fact.session, view)),
    (CustomerFact, lambda fact, _view: show_customer(fact.customer)),
    (EndpointDisabled, lambda fact, _view: show_webhook_endpoint(fact.endpoint)),
    (PriceMoved, lambda fact, _view: show_moved(fact)),
    (PegChanged, lambda fact, _view: show_peg(fact)),
    (ConversionFact, lambda fact, _view: show_conversion(fact.conversion)),
    (MoneyUnexpected, _unexpected),
)
