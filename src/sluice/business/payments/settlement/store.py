"""Rows of payouts."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sluice.base.database import Row
from sluice.base.money.catalogue import money
from sluice.base.pages import Listing, Page
from sluice.base.paging import newest_first
from sluice.base.work import Work
from sluice.business.payments.settlement.model import Asked, Payout, Status, Withdrawal

_COLUMNS: Final = """
SELECT p.merchant_id, p.livemode, p.id, p.network, p.asset, p.units, p.recipient, p.status, p.needs_approval,
  p.requested_by, p.approved_by, p.description, p.statement_descriptor, p.failure_code, p.failure_message, p.metadata,
  p.reserve_id, p.settlement_id, p.send_id, p.tx_id, p.created_at, p.ended_at, p.version,
  p.withdraw_network, p.withdraw_fee_max, p.withdraw_state, p.withdraw_ask_tx_id, p.withdraw_number, p.withdraw_fee
FROM payouts p"""
_MINE: Final = _COLUMNS + " WHERE p.merchant_id = $1 AND p.livemode = $2"
_GET: Final = _MINE + " AND p.id = $3"
_LOCK: Final = _GET + " FOR UPDATE"
_LOCK_ANY: Final = (
    _COLUMNS + " WHERE p.id = ANY($1::text[]) ORDER BY p.id FOR UPDATE -- every merchant"
)
_ADD: Final = """
INSERT INTO payouts (merchant_id, livemode, id, network, asset, units, recipient, status, needs_approval, requested_by,
  description, statement_descriptor, metadata, reserve_id, send_id, created_at, withdraw_network, withdraw_fee_max,
  withdraw_state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)"""
_SAVE: Final = """
UPDATE payouts SET status = $4, approved_by = $5, failure_code = $6, failure_message = $7, metadata = $8,
  settlement_id = $9, send_id = $10, tx_id = $11, ended_at = $12, version = $13,
  withdraw_state = $14, withdraw_ask_tx_id = $15, withdraw_number = $16, withdraw_fee = $17
WHERE merchant_id = $1 AND livemode = $2 AND id = $3"""
_WITHDRAWING: Final = (
    _COLUMNS
    + """ WHERE p.withdraw_ask_tx_id IS NOT NULL AND p.ended_at IS NULL ORDER BY p.created_at LIMIT $1 -- every merchant"""
)
_WITHDRAWALS: Final = (
    _MINE + " AND p.withdraw_network IS NOT NULL ORDER BY p.created_at DESC LIMIT $3"
)
_TODAY: Final = """
SELECT coalesce(sum(units), 0) FROM payouts
WHERE merchant_id = $1 AND livemode = $2 AND asset = $3 AND created_at > $4 AND status NOT IN ('failed', 'canceled')"""


def add(work: Work, payout: Payout) -> None:
    """Add a payout."""
    way = payout.withdrawal
    through = (None, None, None) if way is None else (way.network, way.fee_max, way.state.value)
    work.insert(
        _ADD, payout.merchant_id, payout.livemode, payout.id, payout.network,
        payout.money.asset.code, payout.money.units, payout.recipient, payout.status.value,
        payout.needs_approval, payout.requested_by, payout.description,
        payout.statement_descriptor, payout.metadata, payout.reserve_id, payout.send_id,
        payout.created_at, *through,
    )  # fmt: skip


async def get(work: Work, payout_id: str) -> Payout | None:
    """Return a payout of the merchant's."""
    row = await work.row(_GET, *work.owner, payout_id)
    return None if row is None else _payout(row)


async def lock(work: Work, payout_id: str) -> Payout | None:
    """Return a payout of the merchant's, held until the Work ends."""
    row = await work.row(_LOCK, *work.owner, payout_id)
    return None if row is None else _payout(row)


async def lock_any(work: Work, payout_ids: list[str]) -> list[Payout]:
    """Return payouts of whichever merchant, held until the Work ends."""
    return [_payout(row) for row in await work.rows(_LOCK_ANY, payout_ids)]


async def save(work: Work, payout: Payout) -> None:
    """Write what changes of a payout that this Work holds locked."""
    way = payout.withdrawal
    through = (
        (None, None, None, None)
        if way is None
        else (way.state.value, way.ask_tx_id, way.number, way.fee)
    )
    await work.execute(
        _SAVE, payout.merchant_id, payout.livemode, payout.id, payout.status.value,
        payout.approved_by, payout.failure_code, payout.failure_message, payout.metadata,
        payout.settlement_id, payout.send_id, payout.tx_id, payout.ended_at, payout.version,
        *through,
    )  # fmt: skip


async def find_withdrawing(work: Work, limit: int) -> list[tuple[Payout, Withdrawal]]:
    """Return payouts of every merchant whose withdrawal was asked for and has not ended."""
    return _with_ways(await work.rows(_WITHDRAWING, limit))


async def find_withdrawals(work: Work, limit: int) -> list[tuple[Payout, Withdrawal]]:
    """Return the merchant's newest payouts through a peg."""
    return _with_ways(await work.rows(_WITHDRAWALS, *work.owner, limit))


async def asked_since(work: Work, asset: str, since: dt.datetime) -> int:
    """Return how much of an asset the merchant asked to pay out since an instant."""
    return int(await work.value(_TODAY, *work.owner, asset, since))


async def page(
    work: Work, page: Page, *, status: str | None, created: Mapping[str, dt.datetime]
) -> Listing[Payout]:
    """Return payouts, newest first."""
    filters: list[tuple[str, object]] = [] if status is None else [("p.status = {}", status)]
    return await newest_first(
        work, _MINE, page, _payout, alias="p", filters=filters, created=created
    )


def _payout(row: Row) -> Payout:
    values: dict[str, Any] = dict(row)
    whole = money(int(values.pop("units")), values.pop("asset"))
    way = {name: values.pop(f"withdraw_{name}") for name in _WAY}
    return Payout(
        **values
        | {"money": whole, "status": Status(values["status"]), "withdrawal": _withdrawal(way)}
    )


def _with_ways(rows: Sequence[Row]) -> list[tuple[Payout, Withdrawal]]:
    found = [_payout(row) for row in rows]
    return [(one, one.withdrawal) for one in found if one.withdrawal is not None]


_WAY: Final = ("network", "fee_max", "state", "ask_tx_id", "number", "fee")


def _withdrawal(way: dict[str, Any]) -> Withdrawal | None:
    if way["network"] is None:
        return None
    return Withdrawal(**way | {"state": Asked(way["state"])})
