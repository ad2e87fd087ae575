"""What entries moved."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sluice.base.money.catalogue import money
from sluice.base.work import Work
from sluice.engine.ledger import store
from sluice.engine.ledger.chart import Side
from sluice.engine.ledger.model import Posting


async def find_postings(work: Work, entry_ids: Sequence[str]) -> Mapping[str, list[Posting]]:
    """Return the postings of each of these entries."""
    found: dict[str, list[Posting]] = defaultdict(list)
    for row in await store.find_entries(work, entry_ids) if entry_ids else []:
        moved = money(row["units"], row["asset"])
        found[row["id"]].append(Posting(row["account"], Side(row["side"]), moved))
    return found
