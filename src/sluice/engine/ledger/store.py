"""Rows of accounts, entries and postings."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from sluice.base.database import Row
from sluice.base.pages import Listing, Page
from sluice.base.paging import newest_first
from sluice.base.work import Work
from sluice.engine.ledger.chart import normal_side
from sluice.engine.ledger.model import Entry

# Accounts are locked in the order of their ids, so that two writers never wait for each other.
_OPEN: Final = """
INSERT INTO ledger_accounts (merchant_id, livemode, kind, asset, normal)
SELECT * FROM unnest($1::text[], $2::boolean[], $3::text[], $4::text[], $5::text[])
ON CONFLICT DO NOTHING"""
_LOCK: Final = """
SELECT a.id, a.merchant_id, a.livemode, a.kind, a.asset FROM ledger_accounts a
JOIN unnest($1::text[], $2::boolean[], $3::text[], $4::text[]) AS k (merchant_id, livemode, kind, asset)
  USING (merchant_id, livemode, kind, asset)
ORDER BY a.id FOR UPDATE OF a"""
_MOVE: Final = """
UPDATE ledger_accounts a SET balance = balance + d.change
FROM unnest($1::bigint[], $2::numeric[]) AS d (id, change) WHERE a.id = d.id -- every merchant"""
_ADD_ENTRIES: Final = """
INSERT INTO ledger_entries (merchant_id, livemode, id, kind, source, seq, reverses, description, at)
SELECT *, $9 FROM unnest($1::text[], $2::boolean[], $3::text[], $4::text[], $5::text[], $6::int[],
  $7::text[], $8::text[])"""
_ADD_POSTINGS: Final = """
INSERT INTO ledger_postings (merchant_id, livemode, entry_id, account_id, asset, side, units)
SELECT * FROM unnest($1::text[], $2::boolean[], $3::text[], $4::bigint[], $5::text[], $6::text[],
  $7::numeric[])"""
_FIND_ENTRIES: Final = """
SELECT e.merchant_id, e.livemode, e.id, e.kind, e.source, e.seq, a.kind AS account, p.side, p.asset, p.units
FROM ledger_entries e
JOIN ledger_postings p ON p.entry_id = e.id
JOIN ledger_accounts a ON a.id = p.account_id
WHERE e.id = ANY($1::text[]) ORDER BY e.id -- every merchant"""
_BALANCES: Final = """
SELECT kind, asset, balance FROM ledger_accounts
WHERE merchant_id = $1 AND livemode = $2 ORDER BY kind, asset"""
_HELD: Final = (
    "SELECT id, balance FROM ledger_accounts WHERE id = ANY($1::bigint[]) -- every merchant"
)
_BALANCE_AT: Final = """
SELECT coalesce(sum(CASE WHEN p.side = a.normal THEN p.units ELSE -p.units END), 0)
FROM ledger_accounts a JOIN ledger_postings p ON p.account_id = a.id JOIN ledger_entries e ON e.id = p.entry_id
WHERE a.merchant_id = $1 AND a.livemode = $2 AND a.kind = $3 AND a.asset = $4 AND e.at <= $5"""
_STATEMENT: Final = """
SELECT e.id, e.kind, e.source, e.description, e.at,
  CASE WHEN p.side = a.normal THEN p.units ELSE -p.units END AS change
FROM ledger_accounts a JOIN ledger_postings p ON p.account_id = a.id JOIN ledger_entries e ON e.id = p.entry_id
WHERE a.merchant_id = $1 AND a.livemode = $2 AND a.kind = $3 AND a.asset = $4 AND e.at >= $5 AND e.at < $6
ORDER BY e.id LIMIT $7"""
# -- every merchant
_TRIAL: Final = """
SELECT livemode, asset, kind,
  sum(balance) FILTER (WHERE normal = 'D') AS debit, sum(balance) FILTER (WHERE normal = 'C') AS credit
FROM ledger_accounts GROUP BY livemode, asset, kind ORDER BY livemode, asset, kind"""
_ENTRIES: Final = """
SELECT e.id, e.kind, e.source, e.description, e.at,
  (SELECT jsonb_agg(jsonb_build_object('account', a.kind, 'side', p.side, 'asset', p.asset, 'units', p.units::text))
   FROM ledger_postings p JOIN ledger_accounts a ON a.id = p.account_id WHERE p.entry_id = e.id) AS postings,
  (SELECT f.at FROM ledger_entries f WHERE f.kind = '{followed_by}' AND f.source = e.source AND f.seq = e.seq) AS followed_at
