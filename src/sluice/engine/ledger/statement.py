"""Entries of one account between two instants."""

import datetime as dt

from sluice.base.money.catalogue import money
from sluice.base.work import Work
from sluice.engine.ledger import store
from sluice.engine.ledger.model import Line


async def read_statement(
    work: Work, account: str, asset: str, *, start: dt.datetime, end: dt.datetime, limit: int = 1000
) -> list[Line]:
    """Return the account's lines from `start` up to but not including `end`, oldest first."""
    return [
        Line(
            row["id"],
            row["kind"],
            row["source"],
            row["description"],
            row["at"],
            money(row["change"], asset),
        )
        for row in await store.statement(work, account, asset, start=start, end=end, limit=limit)
    ]
