"""Rows of refunds."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from sluice.base.database import Row
from sluice.base.money.catalogue import money
from sluice.base.pages import Listing, Page
from sluice.base.paging import newest_first
from sluice.base.work import Work
from sluice.business.payments.refunds.model import Refund, Status

_COLUMNS: Final = """
SELECT r.merchant_id, r.livemode, r.id, r.intent_id, r.amount, r.currency, r.network, r.asset, r.units, r.status,
  r.needs_approval, r.requested_by, r.approved_by, r.recipient, r.claim_token, r.claim_until, r.reason,
  r.failure_reason, r.failure_message, r.metadata, r.instructions_email, r.reserve_id, r.settlement_id, r.send_id,
  r.tx_id, r.created_at, r.ended_at, r.version FROM refunds r"""
_MINE: Final = _COLUMNS + " WHERE r.merchant_id = $1 AND r.livemode = $2"
_GET: Final = _MINE + " AND r.id = $3"
_LOCK: Final = _GET + " FOR UPDATE"
_LOCK_ANY: Final = (
    _COLUMNS + " WHERE r.id = ANY($1::text[]) ORDER BY r.id FOR UPDATE -- every merchant"
)
_OWNER: Final = "SELECT merchant_id, livemode, id FROM find_refund_owner($1)"
_ADD: Final = """
INSERT INTO refunds (merchant_id, livemode, id, intent_id, amount, currency, network, asset, units, status,
  needs_approval, requested_by, recipient, claim_token, claim_until, reason, metadata, instructions_email, reserve_id,
  created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"""
_SAVE: Final = """
UPDATE refunds SET status = $4, approved_by = $5, recipient = $6, failure_reason = $7, failure_message = $8,
  metadata = $9, settlement_id = $10, send_id = $11, tx_id = $12, ended_at = $13, version = $14
WHERE merchant_id = $1 AND livemode = $2 AND id = $3"""
_TODAY: Final = """
SELECT coalesce(sum(amount), 0) FROM refunds
WHERE merchant_id = $1 AND livemode = $2 AND currency = $3 AND created_at > $4 AND status NOT IN ('failed', 'canceled')"""


def add(work: Work, refund: Refund) -> None:
    """Add a refund."""
    work.insert(
        _ADD, refund.merchant_id, refund.livemode, refund.id, refund.intent_id,
        refund.amount.units, refund.amount.asset.code, refund.network, refund.money.asset.code,
        refund.money.units, refund.status.value, refund.needs_approval, refund.requested_by,
        refund.recipient, refund.claim_token, refund.claim_until, refund.reason, refund.metadata,
        refund.instructions_email, refund.reserve_id, refund.created_at,
    )  # fmt: skip


async def get(work: Work, refund_id: str) -> Refund | None:
    """Return a refund of the merchant's."""
    row = await work.row(_GET, *work.owner, refund_id)
    return None if row is None else _refund(row)


async def lock(work: Work, refund_id: str) -> Refund | None:
    """Return a refund of the merchant's, held until the Work ends."""
    row = await work.row(_LOCK, *work.owner, refund_id)
    return None if row is None else _refund(row)


async def lock_any(work: Work, refund_ids: list[str]) -> list[Refund]:
    """Return refunds of whichever merchant, held until the Work ends."""
    return [_refund(row) for row in await work.rows(_LOCK_ANY, refund_ids)]


async def owner_of(work: Work, claim_token: str) -> tuple[str, bool, str] | None:
    """Return (merchant, mode, refund) of a claim link."""
    row = await work.row(_OWNER, claim_token)
    return None if row is None else (row["merchant_id"], row["livemode"], row["id"])


async def save(work: Work, refund: Refund) -> None:
    """Write what changes of a refund that this Work holds locked."""
    await work.execute(
        _SAVE, refund.merchant_id, refund.livemode, refund.id, refund.status.value,
        refund.approved_by, refund.recipient, refund.failure_reason, refund.failure_message,
        refund.metadata, refund.settlement_id, refund.send_id, refund.tx_id, refund.ended_at,
        refund.version,
    )  # fmt: skip


async def asked_since(work: Work, currency: str, since: dt.datetime) -> int:
    """Return how much the merchant asked to refund in a currency since an instant."""
    return int(await work.value(_TODAY, *work.owner, currency, since))


async def page(
    work: Work,
    page: Page,
    *,
    intent_id: str | None,
    created: Mapping[str, dt.datetime],
) -> Listing[Refund]:
    """Return refunds, newest first."""
    filters: list[tuple[str, object]] = []
    if intent_id is not None:
        filters.append(("r.intent_id = {}", intent_id))
    return await newest_first(
        work, _MINE, page, _refund, alias="r", filters=filters, created=created
    )


def _refund(row: Row) -> Refund:
    values: dict[str, Any] = dict(row)
    amount = money(int(values["amount"]), values.pop("currency"))
    paid = money(int(values.pop("units")), values.pop("asset"))
    return Refund(**values | {"amount": amount, "money": paid, "status": Status(values["status"])})
