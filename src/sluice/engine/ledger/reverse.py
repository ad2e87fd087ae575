"""Undo by an opposite entry, never by delete."""

from collections.abc import Sequence
from itertools import groupby

from sluice.base.money.catalogue import money
from sluice.base.work import Work
from sluice.engine.ledger import store
from sluice.engine.ledger.chart import Side
from sluice.engine.ledger.model import Entry, Posting


async def reversal_of(work: Work, entry_ids: Sequence[str], why: str) -> list[Entry]:
    """Return, for each entry, the entry that undoes it; an entry can be undone once."""
    if not entry_ids:
        return []
    rows = await store.find_entries(work, entry_ids)
    found: dict[str, Entry] = {}
    for entry_id, group in groupby(rows, key=lambda row: row["id"]):
        postings = list(group)
        first = postings[0]
        found[entry_id] = Entry(
            merchant_id=first["merchant_id"],
            livemode=first["livemode"],
            kind=f"{first['kind']}_reversal",
            source=first["source"],
            seq=first["seq"],
            description=why,
            postings=[
                Posting(row["account"], Side(row["side"]).other, money(row["units"], row["asset"]))
                for row in postings
            ],
            reverses=entry_id,
        )
    return [found[entry_id] for entry_id in entry_ids]
