"""The row that the master keys must open."""

from typing import Final

from sluice.base.work import Work

_IS_THERE: Final = "SELECT to_regclass('key_checks') IS NOT NULL"
_ADD: Final = (
    "INSERT INTO key_checks (id, sealed, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
)
_GET: Final = "SELECT sealed FROM key_checks WHERE id = $1"


async def is_there(work: Work) -> bool:
    """Say whether the schema is new enough to have the row."""
    return bool(await work.value(_IS_THERE))


async def keep(work: Work, check_id: str, sealed: bytes) -> bytes:
    """Keep a sealed word, unless there is one; return the one that is kept."""
    await work.execute(_ADD, check_id, sealed, work.now)
    kept: bytes = await work.value(_GET, check_id)
    return kept
