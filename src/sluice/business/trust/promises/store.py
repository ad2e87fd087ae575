"""Rows of payout holds, and the one form in which promises.sql is asked."""

from collections.abc import Sequence
from typing import Final

from sluice.base.work import Work

_HOLD: Final = """
INSERT INTO payout_holds (asset, reason, since) SELECT asset, $2, $3 FROM unnest($1::text[]) AS a (asset)
ON CONFLICT DO NOTHING"""
_HOLDS: Final = "SELECT asset, reason, since FROM payout_holds ORDER BY asset, reason"
_LIFT: Final = "DELETE FROM payout_holds WHERE reason = $1"


def find_broken(names: str, sql: str, limit: int) -> str:
    """Return the query for what breaks a promise; it may use the names at the head of its file."""
    return f"{names}\nSELECT * FROM ({sql}\n) AS broken LIMIT {limit}"


async def hold_payouts(work: Work, assets: Sequence[str], reason: str) -> None:
    """Let nothing of these assets leave until somebody lifts it; `*` stands for every asset."""
    await work.execute(_HOLD, list(assets), reason, work.now)


async def holds(work: Work) -> list[tuple[str, str]]:
    """Return what is held, as (asset, reason)."""
    return [(row["asset"], row["reason"]) for row in await work.rows(_HOLDS)]


async def lift(work: Work, reason: str) -> int:
    """Let it leave again, because somebody looked; return how many holds were lifted."""
    return await work.execute(_LIFT, reason)
