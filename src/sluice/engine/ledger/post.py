"""Write entries, move balances: many at once, so that a shared balance row is touched once."""

from collections import Counter
from collections.abc import Sequence

from sluice.base.work import Work
from sluice.engine.ledger import store
from sluice.engine.ledger.chart import normal_side
from sluice.engine.ledger.model import Entry


async def post_entries(work: Work, entries: Sequence[Entry]) -> list[str]:
    """Write entries and return their ids, in order."""
    if not entries:
        return []
    accounts = await store.lock_accounts(
        work,
        [
            (e.merchant_id, e.livemode, p.account, p.money.asset.code)
            for e in entries
            for p in e.postings
        ],
    )
    changes: Counter[int] = Counter()
    for entry in entries:
        for posting in entry.postings:
            key = (entry.merchant_id, entry.livemode, posting.account, posting.money.asset.code)
            sign = 1 if posting.side is normal_side(posting.account) else -1
            changes[accounts[key]] += sign * posting.money.units
    await store.move_balances(work, changes)
    ids = [work.new_id("txn") for _ in entries]
    store.add(work, list(zip(ids, entries, strict=True)), accounts)
    return ids
