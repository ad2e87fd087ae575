"""Entries with their postings, a page at a time, for whoever reads the books."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sluice.base.database import Row
from sluice.base.money.catalogue import money
from sluice.base.pages import Listing, Page
from sluice.base.work import Work
from sluice.engine.ledger import store
from sluice.engine.ledger.chart import Side
from sluice.engine.ledger.model import Posting


@dataclass(frozen=True, slots=True)
class Written:
    """An entry as it stands in the books; `followed_at` is when its follow-up entry was written."""

    id: str
    kind: str
    source: str
    description: str
    at: dt.datetime
    postings: Sequence[Posting]
    followed_at: dt.datetime | None


async def page_entries(
    work: Work,
    page: Page,
    *,
    kinds: Sequence[str],
    followed_by: str,
    source: str | None = None,
    created: Mapping[str, dt.datetime] | None = None,
) -> Listing[Written]:
    """Return the merchant's entries of some kinds, newest first."""
    listing = await store.page_entries(
        work, page, kinds=kinds, followed_by=followed_by, source=source, created=created or {}
    )
    return Listing([_written(row) for row in listing.items], listing.has_more)


async def find_entry(
    work: Work, entry_id: str, *, kinds: Sequence[str], followed_by: str
) -> Written | None:
    """Return one entry of the merchant's of some kinds."""
    row = await store.get_entry(work, entry_id, kinds, followed_by)
    return None if row is None else _written(row)


def _written(row: Row) -> Written:
    postings = [
        Posting(part["account"], Side(part["side"]), money(int(part["units"]), part["asset"]))
        for part in row["postings"]
    ]
    return Written(
        row["id"],
        row["kind"],
        row["source"],
        row["description"],
        row["at"],
        postings,
        row["followed_at"],
    )
