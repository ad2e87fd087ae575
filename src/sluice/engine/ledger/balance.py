"""What accounts hold, now or then, and whether the whole book balances."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sluice.base.money.catalogue import find_asset, money
from sluice.base.money.money import Money
from sluice.base.work import Work
from sluice.engine.ledger import store
from sluice.engine.ledger.model import Balance
from sluice.engine.ledger.store import AccountKey


@dataclass(frozen=True, slots=True)
class TrialLine:
    """The sum over every merchant of one kind of account in one asset and mode."""

    livemode: bool
    account: str
    debit: Money
    credit: Money


async def read_balances(work: Work) -> list[Balance]:
    """Return what each of the merchant's accounts holds now."""
    return [
        Balance(row["kind"], money(row["balance"], row["asset"]))
        for row in await store.balances(work)
    ]


async def lock_balances(work: Work, accounts: Sequence[str], asset: str) -> dict[str, int]:
    """Return what the merchant's accounts hold in an asset, and hold them until the Work ends.

    All that a Work will post to belongs in one call: accounts are locked in one order.
    """
    merchant_id, livemode = work.owner
    keys = [(merchant_id, livemode, account, asset) for account in accounts]
    return {key[2]: units for key, units in (await lock_keys(work, keys)).items()}


async def lock_keys(work: Work, keys: Sequence[AccountKey]) -> dict[AccountKey, int]:
    """Return what accounts of any merchants hold, and hold them until the Work ends; as above."""
    locked = await store.lock_accounts(work, keys)
    units = await store.held(work, list(locked.values()))
    return {key: units[number] for key, number in locked.items()}


async def balance_at(work: Work, account: str, asset: str, at: dt.datetime) -> Money:
    """Return what one account held at an instant, summed from its postings."""
    return Money(await store.balance_at(work, account, asset, at), find_asset(asset))


async def trial_balance(work: Work) -> list[TrialLine]:
    """Return the trial balance; per asset and mode the debits equal the credits."""
    return [
        TrialLine(
            row["livemode"],
            row["kind"],
            money(row["debit"] or 0, row["asset"]),
            money(row["credit"] or 0, row["asset"]),
        )
        for row in await store.trial(work)
    ]