FROM ledger_entries e WHERE e.merchant_id = $1 AND e.livemode = $2"""

AccountKey = tuple[str, bool, str, str]


async def lock_accounts(work: Work, keys: Sequence[AccountKey]) -> Mapping[AccountKey, int]:
    """Open what is missing, lock all, return their ids."""
    ordered = sorted(set(keys))
    columns = [list(column) for column in zip(*ordered, strict=True)]
    normals = [normal_side(kind).value for _, _, kind, _ in ordered]
    locked = await work.rows(_LOCK, *columns)
    if len(locked) < len(ordered):
        await work.execute(_OPEN, *columns, normals)
        locked = await work.rows(_LOCK, *columns)
    return {
        (row["merchant_id"], row["livemode"], row["kind"], row["asset"]): row["id"]
        for row in locked
    }


async def move_balances(work: Work, changes: Mapping[int, int]) -> None:
    """Add a change to each account."""
    await work.execute(_MOVE, list(changes), list(changes.values()))


def add(
    work: Work, entries: Sequence[tuple[str, Entry]], accounts: Mapping[AccountKey, int]
) -> None:
    """Write entries with their postings."""
    pairs = [
        (entry_id, entry, posting) for entry_id, entry in entries for posting in entry.postings
    ]
    work.insert(
        _ADD_ENTRIES,
        [entry.merchant_id for _, entry in entries],
        [entry.livemode for _, entry in entries],
        [entry_id for entry_id, _ in entries],
        [entry.kind for _, entry in entries],
        [entry.source for _, entry in entries],
        [entry.seq for _, entry in entries],
        [entry.reverses for _, entry in entries],
        [entry.description for _, entry in entries],
        work.now,
    )
    work.insert(
        _ADD_POSTINGS,
        [entry.merchant_id for _, entry, _ in pairs],
        [entry.livemode for _, entry, _ in pairs],
        [entry_id for entry_id, _, _ in pairs],
        [
            accounts[entry.merchant_id, entry.livemode, p.account, p.money.asset.code]
            for _, entry, p in pairs
        ],
        [p.money.asset.code for _, _, p in pairs],
        [p.side.value for _, _, p in pairs],
        [p.money.units for _, _, p in pairs],
    )


async def find_entries(work: Work, entry_ids: Sequence[str]) -> list[Row]:
    """Return the postings of some entries, with their entries' columns."""
    return await work.rows(_FIND_ENTRIES, list(entry_ids))


async def balances(work: Work) -> list[Row]:
    """Return what each account of the merchant holds."""
    return await work.rows(_BALANCES, *work.owner)


async def held(work: Work, numbers: Sequence[int]) -> dict[int, int]:
    """Return what accounts hold, by their numbers."""
    rows = await work.rows(_HELD, list(numbers))
    return {row["id"]: int(row["balance"]) for row in rows}


async def balance_at(work: Work, kind: str, asset: str, at: dt.datetime) -> int:
    """Return what an account held at an instant."""
    held: int = await work.value(_BALANCE_AT, *work.owner, kind, asset, at)
    return held


async def statement(
    work: Work, kind: str, asset: str, *, start: dt.datetime, end: dt.datetime, limit: int
) -> list[Row]:
    """Return the lines of an account between two instants."""
    return await work.rows(_STATEMENT, *work.owner, kind, asset, start, end, limit)


async def page_entries(
    work: Work,
    page: Page,
    *,
    kinds: Sequence[str],
    followed_by: str,
    source: str | None,
    created: Mapping[str, dt.datetime],
) -> Listing[Row]:
    """Return entries of some kinds, newest first, each with the time of its follow-up."""
    filters: list[tuple[str, object]] = [("e.kind = ANY({}::text[])", list(kinds))]
    if source is not None:
        filters.append(("e.source = {}", source))
    select = _ENTRIES.format(followed_by=followed_by)
    return await newest_first(
        work, select, page, lambda row: row, alias="e", filters=filters, created=created, age="at"
    )


async def get_entry(
    work: Work, entry_id: str, kinds: Sequence[str], followed_by: str
) -> Row | None:
    """Return one entry of some kinds."""
    select = (
        _ENTRIES.format(followed_by=followed_by) + " AND e.id = $3 AND e.kind = ANY($4::text[])"
    )
    return await work.row(select, *work.owner, entry_id, list(kinds))


async def trial(work: Work) -> list[Row]:
    """Return sums over every merchant by mode, asset and kind of account."""
    return await work.rows(_TRIAL)
