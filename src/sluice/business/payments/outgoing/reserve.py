"""Set money aside, give it back, or write that it is gone; under the accounts' locks."""

from sluice.base.errors import Invalid
from sluice.base.money.catalogue import money
from sluice.base.money.money import Money
from sluice.base.work import Work
from sluice.engine.ledger import chart
from sluice.engine.ledger.balance import lock_balances
from sluice.engine.ledger.model import Entry
from sluice.engine.ledger.post import name_entries, post_entries
from sluice.engine.ledger.reverse import reversal_of


async def reserve_money(work: Work, entry: Entry, network: str) -> str:
    """Post a reservation; refuse when that much may not be spent, or does not lie there."""
    *taken, whole = (posting.money for posting in entry.postings)
    accounts = [chart.AVAILABLE, chart.FEES, chart.reserved(network), chart.custody(network)]
    held = await lock_balances(work, accounts, whole.asset.code)
    needed = {posting.account: posting.money for posting in entry.postings[: len(taken)]}
    for account, part in needed.items():
        _require(part, held[account], "available")
    free = held[chart.custody(network)] - held[chart.reserved(network)]
    _require(whole, free, f"on {network}")
    return await _post(work, entry)


async def release_money(work: Work, entry_id: str, why: str) -> str:
    """Undo a reservation, because nothing left."""
    [entry] = await reversal_of(work, [entry_id], why)
    return await _post(work, entry)


async def depart_money(work: Work, entry: Entry) -> str:
    """Post a departure."""
    return await _post(work, entry)


def _require(needed: Money, units: int, where: str) -> None:
    if units < needed.units:
        raise Invalid(
            f"Insufficient funds: {needed} are needed and {money(units, needed.asset.code)} "
            f"are {where}.",
            code="balance_insufficient",
            param="amount",
        )


async def _post(work: Work, entry: Entry) -> str:
    named = name_entries(work, [entry])
    await post_entries(work, named)
    return named[0][0]
