"""What became true of bitcoin on its way to sBTC."""

from dataclasses import dataclass

from sluice.base.facts import Fact
from sluice.business.payments.conversions.model import Conversion


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionFact(Fact):
    """What the facts about a conversion share."""

    conversion: Conversion


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionDelayed(ConversionFact):
    """Most of the lock is over and the signers have not minted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionReclaimable(ConversionFact):
    """The lock is over: the merchant can take the bitcoin back."""
