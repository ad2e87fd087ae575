"""Read prices of the past: now, in candles, how much they moved, and what a quote was made of."""

import datetime as dt
from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import Final

from sluice.base.errors import NotFound
from sluice.base.work import Work
from sluice.engine.rates.history import store
from sluice.engine.rates.history.model import Candle, Moved, Snapshot, Tick
from sluice.engine.rates.market import Priced, Unpriced, price_pair
from sluice.engine.rates.rules.model import Pair
from sluice.engine.rates.volatility import volatility_bps

DAY: Final = dt.timedelta(days=1)
# A price older than this is no longer the price now.
_NOW: Final = dt.timedelta(minutes=5)
_STEP: Final = dt.timedelta(minutes=5)
_POINTS_MIN: Final = 12  # an hour of five minutes: less says nothing of a day


async def rates_now(
    work: Work, bases: Collection[str], quote: str, *, livemode: bool
) -> list[Moved]:
    """Return the price now of each asset that has one."""
    found = await store.newest_ticks(work, bases, quote, work.now - _NOW, livemode=livemode)
    return [await _moved(work, tick, livemode=livemode) for tick in found]


async def find_candles(
    work: Work,
    pair: tuple[str, str],
    every: dt.timedelta,
    *,
    until: dt.datetime,
    limit: int,
    livemode: bool,
) -> Sequence[Candle]:
    """Return the last candles of a pair that begin before an instant, newest first."""
    since = until - every * (limit + 1)
    between = (since, until)
    return await store.candles(work, pair, every, between, limit=limit, livemode=livemode)


async def move_since(
    work: Work, pair: tuple[str, str], since: dt.datetime, *, livemode: bool
) -> tuple[Fraction, Fraction] | None:
    """Return the lowest and the highest price since an instant, if there are two prices."""
    return await store.extremes(work, pair, since, livemode=livemode)


async def newest_snapshot(work: Work) -> Snapshot | None:
    """Return what venues said last."""
    found = await store.newest_snapshot_id(work)
    return None if found is None else await store.get_snapshot(work, found)


async def find_snapshot(work: Work, snapshot_id: str) -> Snapshot:
    """Return what venues had said, or raise NotFound when it is no longer kept."""
    snapshot = await store.get_snapshot(work, snapshot_id)
    if snapshot is None:
        raise NotFound(f"No such snapshot: '{snapshot_id}'.", param="id")
    return snapshot


async def work_out_again(
    work: Work, snapshot_id: str, pair: Pair, at: dt.datetime
) -> Priced | Unpriced:
    """Return the price of a pair as it was at an instant, made again of what was kept.

    Raises NotFound for a snapshot that is no longer kept.
    """
    snapshot = await find_snapshot(work, snapshot_id)
    texts = await store.rules_by_digest(work, snapshot.terms.rules)
    return price_pair(snapshot.market(texts), pair, snapshot.said, at)


async def _moved(work: Work, tick: Tick, *, livemode: bool) -> Moved:
    pair = tick.base, tick.quote
    between = (work.now - DAY, work.now + _STEP)
    steps = await store.candles(
        work, pair, _STEP, between, limit=DAY // _STEP + 2, livemode=livemode
    )
    if len(steps) < _POINTS_MIN:
        return Moved(tick, None, None, None)
    history = [(step.at, Fraction(step.close)) for step in reversed(steps)]
    return Moved(
        tick,
        volatility_bps(history, over=DAY),
        Fraction(min(step.low for step in steps)),
        Fraction(max(step.high for step in steps)),
    )
