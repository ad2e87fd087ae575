"""How transfers stand now, for whoever waits for them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sluice.base.database import Row
from sluice.base.work import Work
from sluice.engine.watcher import store

Key: TypeAlias = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class SeenTransfer:
    """A transfer and how it stands. `paid_at` is when it was sent, as well as anybody can tell."""

    merchant_id: str
    livemode: bool
    network: str
    tx_id: str
    index: int
    reference: str | None
    asset: str
    units: int
    sender: str
    state: str
    depth_wanted: int
    paid_at: dt.datetime
    height: int | None
    memo: str | None = None

    @property
    def key(self) -> Key:
        """Return what makes it one transfer."""
        return self.network, self.tx_id, self.index


async def find_by_reference(work: Work, references: Sequence[str]) -> list[SeenTransfer]:
    """Return every transfer that was waited for under one of these references."""
    return [_seen(row) for row in await store.transfers_by_reference(work, references)]


async def find_by_key(work: Work, keys: Sequence[Key]) -> list[SeenTransfer]:
    """Return transfers by (network, tx_id, index), locked until the Work ends."""
    return [_seen(row) for row in await store.transfers_by_key(work, keys)]


def _seen(row: Row) -> SeenTransfer:
    return SeenTransfer(**row)
