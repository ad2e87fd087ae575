"""Rows of the peg's terms, of deposits and their accounts, and of conversions."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from sluice.base.database import Row
from sluice.base.work import Work
from sluice.business.payments.conversions.model import Conversion, Deposit, State
from sluice.engine.chains.peg import PegDeposit, PegTerms

_SAVE_TERMS: Final = """
INSERT INTO peg_terms (network, terms, fetched_at) VALUES ($1, $2, $3)
ON CONFLICT (network) DO UPDATE SET terms = excluded.terms, fetched_at = excluded.fetched_at
WHERE peg_terms.fetched_at <= excluded.fetched_at"""
_TERMS: Final = "SELECT terms FROM peg_terms WHERE network = $1 AND fetched_at >= $2"
_SET_ACCOUNT: Final = """
INSERT INTO deposit_accounts (merchant_id, livemode, network, account, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (merchant_id, livemode, network) DO UPDATE SET account = excluded.account,
  next_index = CASE deposit_accounts.account WHEN excluded.account THEN deposit_accounts.next_index ELSE 0 END"""
_ACCOUNTS: Final = "SELECT network FROM deposit_accounts WHERE merchant_id = $1 AND livemode = $2"
_NEXT_KEY: Final = """
UPDATE deposit_accounts SET next_index = next_index + 1
WHERE merchant_id = $1 AND livemode = $2 AND network = $3 RETURNING account, next_index - 1 AS index"""
_ADD_DEPOSIT: Final = """
INSERT INTO deposits (merchant_id, livemode, offer_id, intent_id, network, peg, recipient, address, deposit_script,
  reclaim_script, key_index, lock_blocks, fee_max, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"""
_DEPOSIT: Final = """
SELECT d.merchant_id, d.livemode, d.offer_id, d.intent_id, d.network, d.peg, d.recipient, d.key_index, d.address,
  d.deposit_script, d.reclaim_script, d.lock_blocks, d.fee_max FROM deposits d"""
_DEPOSITS: Final = _DEPOSIT + " WHERE d.offer_id = ANY($1::text[]) -- every merchant"
_CONVERSION: Final = """
SELECT c.merchant_id, c.livemode, c.network, c.tx_id, c.index, c.offer_id, c.intent_id, c.units, c.state, c.mined_at,
  c.told_at IS NOT NULL AS is_told, c.news, c.sweep_tx_id, c.minted_tx_id, c.minted, c.delayed_at IS NOT NULL AS is_delayed
FROM conversions c"""
_OF_INTENT: Final = (
    _CONVERSION
    + " WHERE c.merchant_id = $1 AND c.livemode = $2 AND c.intent_id = $3 ORDER BY c.created_at, c.tx_id, c.index"
)
_OPEN: Final = (
    _CONVERSION
    + """ WHERE c.state NOT IN ('minted', 'lost') ORDER BY c.told_at NULLS FIRST, c.created_at LIMIT $1 -- every merchant"""
)
_OF_OFFERS: Final = _CONVERSION + " WHERE c.offer_id = ANY($1::text[]) -- every merchant"
_LOCK: Final = (
    _CONVERSION
    + " WHERE (c.network, c.tx_id, c.index) = ($1, $2, $3) FOR UPDATE OF c -- every merchant"
)
_ADD: Final = """
INSERT INTO conversions (merchant_id, livemode, network, tx_id, index, offer_id, intent_id, units, state, mined_at, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING"""
_SAVE: Final = """
UPDATE conversions SET units = $4, state = $5, mined_at = $6, told_at = CASE WHEN $7 THEN coalesce(told_at, $13) END,
  news = $8, sweep_tx_id = $9, minted_tx_id = $10, minted = $11, delayed_at = CASE WHEN $12 THEN coalesce(delayed_at, $13) END
WHERE network = $1 AND tx_id = $2 AND index = $3 -- every merchant"""


async def save_terms(work: Work, network: str, terms: PegTerms) -> None:
    """Keep what a peg's signers said, unless something newer is there."""
    await work.execute(_SAVE_TERMS, network, msgspec.to_builtins(terms), work.now)


async def terms(work: Work, network: str, since: dt.datetime) -> PegTerms | None:
    """Return what a peg's signers said, if they said it since an instant."""
    told = await work.value(_TERMS, network, since)
    return None if told is None else msgspec.convert(told, PegTerms)


async def set_account(work: Work, network: str, account: str) -> None:
    """Set which account takes deposits back; another one starts at its first key."""
    await work.execute(_SET_ACCOUNT, *work.owner, network, account, work.now)


async def accounts(work: Work) -> set[str]:
    """Return the networks on which the merchant takes deposits."""
    return {row["network"] for row in await work.rows(_ACCOUNTS, *work.owner)}


async def next_key(work: Work, network: str) -> tuple[str, int] | None:
    """Return the merchant's account and a key of it that nobody was given."""
    row = await work.row(_NEXT_KEY, *work.owner, network)
    return None if row is None else (row["account"], row["index"])


def add_deposit(work: Work, deposit: Deposit) -> None:
    """Add a deposit that was offered."""
    scripts = deposit.scripts
    work.insert(
        _ADD_DEPOSIT, deposit.merchant_id, deposit.livemode, deposit.offer_id, deposit.intent_id,
        deposit.network, deposit.peg, deposit.recipient, scripts.address, scripts.deposit_script,
        scripts.reclaim_script, deposit.key_index, scripts.lock_blocks, scripts.fee_max, work.now,
    )  # fmt: skip


async def deposits(work: Work, offer_ids: Sequence[str]) -> dict[str, Deposit]:
    """Return the deposits of some offers."""
    rows = await work.rows(_DEPOSITS, list(offer_ids))
    return {row["offer_id"]: _deposit(row) for row in rows}


async def of_intent(work: Work, intent_id: str) -> list[Conversion]:
    """Return an intent's conversions, oldest first."""
    return [_conversion(row) for row in await work.rows(_OF_INTENT, *work.owner, intent_id)]


async def of_offers(work: Work, offer_ids: Sequence[str]) -> list[Conversion]:
    """Return the conversions of some offers."""
    return [_conversion(row) for row in await work.rows(_OF_OFFERS, list(offer_ids))]


async def find_open(work: Work, limit: int) -> list[Conversion]:
    """Return conversions that are not over; those the signers do not know of come first."""
    return [_conversion(row) for row in await work.rows(_OPEN, limit)]


async def lock(work: Work, conversion: Conversion) -> Conversion | None:
    """Return a conversion as it is now, locked until the Work ends."""
    row = await work.row(_LOCK, conversion.network, *conversion.outpoint)
    return None if row is None else _conversion(row)


async def add(work: Work, conversion: Conversion) -> None:
    """Add a conversion, unless it is there."""
    await work.execute(
        _ADD, conversion.merchant_id, conversion.livemode, conversion.network, conversion.tx_id,
        conversion.index, conversion.offer_id, conversion.intent_id, conversion.units,
        conversion.state.value, conversion.mined_at, work.now,
    )  # fmt: skip


async def save(work: Work, conversion: Conversion) -> None:
    """Write how a conversion stands."""
    await work.execute(
        _SAVE, conversion.network, conversion.tx_id, conversion.index, conversion.units,
        conversion.state.value, conversion.mined_at, conversion.is_told, conversion.news,
        conversion.sweep_tx_id, conversion.minted_tx_id, conversion.minted, conversion.is_delayed,
        work.now,
    )  # fmt: skip


def _deposit(row: Row) -> Deposit:
    scripts = PegDeposit(
        row["address"],
        row["deposit_script"],
        row["reclaim_script"],
        row["lock_blocks"],
        int(row["fee_max"]),
    )
    return Deposit(
        row["merchant_id"], row["livemode"], row["offer_id"], row["intent_id"], row["network"],
        row["peg"], row["recipient"], row["key_index"], scripts,
    )  # fmt: skip


def _conversion(row: Row) -> Conversion:
    values: dict[str, Any] = dict(row)
    values |= {"state": State(values["state"]), "units": int(values["units"])}
    values["minted"] = None if values["minted"] is None else int(values["minted"])
    return Conversion(**values)
