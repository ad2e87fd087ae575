"""Write prices down: what venues said at each reading, and a price a minute for every pair."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Final

from sluice.base.money.asset import Asset
from sluice.base.money.catalogue import CATALOGUE, find_asset
from sluice.base.work import Work, Works
from sluice.engine.rates.history import store
from sluice.engine.rates.history.model import CURRENCIES, Snapshot, Tick, as_decimal, terms_of
from sluice.engine.rates.market import Market
from sluice.engine.rates.model import Rate
from sluice.engine.rates.quote import RatePolicy, price_assets

_BATCH: Final = 20_000


async def record_ticks(works: Works, policy: RatePolicy) -> None:
    """Write down what every asset costs now, in both modes, before any spread."""
    assets = [asset for asset in CATALOGUE.values() if not asset.fiat]
    plain = _without_spread(policy)
    for livemode in (True, False):
        async with works.begin() as work:
            at = work.now - dt.timedelta(seconds=work.now.second, microseconds=work.now.microsecond)
            for currency in CURRENCIES:
                ticks = await _ticks(work, assets, find_asset(currency), plain, livemode=livemode)
                if ticks:
                    await store.add_ticks(work, ticks, at, livemode=livemode)


async def keep_snapshot(work: Work, market: Market, rates: Sequence[Rate]) -> None:
    """Keep what stands in the table of rates now, so that a quote made of it can be made again."""
    snapshot = Snapshot(work.new_id("rsn"), work.now, terms_of(market), rates)
    await store.add_snapshot(work, snapshot, [(one.digest, one.text) for one in market.rules])


async def forget_history(works: Works, *, days: int) -> None:
    """Delete what is older than this many days."""
    async with works.begin() as work:
        await store.forget(work, work.now - dt.timedelta(days=days), _BATCH)


async def _ticks(
    work: Work, assets: Sequence[Asset], currency: Asset, policy: RatePolicy, *, livemode: bool
) -> list[Tick]:
    """Return a tick of each asset that has a price; a minute without one is a gap in the chart."""
    prices, _ = await price_assets(work, assets, currency, policy=policy, livemode=livemode)
    return [
        Tick(code, currency.code, work.now, as_decimal(found.price), found.source)
        for code, found in prices.items()
        if code != currency.code
    ]


def _without_spread(policy: RatePolicy) -> RatePolicy:
    if policy.market is None:
        return policy
    return dataclasses.replace(policy, market=dataclasses.replace(policy.market, spread_bps=0))
