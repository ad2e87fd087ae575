"""Look at every watched price, and tell whoever asked to be told."""

import dataclasses
from typing import Final

from sluice.base.work import Work, Works
from sluice.business.accounts.merchants.edit import list_merchants
from sluice.business.insights.alerts import store
from sluice.business.insights.alerts.facts import PegChanged, PriceMoved
from sluice.business.insights.alerts.model import Alert
from sluice.engine.rates.history.find import move_since
from sluice.engine.rates.history.model import as_decimal
from sluice.engine.rates.history.pegs import note_pegs

_BATCH: Final = 200
_MERCHANTS_MAX: Final = 100_000


async def judge_prices(works: Works) -> None:
    """Judge every alert, a batch at a time, and every peg."""
    after = ""
    while True:
        async with works.begin() as work:
            alerts = await store.lock_next(work, after, _BATCH)
            for alert in alerts:
                await _judge(work, alert)
        if len(alerts) < _BATCH:
            break
        after = alerts[-1].id
    async with works.begin() as work:
        await _tell_of_pegs(work)


async def _judge(work: Work, alert: Alert) -> None:
    pair = alert.base, alert.quote
    moved = await move_since(work, pair, work.now - alert.within, livemode=alert.livemode)
    if moved is None or not alert.fires(*moved, work.now):
        return
    fired = dataclasses.replace(alert, fired_at=work.now)
    await store.save_fired(work, fired)
    low, high = (as_decimal(price) for price in moved)
    work.record(
        [
            PriceMoved(
                merchant_id=alert.merchant_id,
                livemode=alert.livemode,
                alert=fired,
                low=low,
                high=high,
            )
        ]
    )


async def _tell_of_pegs(work: Work) -> None:
    """Tell every merchant of a coin that is not what it was; only live prices have pegs."""
    for change in await note_pegs(work):
        merchants = await list_merchants(work, limit=_MERCHANTS_MAX)
        work.record(
            PegChanged(
                merchant_id=merchant.id,
                livemode=True,
                asset=change.asset,
                state=change.state,
                before=change.before,
                price=as_decimal(change.price),
                at=work.now,
            )
            for merchant in merchants
        )
