"""How deep transfers are, for whoever counts along."""

from collections.abc import Sequence
from dataclasses import dataclass

from sluice.base.work import Work
from sluice.engine.watcher import store
from sluice.engine.watcher.seen import SeenTransfer, find_by_reference


@dataclass(frozen=True, slots=True)
class Progress:
    """A transfer and how many blocks stand on it, its own included; 0 while no block has it."""

    transfer: SeenTransfer
    depth: int


async def find_progress(work: Work, references: Sequence[str]) -> list[Progress]:
    """Return every transfer that was waited for under one of these references, and its depth."""
    seen = await find_by_reference(work, references)
    if not seen:
        return []
    heights = {cursor.network: cursor.height for cursor in await store.cursors(work)}
    return [Progress(transfer, _depth(transfer, heights)) for transfer in seen]


def _depth(transfer: SeenTransfer, heights: dict[str, int]) -> int:
    """Return the depth under our cursor, which may have moved since the transfer was read."""
    if transfer.height is None:
        return 0
    return max(1, heights[transfer.network] - transfer.height + 1)
