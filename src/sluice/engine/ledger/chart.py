"""The accounts we keep and their normal side; each exists per merchant, mode and asset."""

from enum import StrEnum
from typing import Final

from sluice.base.errors import Invalid


class Side(StrEnum):
    """The two sides of a posting."""

    DEBIT = "D"
    CREDIT = "C"

    @property
    def other(self) -> "Side":
        """Return the opposite side."""
        return Side.CREDIT if self is Side.DEBIT else Side.DEBIT


# What lies on a network at the merchant's addresses; one account per network: `custody:ethereum`.
CUSTODY: Final = "custody"
# Confirmed money towards intents that are not covered yet.
RECEIVED: Final = "received"
# Paid and credited, but a fork could still undo it.
PENDING: Final = "pending"
# Deeper than any fork we believe in: may be spent.
AVAILABLE: Final = "available"
# On its way out: taken from what may be spent, not yet off the network; one per network.
RESERVED: Final = "reserved"
# Money that belongs to no open intent: late, surplus, wrong asset, unannounced. It waits for a
# decision.
UNAPPLIED: Final = "unapplied"
# The part of the merchant's money that is owed to the platform.
FEES: Final = "fees"
# What networks took for carrying what was sent; what lies on them is less by it.
NETWORK_FEES: Final = "network_fees"
# What the merchant put into its wallets beside its payments, as far as networks took it.
PAID_IN: Final = "paid_in"

_NORMAL: Final = {
    CUSTODY: Side.DEBIT,
    RECEIVED: Side.CREDIT,
    PENDING: Side.CREDIT,
    AVAILABLE: Side.CREDIT,
    UNAPPLIED: Side.CREDIT,
    RESERVED: Side.CREDIT,
    FEES: Side.CREDIT,
    NETWORK_FEES: Side.DEBIT,
    PAID_IN: Side.CREDIT,
}


def custody(network: str) -> str:
    """Return the account of what lies on a network."""
    return f"{CUSTODY}:{network}"


def reserved(network: str) -> str:
    """Return the account of what is about to leave a network."""
    return f"{RESERVED}:{network}"


def normal_side(kind: str) -> Side:
    """Return the side that makes an account grow."""
    side = _NORMAL.get(kind.partition(":")[0])
    if side is None:
        raise Invalid(f"no such ledger account: {kind}", code="ledger_account_unknown")
    return side
