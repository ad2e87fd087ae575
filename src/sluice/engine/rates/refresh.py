"""Ask every source and keep what it says."""

from collections.abc import Iterable

from sluice.base.work import Works
from sluice.engine.rates import store
from sluice.engine.rates.source import RateSource


async def refresh_rates(works: Works, sources: Iterable[RateSource]) -> None:
    """Read every source, then write its prices down."""
    for source in sources:
        rates = await source.read()
        async with works.begin() as work:
            await store.save(work, rates)
