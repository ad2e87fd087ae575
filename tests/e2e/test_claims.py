"""The payer's page of a refund: where to send it, what goes wrong, and how it ends."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.house import SHOP, House
from tests.e2e.refunding import OWN_WALLET, a_refund, link_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

WIDTHS = pytest.mark.parametrize("width", [390, 1280])
DAYS_S = 24 * 3600


@WIDTHS
async def test_a_payer_says_where_the_refund_goes_and_sees_it_sent(
    house: House, open_page: OpenPage, width: int
) -> None:
    refund = await a_refund(house)

    async with open_page(width) as (page, watch):
        await page.goto(link_of(refund))
        await watch.see("asks")
        await expect(page.locator(".lead")).to_contain_text(
            f"{SHOP} refunds you 124.50 USDC ($124.50) on Sandbox."
        )
        await page.get_by_label("Your address on Sandbox").fill(OWN_WALLET)
        await page.get_by_role("button", name="Send my refund here").click()
        await watch.see("pending")
        await expect(page.locator(".value")).to_have_text(OWN_WALLET)

        async with asyncio.timeout(30):
            while await page.locator("main[data-state=pending]").count():
                await house.mine(4)
                await asyncio.sleep(0.3)
                await page.reload()
        await watch.see("succeeded")
        await expect(page.get_by_role("heading", name="Your refund was sent")).to_be_visible()

    told = await house.call("GET", f"/v1/refunds/{refund['id']}")
    sent = told["destination_details"]["crypto"]["reference"]
    assert told["status"] == "succeeded"
    assert sent


@WIDTHS
async def test_an_address_that_cannot_be_is_explained_and_stays_to_be_mended(
    house: House, open_page: OpenPage, width: int
) -> None:
    refund = await a_refund(house)

    async with open_page(width) as (page, watch):
        await page.goto(link_of(refund))
        await page.get_by_label("Your address").fill("0x52908400098527886e0f7030069857d2e4169ee7")
        await page.get_by_role("button", name="Send my refund here").click()

        await watch.see("asks")
        await expect(page.get_by_role("alert")).to_be_visible()
        await expect(page.get_by_label("Your address")).to_have_value(
            "0x52908400098527886e0f7030069857d2e4169ee7"
        )
        await page.get_by_label("Your address").fill(OWN_WALLET)
        await page.get_by_role("button", name="Send my refund here").click()
        await watch.see("pending")


async def test_the_first_address_counts_even_when_the_page_was_open_twice(
    house: House, open_page: OpenPage
) -> None:
    refund = await a_refund(house)

    async with open_page() as (one, _), open_page(script=False) as (other, watch):
        await one.goto(link_of(refund))
        await other.goto(link_of(refund))
        await one.get_by_label("Your address").fill(OWN_WALLET)
        await one.get_by_role("button", name="Send my refund here").click()
        await one.locator("main[data-state=pending]").wait_for()
        await other.get_by_label("Your address").fill(refund["id"])
        await other.get_by_role("button", name="Send my refund here").click()

        await other.locator("main:not([data-state=asks])").wait_for()
        await expect(other.locator(".value").first).to_have_text(OWN_WALLET)
        watch.verify()


async def test_a_refund_that_was_taken_back_says_so(house: House, open_page: OpenPage) -> None:
    refund = await a_refund(house)
    await house.call("POST", f"/v1/refunds/{refund['id']}/cancel")

    async with open_page() as (page, watch):
        await page.goto(link_of(refund))
        await watch.see("canceled")
        await expect(page.get_by_label("Your address")).to_have_count(0)


async def test_a_link_that_ran_out_sends_the_payer_to_the_shop(
    house: House, open_page: OpenPage
) -> None:
    refund = await a_refund(house)
    await house.pass_time(31 * DAYS_S)

    async with open_page() as (page, watch):
        await page.goto(link_of(refund))
        await watch.see("expired")
        await expect(page.get_by_text(f"Ask {SHOP} for a new one")).to_be_visible()
