"""Two merchants, the system's Works, and a sealer with a made-up master key."""

import pytest

from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.ids import Ids
from sluice.base.outbox.model import NO_ROUTES
from sluice.base.sealing import MasterKeys, Sealer
from sluice.base.work import Works
from sluice.business.accounts.merchants.edit import create_merchant
from sluice.business.accounts.merchants.model import Merchant, Settings


@pytest.fixture
def works(database: Database, clock: ManualClock, ids: Ids) -> Works:
    """Open Works around the test's own database, clock and ids."""
    return Works(database, clock, ids, NO_ROUTES, lambda _topics: None)


@pytest.fixture
def sealer(ids: Ids) -> Sealer:
    """Return what hashes and seals under a key made for this test."""
    return Sealer(MasterKeys({"k1": ids.bytes(32)}), ids.bytes)


@pytest.fixture
async def shop(works: Works) -> Merchant:
    """Make a merchant."""
    async with works.begin() as work:
        return await create_merchant(work, "Corner shop", Settings())


@pytest.fixture
async def other_shop(works: Works) -> Merchant:
    """Make another merchant."""
    async with works.begin() as work:
        return await create_merchant(work, "Book shop", Settings())
