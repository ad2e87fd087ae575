"""Rows of alerts."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from sluice.base.database import Row
from sluice.base.pages import Listing, Page
from sluice.base.paging import newest_first
from sluice.base.work import Work
from sluice.business.insights.alerts.model import Alert

_COLUMNS: Final = "merchant_id, livemode, id, base, quote, move_bps, within_s, created_at, fired_at"
_ADD: Final = f"""
INSERT INTO rate_alerts ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"""
_MINE: Final = f"SELECT {_COLUMNS} FROM rate_alerts a WHERE a.merchant_id = $1 AND a.livemode = $2"
_GET: Final = _MINE + " AND a.id = $3"
_COUNT: Final = "SELECT count(*) FROM rate_alerts WHERE merchant_id = $1 AND livemode = $2"
_DELETE: Final = "DELETE FROM rate_alerts WHERE merchant_id = $1 AND livemode = $2 AND id = $3"
# every merchant: the worker looks at all of them, in the order of their ids
_NEXT: Final = f"""
SELECT {_COLUMNS} FROM rate_alerts WHERE id > $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED"""
_FIRED: Final = (
    "UPDATE rate_alerts SET fired_at = $4 WHERE merchant_id = $1 AND livemode = $2 AND id = $3"
)


def add(work: Work, alert: Alert) -> None:
    """Add an alert."""
    work.insert(
        _ADD, alert.merchant_id, alert.livemode, alert.id, alert.base, alert.quote, alert.move_bps,
        alert.within_s, alert.created_at, alert.fired_at,
    )  # fmt: skip


async def get(work: Work, alert_id: str) -> Alert | None:
    """Return an alert."""
    row = await work.row(_GET, *work.owner, alert_id)
    return None if row is None else _alert(row)


async def page(work: Work, page: Page, *, created: Mapping[str, dt.datetime]) -> Listing[Alert]:
    """Return alerts, newest first."""
    return await newest_first(work, _MINE, page, _alert, alias="a", filters=(), created=created)


async def count(work: Work) -> int:
    """Return how many alerts the merchant has."""
    found: int = await work.value(_COUNT, *work.owner)
    return found


async def delete(work: Work, alert_id: str) -> bool:
    """Delete an alert; False when there is none."""
    return await work.execute(_DELETE, *work.owner, alert_id) == 1


async def lock_next(work: Work, after: str, limit: int) -> list[Alert]:
    """Return the next alerts of all merchants, held for this Work."""
    return [_alert(row) for row in await work.rows(_NEXT, after, limit)]


async def save_fired(work: Work, alert: Alert) -> None:
    """Remember when an alert fired."""
    await work.execute(_FIRED, alert.merchant_id, alert.livemode, alert.id, alert.fired_at)


def _alert(row: Row) -> Alert:
    return Alert(
        row["id"],
        row["merchant_id"],
        row["livemode"],
        row["base"],
        row["quote"],
        row["move_bps"],
        row["within_s"],
        row["created_at"],
        row["fired_at"],
    )
