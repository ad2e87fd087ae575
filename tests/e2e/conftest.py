"""One running house and one browser for all tests of the page in this process."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.conftest import _make_database
from tests.e2e.house import House, run_house
from tests.e2e.watch import Watch, watched

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

OpenPage = Callable[..., AbstractAsyncContextManager[tuple[Page, Watch]]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(
    database_server: str, database_template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """Run everything once; a test's sessions are its own."""
    databases = _make_database(database_server, database_template)
    async with _held(run_house(next(databases), tmp_path_factory.mktemp("house"))) as running:
        yield running
    databases.close()  # type: ignore[attr-defined]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Start Debian's Chromium, or whichever is installed."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert found, "the page's tests need Chromium: make test-tools"
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=found, args=arguments)
        yield started
        await started.close()


@pytest.fixture
def open_page(browser: Browser, house: House) -> OpenPage:
    """Open a watched page of its own browser context; what it may not do fails the test."""

    @contextlib.asynccontextmanager
    async def opened(width: int = 390, *, script: bool = True) -> AsyncIterator[tuple[Page, Watch]]:
        context = await browser.new_context(
            viewport={"width": width, "height": 844},
            java_script_enabled=script,
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(10_000)
        page = await context.new_page()
        try:
            watch = await watched(page, house.url)
            yield page, watch
            watch.verify()
        finally:
            await context.close()

    return opened


@pytest.fixture
def house_with(
    database_url: str, tmp_path: Path
) -> Callable[..., AbstractAsyncContextManager[House]]:
    """Run another house with settings of its own."""
    return lambda **settings: run_house(database_url, tmp_path, **settings)


@contextlib.asynccontextmanager
async def _held(running: AbstractAsyncContextManager[House]) -> AsyncIterator[House]:
    """Hold it open in a task of its own: fixtures are set up and torn down in different ones."""
    ready: asyncio.Future[House] = asyncio.Future()
    over = asyncio.Event()

    async def hold() -> None:
        async with running as house:
            ready.set_result(house)
            await over.wait()

    holding = asyncio.ensure_future(hold())
    either: list[asyncio.Future[Any]] = [ready, holding]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if not ready.done():
        await holding
    yield ready.result()
    over.set()
    await holding
