"""Rows of hot wallets that bring deposits home, and whether one is doing so."""

from typing import Final

from sluice.base.work import Work

_SWEEPING: Final = """
SELECT id FROM hot_wallets WHERE frozen_at IS NULL AND limits -> 'sweep_min' <> '{}'
ORDER BY id LIMIT $1 -- every merchant"""
_IS_SWEEPING: Final = """
SELECT true FROM sends WHERE wallet_id = $1 AND state IN ('queued', 'open') AND reference LIKE 'sw\\_%'
LIMIT 1 -- every merchant"""


async def sweeping(work: Work, limit: int) -> list[str]:
    """Return the ids of wallets whose limits let them sweep."""
    return [row["id"] for row in await work.rows(_SWEEPING, limit)]


async def is_sweeping(work: Work, wallet_id: str) -> bool:
    """Say whether an order to sweep is on its way."""
    return await work.value(_IS_SWEEPING, wallet_id) is True
