"""What became true of a payout; each fact carries it as it was."""

from dataclasses import dataclass

from sluice.base.facts import Fact
from sluice.business.payments.settlement.model import Payout


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutFact(Fact):
    """What the facts about a payout share."""

    payout: Payout


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutCreated(PayoutFact):
    """Money is to leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutUpdated(PayoutFact):
    """It was approved, it is on its way, or its notes changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutPaid(PayoutFact):
    """The money left for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutFailed(PayoutFact):
    """Nothing left, and the money may be spent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutCanceled(PayoutFact):
    """It was taken back before anything was made for it."""
