"""Pictures of the page for the documentation: python -m tests.e2e.screenshots."""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, Page, async_playwright

from sluice.base.embedded import start_embedded
from sluice.base.migrate import migrate
from tests.e2e.conftest import BROWSERS
from tests.e2e.house import House, run_house
from tests.e2e.refunding import a_refund, link_of

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"


async def take_all(house: House, browser: Browser) -> None:
    """Walk through the states that the documentation shows."""
    phone = await browser.new_page(viewport={"width": 390, "height": 700}, has_touch=True)
    session = await house.open_session()
    await phone.goto(session["url"])
    await take(phone, "choose")
    await phone.get_by_role("button", name="USD Coin on Sandbox").click()
    await take(phone, "waiting")
    await phone.get_by_role("button", name="Pay half").click()
    await take(phone, "short")
    await phone.get_by_role("button", name="Pay the rest").click()
    await phone.locator("main[data-state=seen]").wait_for()
    await house.mine(2)
    await phone.locator("#depth-now", has_text="2").wait_for()
    await take(phone, "confirming")
    await house.mine()
    await phone.get_by_role("button", name="Stay here").click()
    await take(phone, "paid")

    session = await house.open_session()
    await phone.emulate_media(color_scheme="dark")
    await phone.goto(session["url"])
    await phone.get_by_role("button", name="USD Coin on Harbor").click()
    await take(phone, "waiting", as_name="exact-dark")

    refunded = await browser.new_page(viewport={"width": 390, "height": 700})
    await refunded.goto(link_of(await a_refund(house)))
    await take(refunded, "asks", as_name="refund")

    desk = await browser.new_page(viewport={"width": 1280, "height": 800})
    await desk.goto((await house.open_session())["url"])
    await desk.get_by_role("button", name="Bitcoin on Sandbox").click()
    await take(desk, "waiting", as_name="desk")


async def take(page: Page, state: str, *, as_name: str | None = None) -> None:
    """Wait for a state and keep a picture of all of it."""
    await page.locator(f"main[data-state={state}]").wait_for()
    await page.mouse.move(0, 0)
    await page.wait_for_timeout(1_000)
    path = IMAGES / f"checkout-{as_name or state}.png"
    await page.screenshot(path=path, full_page=True, animations="disabled")


async def main() -> None:
    """Start a house on a database of its own and take the pictures."""
    home = Path(tempfile.mkdtemp())
    server = await asyncio.to_thread(start_embedded, home / "postgres", durable=False)
    try:
        await asyncio.to_thread(migrate, server.url)
        found = next(filter(None, map(shutil.which, BROWSERS)), None)
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        async with run_house(server.url, home) as house, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=found, args=arguments)
            await take_all(house, browser)
            await browser.close()
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    asyncio.run(main())
