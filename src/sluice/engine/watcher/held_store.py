"""Rows of deposit addresses that hold money for good, until it was seen to be gone."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from sluice.base.work import Work
from sluice.engine.watcher.check_store import Deposit

_HELD: Final = """
SELECT network, address, destination, reference, created_at, held_since FROM deposit_addresses
WHERE merchant_id = $1 AND livemode = $2 AND network = $3 AND held_since IS NOT NULL
ORDER BY held_since LIMIT $4"""
_SET_HELD: Final = """
UPDATE deposit_addresses SET held_since = $3 WHERE network = $1 AND address = ANY($2::text[]) -- every merchant"""


async def held(work: Work, owner: tuple[str, bool], network: str, limit: int) -> list[Deposit]:
    """Return a merchant's deposits that hold money."""
    return [Deposit(**row) for row in await work.rows(_HELD, *owner, network, limit)]


async def set_held(
    work: Work, network: str, addresses: Sequence[str], since: dt.datetime | None
) -> None:
    """Write since when these hold something, as far as anybody looked; None for nothing."""
    await work.execute(_SET_HELD, network, list(addresses), since)
