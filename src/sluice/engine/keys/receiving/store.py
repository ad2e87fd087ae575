"""Rows of receiving accounts and their addresses."""

import datetime as dt
from typing import Final

from sluice.base.database import Row
from sluice.base.work import Work
from sluice.engine.keys.receiving.model import Account, Leased

_COLUMNS: Final = """
SELECT a.id, a.network, a.account, a.first_address, a.next_index, coalesce((
    SELECT max(u.index) FROM receiving_addresses u
    WHERE (u.merchant_id, u.livemode, u.account_id) = (a.merchant_id, a.livemode, a.id) AND u.state = 'used'), -1)
  AS last_used_index, a.gap_max, a.created_at
FROM receiving_accounts a WHERE a.merchant_id = $1 AND a.livemode = $2 AND a.is_active"""
_ACTIVE: Final = _COLUMNS + " AND a.network = $3 FOR UPDATE OF a"
_PAGE: Final = _COLUMNS + " ORDER BY a.network LIMIT $3"
_RETIRE: Final = """
UPDATE receiving_accounts SET is_active = false
WHERE merchant_id = $1 AND livemode = $2 AND network = $3 AND is_active AND first_address <> $4"""
_ACTIVATE: Final = """
INSERT INTO receiving_accounts AS had (merchant_id, livemode, id, network, account, first_address, gap_max, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (merchant_id, livemode, network, first_address)
  DO UPDATE SET is_active = true, account = excluded.account, gap_max = excluded.gap_max"""
# The lowest address whose payment's time was over long enough ago, and that no chain has ever seen.
_RESTED: Final = """
SELECT index, leased_until FROM receiving_addresses
WHERE merchant_id = $1 AND livemode = $2 AND account_id = $3 AND state = 'leased' AND leased_until <= $4
ORDER BY index LIMIT 1"""
_ADD: Final = """
INSERT INTO receiving_addresses (merchant_id, livemode, account_id, index, network, address, reference, state,
  leased_until, leased_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'leased', $8, $9) ON CONFLICT DO NOTHING RETURNING index"""
_ADVANCE: Final = """
UPDATE receiving_accounts SET next_index = $4 WHERE merchant_id = $1 AND livemode = $2 AND id = $3"""
_AGAIN: Final = """
UPDATE receiving_addresses SET reference = $5, leased_until = $6, leased_at = $7
WHERE merchant_id = $1 AND livemode = $2 AND account_id = $3 AND index = $4 AND state = 'leased' RETURNING address"""
_AFTER: Final = """
SELECT address, leased_at FROM receiving_addresses WHERE network = $1 AND (leased_at, address) > ($2, $3)
ORDER BY leased_at, address LIMIT $4 -- every merchant"""
_OPEN: Final = """
SELECT address FROM receiving_addresses WHERE network = $1 AND leased_at > $2 AND leased_until > $3 AND state = 'leased'
ORDER BY leased_at DESC LIMIT $4 -- every merchant"""


async def lock_active(work: Work, network: str) -> Account | None:
    """Return the account that the merchant receives with on a network, locked."""
    row = await work.row(_ACTIVE, *work.owner, network)
    return None if row is None else _account(row)


async def page(work: Work, limit: int) -> list[Account]:
    """Return the accounts that the merchant receives with now."""
    return [_account(row) for row in await work.rows(_PAGE, *work.owner, limit)]


async def activate(work: Work, account: Account) -> None:
    """Receive with this account from now on, and no longer with the one before."""
    await work.execute(_RETIRE, *work.owner, account.network, account.first_address)
    await work.execute(
        _ACTIVATE,
        *work.owner,
        account.id,
        account.network,
        account.account,
        account.first_address,
        account.gap_max,
        account.created_at,
    )


async def find_rested(
    work: Work, account: Account, before: dt.datetime
) -> tuple[int, dt.datetime] | None:
    """Return the lowest index whose lease ended before an instant and that was never seen."""
    row = await work.row(_RESTED, *work.owner, account.id, before)
    return None if row is None else (row["index"], row["leased_until"])


async def add_address(
    work: Work, account: Account, index: int, address: str, *, reference: str, until: dt.datetime
) -> bool:
    """Lease a new address; say whether it was nobody's."""
    added = await work.value(
        _ADD, *work.owner, account.id, index, account.network, address, reference, until, work.now
    )
    if added is None:
        return False
    await work.execute(_ADVANCE, *work.owner, account.id, index + 1)
    return True


async def lease_again(
    work: Work, account: Account, index: int, *, reference: str, until: dt.datetime
) -> str | None:
    """Lease an address once more; None when money was seen there meanwhile."""
    found: str | None = await work.value(
        _AGAIN, *work.owner, account.id, index, reference, until, work.now
    )
    return found


async def leased_after(
    work: Work, network: str, after: tuple[dt.datetime, str], limit: int
) -> list[Leased]:
    """Return the next addresses of a network in the order they were leased."""
    return [Leased(*row.values()) for row in await work.rows(_AFTER, network, *after, limit)]


async def open_addresses(
    work: Work, network: str, since: dt.datetime, limit: int
) -> tuple[str, ...]:
    """Return addresses leased since an instant that payments may still come to, newest first."""
    rows = await work.rows(_OPEN, network, since, work.now, limit)
    return tuple(row["address"] for row in rows)


def _account(row: Row) -> Account:
    return Account(*row.values())
