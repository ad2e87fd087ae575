"""How far networks have been followed."""

from sluice.base.work import Work
from sluice.engine.watcher import store
from sluice.engine.watcher.model import Cursor


async def read_cursors(work: Work) -> list[Cursor]:
    """Return where we stand on every network that was ever followed."""
    return await store.cursors(work)


async def has_unsettled(work: Work, network: str) -> bool:
    """Say whether some transfer on a network still waits for depth."""
    return await store.has_unsettled(work, network)
