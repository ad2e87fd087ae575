"""Which fact wakes whom: cause and effect on one screen."""

import functools
from collections.abc import Mapping
from typing import Final

from sluice.base.facts import Fact
from sluice.base.outbox.model import Reaction, Routes
from sluice.business.payments.checkout import settle as checkout
from sluice.business.payments.intents import receive as intents
from sluice.business.payments.intents.facts import (
    IntentCanceled,
    IntentOffered,
    IntentSucceeded,
)
from sluice.business.payments.outgoing import fee as fees
from sluice.business.payments.refunds import follow as refunds
from sluice.business.payments.settlement import follow as payouts
from sluice.business.webhooks.events.announce import announce
from sluice.engine.sender.facts import SendDone, SendFailed, SendOpened
from sluice.engine.watcher.facts import (
    TransferConfirmed,
    TransferFinalized,
    TransferOrphaned,
    TransferSeen,
)
from sluice.wire.show import View
from sluice.wire.told import ANNOUNCED, render_with

_RECEIVE: Final = "intents.receive"
_REFOLD: Final = "intents.refold"
_PAID: Final = "checkout.paid"
_EXPIRED: Final = "checkout.expired"
_REFUND_SENT: Final = "refunds.sent"
_PAYOUT_SENT: Final = "payouts.sent"
_SEND_FEE: Final = "sends.fee"
_ANNOUNCE: Final = "webhooks.announce"

_WAKES: Final[Mapping[type[Fact], tuple[str, ...]]] = {
    TransferSeen: (_RECEIVE,),
    TransferConfirmed: (_RECEIVE,),
    TransferFinalized: (_RECEIVE,),
    TransferOrphaned: (_RECEIVE,),
    SendOpened: (_PAYOUT_SENT,),
    SendDone: (_REFUND_SENT, _PAYOUT_SENT, _SEND_FEE),
    SendFailed: (_REFUND_SENT, _PAYOUT_SENT, _SEND_FEE),
    IntentSucceeded: (_PAID,),
    IntentOffered: (_REFOLD,),
    IntentCanceled: (_REFOLD, _EXPIRED),
}


def routes() -> Routes:
    """Return the map from facts to the names of reactions."""
    kinds = {**dict.fromkeys(ANNOUNCED, ()), **_WAKES}
    return Routes(
        kinds={kind.__name__: kind for kind in kinds},
        reactions={
            kind.__name__: (*names, _ANNOUNCE) if kind in ANNOUNCED else names
            for kind, names in kinds.items()
        },
    )


def reactions(view: View) -> dict[str, Reaction]:
    """Return each reaction's verb, in the order a relay should look at them."""
    return {
        _RECEIVE: intents.on_transfers_moved,
        _REFOLD: intents.on_intent_changed,
        _PAID: checkout.on_intent_succeeded,
        _EXPIRED: checkout.on_intent_canceled,
        _REFUND_SENT: refunds.on_sends_ended,
        _PAYOUT_SENT: payouts.on_sends_moved,
        _SEND_FEE: fees.on_sends_ended,
        _ANNOUNCE: functools.partial(announce, render=render_with(view)),
    }
