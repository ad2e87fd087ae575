"""Find the addresses that were leased, of every merchant: for whoever watches a network."""

import datetime as dt
from typing import Final

from sluice.base.work import Work
from sluice.engine.keys.receiving import store
from sluice.engine.keys.receiving.model import Leased

PAGE_MAX: Final = 5_000
# A source that is asked for each address bears only so many questions.
_OPEN_MAX: Final = 100
_OPEN_FOR: Final = dt.timedelta(days=1)


async def leased_after(work: Work, network: str, after: tuple[dt.datetime, str]) -> list[Leased]:
    """Return a page of addresses, in the order they were leased."""
    return await store.leased_after(work, network, after, PAGE_MAX)


async def open_addresses(work: Work, network: str) -> tuple[str, ...]:
    """Return the newest addresses that somebody may be paying at right now."""
    return await store.open_addresses(work, network, work.now - _OPEN_FOR, _OPEN_MAX)
