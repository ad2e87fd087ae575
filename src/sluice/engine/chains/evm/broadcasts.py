"""What came of sending a signed transaction, from what every node said to it."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from sluice.engine.chains.evm.faults import Fault


class Outcome(StrEnum):
    """What to do next. A transaction some node may have taken is never given up."""

    SENT = "sent"  # wait for it to be mined
    LOOK = "look"  # its nonce is used: find which of our transactions used it, or freeze
    UNKNOWN = "unknown"  # send the same bytes again
    FILL = "fill"  # send the transactions with lower nonces again
    BUMP = "bump"  # replace it: the same nonce, a higher fee
    HOLD = "hold"  # the wallet has nothing to pay gas with: wait for a person
    DEAD = "dead"  # no node will ever take it: use its nonce for nothing


def judge_broadcast(answers: Sequence[Fault | None]) -> Outcome:
    """Say what came of it; None is a node that took it. The most hopeful answer counts.

    Without an answer it is unknown. A fault that is not about the transaction says nothing about
    it, so it too leaves it unknown.
    """
    found = {
        Outcome.SENT if one is None else _OUTCOMES.get(one, Outcome.UNKNOWN) for one in answers
    }
    return next((outcome for outcome in Outcome if outcome in found), Outcome.UNKNOWN)


_OUTCOMES: Final[Mapping[Fault, Outcome]] = MappingProxyType(
    {
        Fault.ALREADY_KNOWN: Outcome.SENT,
        Fault.NONCE_TOO_LOW: Outcome.LOOK,
        Fault.NONCE_TOO_HIGH: Outcome.FILL,
        Fault.REPLACEMENT_UNDERPRICED: Outcome.BUMP,
        Fault.FEE_TOO_LOW: Outcome.BUMP,
        Fault.INSUFFICIENT_GAS_FUNDS: Outcome.HOLD,
        Fault.FEE_CAP: Outcome.DEAD,
        Fault.FATAL: Outcome.DEAD,
    }
)
