"""Header, Block, Transfer, Network, Finality: what a chain looks like from here."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sluice.base.errors import Invalid

# A tier that waits for the network's own finalised tag instead of counting blocks.
FINALIZED: Final = 0
# Above this a tier counts blocks of the chain beneath (Bitcoin's, for Stacks): see `anchored`.
ANCHORED: Final = 1_000_000


class Style(StrEnum):
    """How a payment is told apart from others, strongest first."""

    ADDRESS = "address"  # an address of its own
    DEPOSIT = "deposit"  # an address of its own whose coin arrives as another network's token
    CONTRACT = "contract"  # a contract of ours says which payment a transfer settles
    MEMO = "memo"  # a shared address and a reference inside the transaction
    AMOUNT = "amount"  # a shared address and an amount nobody else was asked for
    WALLET = "wallet"  # a merchant's address alone: says whose money it is, not what for


@dataclass(frozen=True, slots=True)
class Header:
    """A block's place in the chain."""

    height: int
    hash: str
    parent: str
    time: dt.datetime


@dataclass(frozen=True, slots=True)
class Tip:
    """The newest header a source knows, and the height it calls final, where it says so."""

    header: Header
    finalized_height: int | None = None
    # So many blocks of the chain beneath -> the newest height that lies under as many.
    anchored: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money moving on a chain, as observed. The key is (network, tx_id, index)."""

    tx_id: str
    index: int
    asset: str  # a code of the catalogue, or "unknown:<token>" for a token we do not know
    sender: str
    recipient: str
    units: int
    memo: str | None = None
    depth_min: int = 0  # where the network itself lets nobody spend it before
    # What a contract of ours, in the same transaction, says that this very transfer settles.
    settles: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A header and the transfers in it."""

    header: Header
    transfers: Sequence[Transfer]


@dataclass(frozen=True, slots=True)
class Tier:
    """Up to so many units (None: no limit) a transfer counts at this depth.

    0 is when it is final, and `anchored(n)` when it lies under n blocks of the chain beneath.
    `depth_stalled` is a depth that counts too, for when the network's own word does not come.
    """

    up_to: int | None
    depth: int
    depth_stalled: int | None = None


def anchored(blocks: int) -> int:
    """Return the depth of a tier that waits for so many blocks of the chain beneath."""
    return ANCHORED + blocks


def is_counted(depth: int) -> bool:
    """Say whether a depth counts the network's own blocks, so that progress can be shown."""
    return FINALIZED < depth < ANCHORED


@dataclass(frozen=True, slots=True)
class Finality:
    """Depth by asset and size, and how deep a fork may reach before we stop and ask a person.

    Money is credited at the tier's depth and may be spent only deeper than `reorg_max`. Of an asset
    in `doubt_over`, more units than that are read a second time, in another way, before they count.
    """

    reorg_max: int
    tiers: Mapping[str, Sequence[Tier]]  # by asset code; "*" for the others
    doubt_over: Mapping[str, int] = field(default_factory=dict)

    def tier_for(self, asset: str, units: int) -> Tier:
        """Return the tier that covers this much of this asset."""
        for tier in self.tiers.get(asset) or self.tiers["*"]:
            if tier.up_to is None or units <= tier.up_to:
                return tier
        raise Invalid(f"no finality tier covers {units} of {asset}", code="finality_incomplete")

    def depth_for(self, asset: str, units: int) -> int:
        """Return the depth at which this much of this asset counts as paid."""
        return self.tier_for(asset, units).depth

    def doubts(self, asset: str, units: int) -> bool:
        """Say whether this much must be read a second time before it counts."""
        return asset in self.doubt_over and units > self.doubt_over[asset]


@dataclass(frozen=True, slots=True)
class Network:
    """One network as configured: what it carries, in which mode, and how sure we want to be."""

    name: str
    title: str
    livemode: bool
    assets: Sequence[str]
    finality: Finality
    block_time_s: float
    styles: Sequence[Style]
    explorer_tx: str | None = None  # a URL with {tx_id}
    mempool_patience_s: float = 60.0  # how long a transfer may be missing before it counts as lost
    tokens: Mapping[str, str] = field(default_factory=dict)  # asset code -> token contract
    # Fewer units than this say nothing by themselves: anybody can send them to thousands at once.
    dust: Mapping[str, int] = field(default_factory=dict)
