"""Effects: a table that shows what was done, how often, and that facts are its cause."""

from collections.abc import Sequence
from dataclasses import dataclass

from sluice.base.database import Database
from sluice.base.facts import Fact
from sluice.base.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted(Fact):
    """Somebody counted to a number."""

    number: int


def counted(*numbers: int) -> list[Counted]:
    """Facts with these numbers, of the system itself."""
    return [Counted(merchant_id=None, livemode=False, number=number) for number in numbers]


async def make_effects(database: Database) -> None:
    """Make the table, which no migration knows."""
    await change(database, "CREATE TABLE effects (number bigint)")
    await change(database, "GRANT ALL ON effects TO sluice_worker")


async def note(work: Work, facts: Sequence[Counted]) -> None:
    """React: write each fact's number down."""
    await work.execute(
        "INSERT INTO effects SELECT unnest($1::bigint[])", [fact.number for fact in facts]
    )


async def effects(database: Database) -> list[int]:
    """Return what was done, in order."""
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT number FROM effects ORDER BY number")
    return [row["number"] for row in rows]


async def look(database: Database, sql: str, *args: object) -> list[tuple[object, ...]]:
    """Look at the database as a worker does."""
    async with database.connection() as connection:
        return [tuple(row) for row in await connection.fetch(sql, *args)]


async def change(database: Database, sql: str, *args: object) -> None:
    """Change the database as its owner may."""
    owner = await database.dedicated()
    try:
        await owner.execute(sql, *args)
    finally:
        await owner.close()
