"""Deposit and Conversion: an address that becomes sBTC, and bitcoin on its way through it."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from sluice.base.states import States
from sluice.engine.chains.peg import Outpoint, PegDeposit

# At this part of the lock the merchant is told that the signers are late.
DELAYED_PER_CENT: Final = 70


class State(StrEnum):
    """How far the bitcoin is."""

    PENDING = "pending_conversion"  # paid, and not swept by the signers
    SWEPT = "swept"  # the signers say they took it; nothing is minted yet
    MINTED = "minted"  # sBTC is there, deep enough to count
    RECLAIMABLE = "reclaimable"  # the lock is over: the merchant's own key takes it back
    LOST = "lost"  # the payment left the chain


MOVES: Final = States(
    "conversion",
    {
        State.PENDING: frozenset({State.SWEPT, State.MINTED, State.RECLAIMABLE, State.LOST}),
        State.SWEPT: frozenset({State.PENDING, State.MINTED, State.RECLAIMABLE, State.LOST}),
        # A fork may take the mint back, and bring it again.
        State.MINTED: frozenset({State.PENDING}),
        State.RECLAIMABLE: frozenset({State.PENDING, State.MINTED, State.LOST}),
        State.LOST: frozenset({State.PENDING, State.MINTED}),
    },
)


@dataclass(frozen=True, slots=True)
class Deposit:
    """What an offer's address stands for, and the key of the account for the way back."""

    merchant_id: str
    livemode: bool
    offer_id: str
    intent_id: str
    network: str
    peg: str
    recipient: str
    key_index: int
    scripts: PegDeposit


@dataclass(frozen=True, slots=True)
class Conversion:
    """One output that was paid to a deposit."""

    merchant_id: str
    livemode: bool
    network: str
    tx_id: str
    index: int
    offer_id: str
    intent_id: str
    units: int
    state: State
    mined_at: int | None = None
    is_told: bool = False
    news: str | None = None
    sweep_tx_id: str | None = None
    minted_tx_id: str | None = None
    minted: int | None = None
    is_delayed: bool = False

    @property
    def outpoint(self) -> Outpoint:
        """Return the output."""
        return self.tx_id, self.index

    def move(self, state: State) -> "Conversion":
        """Return the conversion in another state; staying is no move."""
        return self if state is self.state else replace(self, state=MOVES.check(self.state, state))

    def blocks_over(self, tip: int) -> int:
        """Return how many blocks stand on it, its own included; 0 while no block has it."""
        return 0 if self.mined_at is None else max(0, tip - self.mined_at + 1)

    def is_late(self, tip: int, lock_blocks: int) -> bool:
        """Say whether so much of the lock is over that somebody should look."""
        return self.blocks_over(tip) * 100 >= lock_blocks * DELAYED_PER_CENT

    def may_return(self, tip: int, lock_blocks: int) -> bool:
        """Say whether the next block may take it back."""
        return self.mined_at is not None and tip + 1 >= self.mined_at + lock_blocks
