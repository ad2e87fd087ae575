"""A shop in its own database, whose clock and whose loops move only when a test says so."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sluice.app.build import build
from sluice.app.settings import Settings
from sluice.base.clock import ManualClock
from tests.integration.business.webhooks.shop import Shop
from tests.receiver import Receiver, running_receiver


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """Return a merchant's server; each test uses paths of its own."""
    with running_receiver() as running:
        yield running


@pytest.fixture
async def shop(database_url: str, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Shop]:
    """Return a shop with a merchant, at noon."""
    settings = Settings(
        database_url=database_url,
        home=tmp_path,
        webhook_networks="127.0.0.0/8",
        sandbox_block_s=0,
        limits="off",
    )
    async with contextlib.AsyncExitStack() as stack:
        app = await stack.enter_async_context(build(settings, clock=clock))
        yield await Shop.open(app, clock)
