"""Rows of the lies that providers of the sandbox tell."""

from collections.abc import Sequence

import msgspec

from sluice.base.database import Connection
from sluice.engine.chains.sandbox.model import Lie


async def add(connection: Connection, provider: str, lie: Lie, uses: int | None) -> None:
    """Let a provider depart from the truth for so many answers."""
    await connection.execute(
        "INSERT INTO sandbox_lies (provider, kind, detail, uses_left) VALUES ($1, $2, $3, $4)",
        provider,
        lie.kind,
        msgspec.to_builtins(lie),
        uses,
    )


async def find(connection: Connection, provider: str) -> dict[int, Lie]:
    """Return what this provider tells instead of the truth, by the lie's number."""
    rows = await connection.fetch(
        "SELECT id, detail FROM sandbox_lies WHERE provider = $1 ORDER BY id", provider
    )
    return {row["id"]: msgspec.convert(row["detail"], Lie) for row in rows}


async def save_used(connection: Connection, numbers: Sequence[int]) -> None:
    """Count one use of each; a lie whose uses are over is gone."""
    await connection.execute(
        "SELECT FROM sandbox_lies WHERE id = ANY($1) ORDER BY id FOR UPDATE", numbers
    )
    await connection.execute(
        "DELETE FROM sandbox_lies WHERE id = ANY($1) AND uses_left = 1", numbers
    )
    await connection.execute(
        "UPDATE sandbox_lies SET uses_left = uses_left - 1 WHERE id = ANY($1)", numbers
    )


async def remove(connection: Connection, provider: str | None) -> None:
    """Let this provider, or every one, tell the truth again."""
    await connection.execute("DELETE FROM sandbox_lies WHERE provider = $1 OR $1 IS NULL", provider)
