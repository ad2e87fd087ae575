"""Create, find and delete alerts."""

import datetime as dt
from collections.abc import Mapping

from sluice.base.errors import Invalid, NotFound
from sluice.base.pages import Listing, Page
from sluice.base.work import Work
from sluice.business.insights.alerts import store
from sluice.business.insights.alerts.model import ALERTS_MAX, Alert


async def create_alert(work: Work, pair: tuple[str, str], *, move_bps: int, within_s: int) -> Alert:
    """Watch a pair from now on."""
    if await store.count(work) >= ALERTS_MAX:
        raise Invalid(
            f"There are {ALERTS_MAX} alerts already; delete one first.", code="too_many_alerts"
        )
    merchant_id, livemode = work.owner
    alert_id = work.new_id("ral")
    alert = Alert(alert_id, merchant_id, livemode, *pair, move_bps, within_s, work.now)
    store.add(work, alert)
    return alert


async def find_alert(work: Work, alert_id: str) -> Alert:
    """Return the merchant's alert, or raise NotFound."""
    alert = await store.get(work, alert_id)
    if alert is None:
        raise _missing(alert_id)
    return alert


async def page_alerts(
    work: Work, page: Page, *, created: Mapping[str, dt.datetime]
) -> Listing[Alert]:
    """Return the merchant's alerts, newest first."""
    return await store.page(work, page, created=created)


async def delete_alert(work: Work, alert_id: str) -> None:
    """Watch no longer."""
    if not await store.delete(work, alert_id):
        raise _missing(alert_id)


def _missing(alert_id: str) -> NotFound:
    return NotFound(f"No such alert: '{alert_id}'.", param="id")
