"""Account and Lease: a merchant's public account on a network, and an address of it on loan."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from sluice.engine.keys.receiving.gaps import GAP_WARN

# How many addresses a merchant compares with his own wallet before any is shown to a payer.
PREVIEW: Final = 3


@dataclass(frozen=True, slots=True)
class Account:
    """An account's public key, and how far its addresses are given out.

    `last_used_index` is -1 until money was seen at one of them.
    """

    id: str
    network: str
    account: str
    first_address: str
    next_index: int
    last_used_index: int
    gap_max: int
    created_at: dt.datetime

    @property
    def gap(self) -> int:
        """Return how many addresses were given out since the last one that was used."""
        return self.next_index - 1 - self.last_used_index

    @property
    def is_wide(self) -> bool:
        """Say whether the merchant should raise the gap limit of his wallet."""
        return self.gap > GAP_WARN


@dataclass(frozen=True, slots=True)
class Leased:
    """An address that was given out, and when."""

    address: str
    leased_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Lease:
    """An address that only one open payment has. A reused one was never seen by the chain."""

    address: str
    index: int
    is_reused: bool
