"""What a refund's page says; pure."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sluice.business.payments.refunds.model import Refund, Status
from sluice.doors.web.checkout.figures import price, spoken
from sluice.engine.chains.registry import Chains


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """A refund as its payer sees it."""

    state: str
    emblem: str
    heading: str
    text: str
    amount: str
    price: str
    shop: str
    network: str
    test: bool
    asks: bool
    address: str | None
    tx_id: str | None
    link: str | None


_SAID: Final[Mapping[str, tuple[str, str, str]]] = {
    "asks": (
        "part",
        "Where should your refund go?",
        "Give an address of your own wallet on {net}.",
    ),
    "expired": ("clock", "This link has run out", "Ask {shop} for a new one."),
    "pending": ("going", "Your refund is on its way", "You may close this page."),
    "succeeded": ("tick", "Your refund was sent", "It can no longer be undone."),
    "failed": ("alert", "This refund did not work", "Nothing was sent. Ask {shop} for help."),
    "canceled": ("pause", "This refund was taken back", "Ask {shop} why."),
}


def view_claim(refund: Refund, shop: str, at: dt.datetime, *, chains: Chains) -> ClaimPage:
    """Return what the page shows now."""
    chain = chains.find(refund.network)
    state = refund.status.value
    if refund.status is Status.REQUIRES_ACTION:
        is_late = refund.claim_until is None or at >= refund.claim_until
        state = "expired" if is_late else "asks"
    emblem, heading, text = _SAID[state]
    names = {"net": chain.network.title, "shop": shop}
    known = refund.recipient
    explorer = chain.network.explorer_tx
    return ClaimPage(
        state=state,
        emblem=emblem,
        heading=heading,
        text=text.format_map(names),
        amount=spoken(refund.money),
        price=price(refund.amount),
        shop=shop,
        network=chain.network.title,
        test=not refund.livemode,
        asks=state == "asks",
        address=None if known is None else chain.addresses.show(known),
        tx_id=refund.tx_id,
        link=explorer.format(tx_id=refund.tx_id) if explorer and refund.tx_id else None,
    )
