"""What became true of a session; each fact carries it as it was."""

from dataclasses import dataclass

from sluice.base.facts import Fact
from sluice.business.payments.checkout.model import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFact(Fact):
    """What the facts about a session share."""

    session: Session


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCompleted(SessionFact):
    """The cart is paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionExpired(SessionFact):
    """Nobody paid in time."""


SESSION_FACTS = (SessionCompleted, SessionExpired)
