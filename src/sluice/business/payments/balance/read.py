"""Balance and balance transactions, as read models of the ledger."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Final

from sluice.base.errors import NotFound
from sluice.base.money.catalogue import money
from sluice.base.pages import Listing, Page
from sluice.base.work import Work
from sluice.business.payments.balance.model import Balance, BalanceTransaction
from sluice.engine.ledger import chart
from sluice.engine.ledger.activity import Written, find_entry, page_entries
from sluice.engine.ledger.balance import read_balances
from sluice.engine.ledger.chart import Side

_KINDS: Final = {
    "settlement": "charge",
    "settlement_reversal": "payment_reversal",
    "refund": "refund",
    "refund_reversal": "refund_failure",
    "payout": "payout",
    "payout_reversal": "payout_failure",
    # What of the fee set aside for a withdrawal was not needed.
    "payout_withdrawn": "adjustment",
}
# Money that moved out of what may be spent needs nothing more to be available.
_AT_ONCE: Final = ("refund", "payout")
_FOLLOWED_BY: Final = "finalization"


async def read_balance(work: Work) -> Balance:
    """Return what the merchant has."""
    sums: dict[str, Counter[str]] = {
        kind: Counter() for kind in (chart.AVAILABLE, chart.PENDING, chart.UNAPPLIED)
    }
    for held in await read_balances(work):
        if held.account in sums:
            sums[held.account][held.money.asset.code] += held.money.units
    by_kind = {
        kind: [money(units, asset) for asset, units in sorted(held.items())]
        for kind, held in sums.items()
    }
    return Balance(by_kind[chart.AVAILABLE], by_kind[chart.PENDING], by_kind[chart.UNAPPLIED])


async def page_balance_transactions(
    work: Work,
    page: Page,
    *,
    type_: str | None = None,
    source: str | None = None,
    created: Mapping[str, dt.datetime] | None = None,
) -> Listing[BalanceTransaction]:
    """Return a page of movements; `source` is the id of a charge, a refund or a payout."""
    kinds = [kind for kind, name in _KINDS.items() if type_ in {None, name}]
    paid = source is not None and source.startswith("ch_")
    found = "pi_" + source.partition("_")[2] if source is not None and paid else source
    listing = await page_entries(
        work, page, kinds=kinds, followed_by=_FOLLOWED_BY, source=found, created=created
    )
    return Listing([_transaction(entry) for entry in listing.items], listing.has_more)


async def find_balance_transaction(work: Work, entry_id: str) -> BalanceTransaction:
    """Return one movement, or refuse as if it did not exist."""
    entry = await find_entry(work, entry_id, kinds=list(_KINDS), followed_by=_FOLLOWED_BY)
    if entry is None:
        raise NotFound(f"No such balance transaction: '{entry_id}'", param="id")
    return _transaction(entry)


def _transaction(entry: Written) -> BalanceTransaction:
    """Read an entry from the merchant's side: what came, and what the fee took of it.

    An intent paid in two assets is shown in the one that its books name first; the entry has both.
    """
    asset = min(posting.money.asset.code for posting in entry.postings)
    sums: Counter[str] = Counter()
    for posting in entry.postings:
        if posting.money.asset.code == asset:
            sums[posting.account] += (
                posting.money.units if posting.side is Side.CREDIT else -posting.money.units
            )
    fee = sums[chart.FEES]
    return BalanceTransaction(
        id=entry.id,
        type=_KINDS[entry.kind],
        amount=money(sums[chart.PENDING] + sums[chart.AVAILABLE] + fee, asset),
        fee=money(fee, asset),
        source_id=entry.source,
        description=entry.description,
        created_at=entry.at,
        available_at=entry.at if entry.kind.startswith(_AT_ONCE) else entry.followed_at,
    )
