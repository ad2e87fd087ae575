"""What became true of a transfer; each fact only points at it, the row says how it stands now."""

from dataclasses import dataclass

from sluice.base.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferMoved(Fact):
    """What the facts about a transfer share: which one, and under which reference we waited."""

    network: str
    tx_id: str
    index: int
    reference: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferSeen(TransferMoved):
    """A transfer to one of our targets is in the mempool or in a block.

    `lag_s` is how long after its block's time we wrote it down; None for the mempool.
    """

    lag_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferConfirmed(TransferMoved):
    """A transfer is as deep as its finality policy asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFinalized(TransferMoved):
    """A transfer is deeper than any fork we believe in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOrphaned(TransferMoved):
    """A transfer left the best branch, or the mempool, without a new place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainSwitched(Fact):
    """We left a branch for a better one, so many blocks below where we stood."""

    network: str
    height: int
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHalted(Fact):
    """A fork reached deeper than we believe possible; a person must decide."""

    network: str
    reason: str
