"""Target, Sighting, Cursor: what we wait for, what was seen, where we stand."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from sluice.engine.chains.model import Style, Transfer


class State(StrEnum):
    """Where a transfer stands, as far as we have seen."""

    MEMPOOL = "mempool"
    INCLUDED = "included"
    CONFIRMED = "confirmed"  # as deep as the finality policy asks
    FINAL = "final"  # deeper than any fork we believe in
    ORPHANED = "orphaned"  # seen once, no longer on the best branch


@dataclass(frozen=True, slots=True)
class Target:
    """An address, memo or amount somebody waits for. `reference` is their name for it."""

    id: str
    merchant_id: str
    livemode: bool
    network: str
    style: Style
    address: str
    reference: str | None
    watch_until: dt.datetime
    memo: str | None = None
    asset: str | None = None
    units: int | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A target that a transfer may be for."""

    position: int  # of the transfer in its block
    target_id: str
    merchant_id: str
    livemode: bool
    style: Style
    reference: str | None


@dataclass(frozen=True, slots=True)
class Sighting:
    """A transfer and the target it is for."""

    transfer: Transfer
    target: Candidate
    depth_wanted: int
    depth_stalled: int | None = None
    is_doubted: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far we have followed a network."""

    network: str
    height: int
    hash: str
    finalized_height: int | None
    reorg_max: int
    halted_reason: str | None
    moved_at: dt.datetime
