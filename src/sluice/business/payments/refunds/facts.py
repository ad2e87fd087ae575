"""What became true of a refund; each fact carries it as it was."""

from dataclasses import dataclass

from sluice.base.facts import Fact
from sluice.business.payments.intents.model import PaymentIntent
from sluice.business.payments.refunds.model import Refund


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFact(Fact):
    """What the facts about a refund share."""

    refund: Refund


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundCreated(RefundFact):
    """A payer is to get money back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundUpdated(RefundFact):
    """It was claimed, approved, taken back, or its notes changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFailed(RefundFact):
    """Nothing left, and the money is the merchant's again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundSucceeded(RefundFact):
    """The money left for good; `intent` says how much of the payment is refunded now."""

    intent: PaymentIntent
