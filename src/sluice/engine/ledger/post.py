"""Write entries, move balances: many at once, so that a shared balance row is touched once."""

from collections import Counter
from collections.abc import Iterable, Sequence

from sluice.base.work import Work
from sluice.engine.ledger import store
from sluice.engine.ledger.chart import normal_side
from sluice.engine.ledger.model import Entry
from sluice.engine.ledger.store import AccountKey


def name_entries(work: Work, entries: Iterable[Entry]) -> list[tuple[str, Entry]]:
    """Give entries their ids, so that what refers to them can be made before they are posted."""
    return [(work.new_id("txn"), entry) for entry in entries]


async def post_entries(work: Work, named: Sequence[tuple[str, Entry]]) -> None:
    """Write entries and move balances.

    It locks the accounts until the Work ends, and everybody else who posts to them waits: do what
    can be done before it, before it.
    """
    if not named:
        return
    changes: Counter[AccountKey] = Counter()
    for _, entry in named:
        for posting in entry.postings:
            key = (entry.merchant_id, entry.livemode, posting.account, posting.money.asset.code)
            sign = 1 if posting.side is normal_side(posting.account) else -1
            changes[key] += sign * posting.money.units
    accounts = await store.lock_accounts(work, list(changes))
    await store.move_balances(work, {accounts[key]: change for key, change in changes.items()})
    store.add(work, named, accounts)
