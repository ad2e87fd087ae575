"""Ask every source and keep what it says."""

from collections.abc import Iterable

from sluice.base.work import Works
from sluice.engine.rates import store
from sluice.engine.rates.history.record import keep_snapshot
from sluice.engine.rates.market import FIXED, Market
from sluice.engine.rates.model import Rate
from sluice.engine.rates.source import RateSource


async def refresh_rates(
    works: Works, sources: Iterable[RateSource], market: Market | None = None
) -> None:
    """Read every source, then write its prices down; of a market also what they were made of."""
    rates: list[Rate] = []
    for source in sources:
        rates += await source.read()
    async with works.begin() as work:
        await store.save(work, rates)
        if market is not None:
            said = await store.find_said_by(work, [*market.venues, FIXED])
            await keep_snapshot(work, market, said)
