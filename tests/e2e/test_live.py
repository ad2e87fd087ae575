"""The live route: news at once, signs of life, few connections, and an end."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser

from tests.e2e.house import House

pytestmark = pytest.mark.asyncio(loop_scope="session")

HouseWith = Callable[..., AbstractAsyncContextManager[House]]


class Listener:
    """Reads server-sent events as a browser does."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.status = answer.status
        self._lines = answer.content

    async def news(self) -> dict[str, Any] | None:
        """Return the next event's data, or None when the server said that it was the last."""
        async with asyncio.timeout(10):
            async for line in self._lines:
                if line.startswith(b"data: "):
                    told: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
                    return told
        return None

    async def line(self) -> bytes:
        """Return the next line, whatever it is."""
        async with asyncio.timeout(10):
            return await self._lines.readline()


@contextlib.asynccontextmanager
async def listening(url: str) -> AsyncIterator[Listener]:
    """Open the live route of a page."""
    async with aiohttp.ClientSession() as client, client.get(f"{url}/live") as answer:
        yield Listener(answer)


async def test_every_change_is_told_until_the_payment_is_final(house: House) -> None:
    session = await house.open_session()
    helpers = "/v1/test_helpers/sandbox"
    crypto = {"deposit_options": {"networks": ["sandbox"], "tokens": ["usdc"]}}
    intent = session["payment_intent"]

    async with listening(session["url"]) as page:
        first = await page.news()
        options = {"payment_method_options": {"crypto": crypto}}
        await house.call("POST", f"/v1/payment_intents/{intent}/confirm", options)
        offered = await page.news()
        await house.call("POST", f"{helpers}/pay", {"payment_intent": intent})
        await _until(page, lambda told: told["mark"] != (offered or {})["mark"])
        depths = []
        for depth in (1, 2):
            await house.mine()
            depths.append(await _until(page, lambda told, depth=depth: told["depth"] == depth))
        for _ in range(12):
            await house.mine()
            await asyncio.sleep(0.05)
        last = depths[-1]
        while (told := await page.news()) is not None:
            last = told

    assert first is not None
    assert offered is not None
    assert first["mark"] != offered["mark"]
    assert [told["wanted"] for told in depths] == [3, 3]
    assert last["done"] is True


async def test_a_silent_page_gets_signs_of_life(house_with: HouseWith) -> None:
    async with house_with(live={"heartbeat_s": 0.05}) as house:
        session = await house.open_session()
        async with listening(session["url"]) as page:
            await page.news()
            lines = [await page.line() for _ in range(6)]

    assert lines.count(b": alive\n") >= 2


async def test_a_lost_ring_costs_a_few_heartbeats(house_with: HouseWith) -> None:
    async with house_with(live={"heartbeat_s": 0.05}) as house:
        session = await house.open_session()
        async with listening(session["url"]) as page:
            before = await page.news()
            async with house.app.works.begin() as work:
                await work.execute(
                    "UPDATE payment_intents SET version = version + 1 WHERE id = $1",
                    session["payment_intent"],
                )
            after = await page.news()

    assert before != after


async def test_so_many_may_listen_and_no_more(house_with: HouseWith) -> None:
    async with house_with(live={"from_one": 3}) as house:
        session = await house.open_session()
        async with contextlib.AsyncExitStack() as stack:
            pages = [await stack.enter_async_context(listening(session["url"])) for _ in range(3)]
            for page in pages:
                await page.news()
            async with listening(session["url"]) as fourth:
                assert fourth.status == 503

        async def is_let_in() -> bool:
            async with listening(session["url"]) as again:
                return again.status == 200

        # Whoever leaves makes room, as soon as the server notices.
        for _ in range(50):
            if await is_let_in():
                break
            await asyncio.sleep(0.1)
        assert await is_let_in()


async def test_a_page_that_may_not_listen_asks_now_and_then(
    house_with: HouseWith, browser: Browser
) -> None:
    async with house_with(live={"from_one": 0}) as house:
        session = await house.open_session()
        page = await browser.new_page()
        await page.clock.install()
        await page.goto(session["url"])
        await page.locator("main[data-state=choose]").wait_for()
        await house.call("POST", f"/v1/payment_intents/{session['payment_intent']}/cancel", {})

        await page.clock.fast_forward(16_000)

        await page.locator("main[data-state=canceled]").wait_for()
        await page.close()


async def test_many_listeners_share_one_connection_to_the_database(house: House) -> None:
    session = await house.open_session()

    async with contextlib.AsyncExitStack() as stack:
        for _ in range(8):
            page = await stack.enter_async_context(listening(session["url"]))
            await page.news()
        async with house.app.works.look() as work:
            listeners = await work.value(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE application_name = 'sluice-bell' AND datname = current_database()"
            )

    assert listeners == 1


@pytest.mark.parametrize("name", ["nothing", "cs_test_" + "1" * 46, "pi_" + "1" * 24])
async def test_nobody_listens_to_what_is_not_there(house: House, name: str) -> None:
    async with listening(f"{house.url}/c/{name}") as page:
        assert page.status == 404


async def test_a_canceled_payment_ends_the_connection(house: House) -> None:
    session = await house.open_session()

    async with listening(session["url"]) as page:
        await page.news()
        await house.call("POST", f"/v1/payment_intents/{session['payment_intent']}/cancel", {})
        told = []
        while (news := await page.news()) is not None:
            told.append(news)

    assert told[-1]["done"] is True


async def _until(page: Listener, fits: Callable[..., bool]) -> dict[str, Any]:
    while (told := await page.news()) is not None:
        if fits(told):
            return told
    raise AssertionError("the server said that it was the last")
