"""What became true of an intent; each fact carries it as it was."""

from dataclasses import dataclass

from sluice.base.facts import Fact
from sluice.business.payments.intents.model import PaymentIntent


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentFact(Fact):
    """What the facts about an intent share."""

    intent: PaymentIntent


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentCreated(IntentFact):
    """Someone is to pay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentOffered(IntentFact):
    """The payer has what is needed to pay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentPartiallyFunded(IntentFact):
    """Too little was seen; the rest may come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentProcessing(IntentFact):
    """Enough was seen; it is not deep enough yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentSucceeded(IntentFact):
    """Paid and booked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentOverpaid(IntentFact):
    """More than asked came; the surplus waits unapplied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentReversed(IntentFact):
    """A fork took a payment back after it had succeeded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentFellBack(IntentFact):
    """What was seen disappeared before it was deep enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentFinalized(IntentFact):
    """No fork can take the money back; it may be spent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentCanceled(IntentFact):
    """No longer wanted, or its time ran out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyUnexpected(Fact):
    """Money came that no open intent asks for; it is booked and waits for a decision.

    `reason` is one of late, canceled, short, over, wrong_asset, unannounced.
    """

    reason: str
    network: str
    tx_id: str
    index: int
    asset: str
    units: int
    sender: str
    intent_id: str | None


INTENT_FACTS = (
    IntentCreated,
    IntentOffered,
    IntentPartiallyFunded,
    IntentProcessing,
    IntentSucceeded,
    IntentOverpaid,
    IntentReversed,
    IntentFellBack,
    IntentFinalized,
    IntentCanceled,
)


def fact_about(kind: type[IntentFact], intent: PaymentIntent) -> IntentFact:
    """Return a fact of some kind about an intent as it is now."""
    return kind(merchant_id=intent.merchant_id, livemode=intent.livemode, intent=intent)
