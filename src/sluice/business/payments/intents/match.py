"""Match a transaction to an intent by hand: the merchant says so, or its sender proves it.

Payments find their intent by themselves, by address, memo or amount. What came without any of them
(an exchange that rounds, a wallet that left the reference out) lies as unapplied money until
somebody says whose it is. A transaction's id alone says nothing: everybody can read it.
"""

import datetime as dt
from typing import Final

from sluice.base.errors import Conflict, Forbidden, Invalid, NotFound
from sluice.base.work import Work
from sluice.business.payments.intents.model import Offer, PaymentIntent
from sluice.engine.watcher.claim import claim_transfer, find_by_transaction, unclaimed
from sluice.engine.watcher.seen import SeenTransfer

# A payer's clock, and a block's, may be this far from ours.
_SLACK: Final = dt.timedelta(minutes=1)


async def match_transaction(
    work: Work, intent: PaymentIntent, network: str, tx_id: str, *, sender: str | None
) -> None:
    """Let what a transaction brought count for an intent; twice is as good as once.

    `sender` is the address that proved to be the payer; None when the merchant decides. The Work
    holds the intent. Raises Conflict when the transaction paid another intent, or came before this
    one was asked for.
    """
    offers = {offer.id: offer for offer in intent.offers if offer.network == network}
    if not offers:
        raise Invalid(
            "This PaymentIntent was not offered on this network.",
            code="payment_method_unavailable",
            param="network",
        )
    found = await find_by_transaction(work, network, tx_id)
    if not found:
        raise NotFound(
            "No transfer to this merchant was seen in this transaction; ask again when it is in "
            "a block.",
            code="transaction_unknown",
            param="transaction",
        )
    if any(transfer.reference in offers for transfer in found):
        return
    free = unclaimed(found)
    if not free:
        raise Conflict(
            "This transaction paid another PaymentIntent.",
            code="transaction_taken",
            param="transaction",
        )
    by_asset = {offer.asset: offer for offer in sorted(offers.values(), key=_age)}
    _check(intent, free, by_asset, sender)
    for transfer in free:
        if transfer.asset in by_asset:
            await claim_transfer(work, transfer, by_asset[transfer.asset].id)


def _check(
    intent: PaymentIntent, free: list[SeenTransfer], by_asset: dict[str, Offer], sender: str | None
) -> None:
    if not any(transfer.asset in by_asset for transfer in free):
        raise Conflict(
            "This transaction brought another asset than was offered.",
            code="transaction_unfit",
            param="transaction",
        )
    if any(transfer.paid_at < intent.created_at - _SLACK for transfer in free):
        raise Conflict(
            "This transaction is older than the PaymentIntent.",
            code="transaction_unfit",
            param="transaction",
        )
    if sender is not None and any(transfer.sender != sender for transfer in free):
        raise Forbidden(
            "Whoever signed did not send this transaction.", code="payer_unproven", param="payer"
        )


def proof_text(intent_id: str, tx_id: str) -> str:
    """Return what the sender of a transaction signs to show that it was his payment."""
    return f"I paid {intent_id} with {tx_id}."


def _age(offer: Offer) -> tuple[dt.datetime, str]:
    return offer.created_at, offer.id
