"""Rows of targets: whom a transfer is for; most of them serve every merchant at once."""

import datetime as dt
from typing import Final

from sluice.base.work import Work
from sluice.engine.watcher.model import Target

_ADD_TARGET: Final = """
INSERT INTO targets (merchant_id, livemode, id, network, style, address, memo, asset, units, reference, watch_until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"""
_TRY_TARGET: Final = _ADD_TARGET + " ON CONFLICT DO NOTHING RETURNING id"
_TAKE_TARGET: Final = """
UPDATE targets SET reference = $5, watch_until = greatest(watch_until, $6)
WHERE merchant_id = $1 AND livemode = $2 AND network = $3 AND address = $4 AND style = 'address'"""
_HAS_WALLET: Final = """
SELECT true FROM targets
WHERE merchant_id = $1 AND livemode = $2 AND network = $3 AND address = $4 AND style = 'wallet'"""
_AMOUNTS_TAKEN: Final = """
SELECT units FROM targets
WHERE network = $1 AND address = $2 AND asset = $3 AND style = 'amount' AND open
  AND units BETWEEN $4 AND $5 -- every merchant"""
_CLOSE_AMOUNTS: Final = """
UPDATE targets SET open = false WHERE style = 'amount' AND open AND watch_until < $1 -- every merchant"""
_SHARED: Final = """
SELECT DISTINCT address FROM targets WHERE network = $1 AND style <> 'address' -- every merchant"""
_HAS_TARGET: Final = """
SELECT true FROM targets WHERE network = $1 AND address = $2 LIMIT 1 -- every merchant"""
_ADOPT: Final = """
UPDATE transfers SET reference = $5, target_id = $6
WHERE merchant_id = $1 AND livemode = $2 AND network = $3 AND recipient = $7 AND memo = $4 AND reference IS NULL"""


def add_target(work: Work, target: Target) -> None:
    """Add a target."""
    work.insert(_ADD_TARGET, *_target_columns(target))


async def try_target(work: Work, target: Target) -> bool:
    """Add a target unless somebody already waits for the same."""
    return await work.value(_TRY_TARGET, *_target_columns(target)) is not None


async def take_target(work: Work, target: Target) -> bool:
    """Wait at an address of one's own for another payment than before."""
    owner = (target.merchant_id, target.livemode, target.network, target.address)
    return await work.execute(_TAKE_TARGET, *owner, target.reference, target.watch_until) == 1


async def has_wallet(work: Work, target: Target) -> bool:
    """Say whether the target's merchant watches this address as a wallet."""
    owner = (target.merchant_id, target.livemode)
    return await work.value(_HAS_WALLET, *owner, target.network, target.address) is True


async def amounts_taken(work: Work, target: Target, low: int, high: int) -> set[int]:
    """Return the amounts from `low` to `high` that are waited for at the target's address."""
    rows = await work.rows(_AMOUNTS_TAKEN, target.network, target.address, target.asset, low, high)
    return {row["units"] for row in rows}


async def shared_addresses(work: Work, network: str) -> list[str]:
    """Return the addresses at which several payments may be waited for."""
    return [row["address"] for row in await work.rows(_SHARED, network)]


async def close_amounts(work: Work, before: dt.datetime) -> int:
    """Release unique amounts whose time is over."""
    return await work.execute(_CLOSE_AMOUNTS, before)


def _target_columns(target: Target) -> tuple[object, ...]:
    return (
        target.merchant_id,
        target.livemode,
        target.id,
        target.network,
        target.style.value,
        target.address,
        target.memo,
        target.asset,
        target.units,
        target.reference,
        target.watch_until,
    )


async def has_target(work: Work, network: str, address: str) -> bool:
    """Say whether any target has this address."""
    return await work.value(_HAS_TARGET, network, address) is True


async def adopt(work: Work, target: Target) -> int:
    """Give a merchant's transfers that were waited for by nobody to a target of his."""
    owner = (target.merchant_id, target.livemode)
    given = (target.reference, target.id, target.address)
    return await work.execute(_ADOPT, *owner, target.network, target.memo, *given)
