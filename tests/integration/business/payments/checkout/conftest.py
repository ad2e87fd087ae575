"""A built App on a fresh database, a shop, and an open session."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sluice.app.app import App
from sluice.app.build import build
from sluice.app.settings import Settings
from sluice.base.clock import ManualClock
from sluice.base.money.catalogue import money
from sluice.business.accounts.merchants.edit import as_merchant, create_merchant
from sluice.business.accounts.merchants.model import Merchant
from sluice.business.accounts.merchants.model import Settings as Terms
from sluice.business.payments.checkout.create import create_session
from sluice.business.payments.checkout.model import NewLine, NewSession, Session
from sluice.engine.rates.refresh import refresh_rates


@pytest.fixture
async def app(database_url: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[App]:
    """Build everything; nothing runs by itself."""
    settings = Settings(database_url=database_url, home=tmp_path, sandbox_depth=3)
    async with build(settings, clock=clock) as built:
        await refresh_rates(built.works, built.sources)
        yield built


@pytest.fixture
async def shop(app: App) -> Merchant:
    """Make a merchant."""
    async with app.works.begin() as work:
        return await create_merchant(work, "Tea House", Terms())


@pytest.fixture
async def session(app: App, shop: Merchant) -> Session:
    """Open a page for a tea of ten dollars."""
    line = NewLine("Tea", "usd", money(1_000, "usd").units, 1)
    new = NewSession([line], success_url="https://shop.example/done")
    async with app.works.begin(as_merchant(shop.id, livemode=False)) as work:
        opened, _ = await create_session(work, new, merchant=shop)
    return opened
