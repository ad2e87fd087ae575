"""What a payer's page stands on: the session, its intent, and what was seen of the money."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sluice.base.actor import Actor
from sluice.base.ids import MerchantId
from sluice.base.work import Work
from sluice.business.accounts.merchants.edit import find_merchant
from sluice.business.accounts.merchants.model import Merchant
from sluice.business.payments.checkout.model import Session
from sluice.business.payments.conversions.find import find_conversions
from sluice.business.payments.conversions.model import Conversion
from sluice.business.payments.intents.find import find_intent
from sluice.business.payments.intents.model import Cancellation, PaymentIntent, Status
from sluice.business.payments.intents.resolve import Standing
from sluice.business.payments.intents.standing import find_standing
from sluice.engine.chains.model import Style, is_counted
from sluice.engine.watcher.progress import Progress, find_progress
from sluice.engine.watcher.seen import SeenTransfer


@dataclass(frozen=True, slots=True)
class Sight:
    """Everything a page shows, read in one Work."""

    session: Session
    intent: PaymentIntent
    merchant: Merchant
    standing: Standing
    progress: Sequence[Progress] = ()
    conversions: Sequence[Conversion] = ()

    @property
    def mark(self) -> str:
        """Return what differs whenever the page does, apart from depth and time."""
        transfers = sorted((*one.transfer.key, one.transfer.state) for one in self.progress)
        pegged = [(*one.outpoint, one.state.value, one.is_delayed) for one in self.conversions]
        told = (self.intent.version, self.session.version, self.merchant.status, transfers, pegged)
        return hashlib.blake2b(repr(told).encode(), digest_size=9).hexdigest()

    @property
    def confirming(self) -> Progress | None:
        """Return the payment that has the longest way to go, once all that count are in blocks."""
        used = {payment.key for payment in self.standing.used() if not payment.is_credited}
        going = [one for one in self.progress if one.transfer.key in used]
        if any(one.depth == 0 for one in going):
            return None
        return max(going, key=_way_to_go, default=None)

    @property
    def vanished(self) -> Iterator[SeenTransfer]:
        """Yield transfers that were seen once and are on no branch now."""
        return (one.transfer for one in self.progress if one.transfer.state == "orphaned")

    @property
    def is_done(self) -> bool:
        """Say whether nothing will change any more that a payer waits for."""
        if self.intent.status is Status.SUCCEEDED:
            # Until it is final, a fork may still undo it.
            return self.intent.finalized_at is not None
        # What was sent in time may still arrive after the end of time.
        expired = self.intent.cancellation_reason is Cancellation.EXPIRED
        return self.intent.status is Status.CANCELED and not expired


async def look_at(work: Work, session: Session) -> Sight:
    """Read how the payment of a session stands; the Work must be the payer's."""
    intent = await find_intent(work, session.intent_id)
    merchant = await find_merchant(work, session.merchant_id)
    progress = (
        await find_progress(work, [offer.id for offer in intent.offers]) if intent.offers else []
    )
    standing = await find_standing(work, intent, [one.transfer for one in progress])
    is_pegged = any(offer.style == Style.DEPOSIT for offer in intent.offers)
    conversions = await find_conversions(work, intent.id) if is_pegged else []
    return Sight(session, intent, merchant, standing, progress, conversions)


def payer_of(session: Session) -> Actor:
    """Return the actor of whoever holds the session's link: may choose how to pay, and no more."""
    return Actor(MerchantId(session.merchant_id), session.livemode, frozenset({"payments:client"}))


def _way_to_go(one: Progress) -> tuple[bool, int]:
    """Order by what is missing; the network's own word of finality takes longest."""
    wanted = one.transfer.depth_wanted
    return not is_counted(wanted), wanted - one.depth
