"""A payment through every state of its page, by real clicks, on a phone and on a desk."""

import re

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.house import SHOP, House, open_shop

pytestmark = pytest.mark.asyncio(loop_scope="session")

MINUTES = re.compile(r"1[45]:[0-5]\d")
WIDTHS = pytest.mark.parametrize("width", [390, 1280])


@WIDTHS
async def test_a_payment_is_chosen_paid_in_two_parts_confirmed_and_led_back(
    house: House, open_page: OpenPage, width: int
) -> None:
    session = await house.open_session()

    async with open_page(width) as (page, watch):
        await page.goto(session["url"])
        await watch.see("choose")
        await expect(page.locator(".total")).to_contain_text("$124.50")
        await expect(page.get_by_role("button", name="Bitcoin")).to_contain_text("0.002075 BTC")

        await page.get_by_role("button", name="USD Coin on Sandbox").click()
        await watch.see("waiting")
        await expect(page.get_by_role("heading", name="Send 124.50 USDC")).to_be_focused()
        await expect(page.locator("#until")).to_have_text(MINUTES)
        await expect(page.locator("#address-label")).to_have_text("USD Coin address on Sandbox")
        href = await page.locator("#open-wallet").get_attribute("href")
        address = (await page.locator("#address").inner_text()).replace("\n", "").replace(" ", "")
        assert href == f"sandbox:{address}?asset=usdc&amount=124.50"

        await page.get_by_role("button", name="Copy: USD Coin address").click()
        await expect(page.locator("#copy-address")).to_have_text("Copied")
        assert await page.evaluate("navigator.clipboard.readText()") == address

        await page.get_by_role("button", name="Pay half").click()
        await watch.see("short")
        await expect(
            page.get_by_role("heading", name="62.25 USDC is still missing")
        ).to_be_visible()
        await expect(page.locator("#open-wallet")).to_have_attribute(
            "href", f"sandbox:{address}?asset=usdc&amount=62.25"
        )

        await page.get_by_role("button", name="Pay the rest").click()
        await watch.see("seen")
        await expect(page.locator("#say")).to_have_text("Payment seen")

        await house.mine()
        await watch.see("confirming")
        await expect(page.locator("#depth-text")).to_contain_text("1 of 3")
        await page.get_by_role("button", name="Mine a block").click()
        await expect(page.locator("#depth-text")).to_contain_text("2 of 3")
        await expect(page.locator("#depth")).to_have_attribute("max", "3")

        await page.get_by_role("button", name="Mine a block").click()
        await watch.see("paid")
        await page.wait_for_url(f"{house.url}/livez?session={session['id']}")


@WIDTHS
async def test_a_payment_that_a_fork_undoes_is_told_as_it_is(
    house: House, open_page: OpenPage, width: int
) -> None:
    session = await house.open_session()

    async with open_page(width) as (page, watch):
        await page.goto(session["url"])
        await page.get_by_role("button", name="Tether USD").click()
        await page.get_by_role("button", name="Pay with the sandbox wallet").click()
        await page.locator("main[data-state=seen]").wait_for()
        await house.mine(3)
        await page.get_by_role("button", name="Stay here").click()
        await page.locator("main[data-state=paid]").wait_for()

        await house.undo(3)

        await watch.see("reversed")
        await expect(page.get_by_text("please do not pay again")).to_be_visible()


@WIDTHS
async def test_too_much_is_paid_and_the_surplus_is_named(
    house: House, open_page: OpenPage, width: int
) -> None:
    session = await house.open_session()

    async with open_page(width) as (page, watch):
        await page.goto(session["url"])
        await page.get_by_role("button", name="Bitcoin").click()
        await page.get_by_role("button", name="Pay too much").click()
        await page.locator("main[data-state=seen]").wait_for()
        await house.mine(3)

        await watch.see("over")
        await expect(page.get_by_text("You sent 0.0010375 BTC more than was asked")).to_be_visible()
        await expect(page.locator("#leaving")).to_have_count(0)
        await page.get_by_role("link", name=f"Back to {SHOP}").click()
        await page.wait_for_url(f"{house.url}/livez?session={session['id']}")


@WIDTHS
async def test_another_coin_is_named_and_the_right_one_still_pays(
    house: House, open_page: OpenPage, width: int
) -> None:
    session = await house.open_session()

    async with open_page(width) as (page, watch):
        await page.goto(session["url"])
        await page.get_by_role("button", name="USD Coin on Sandbox").click()
        await page.get_by_role("button", name="Send another coin").click()

        await watch.see("wrong_asset")
        await expect(page.get_by_text("You sent 124.50 USDT")).to_be_visible()

        await page.get_by_role("button", name="Pay with the sandbox wallet").click()
        await page.locator("main[data-state=seen]").wait_for()
        await house.mine(3)
        await page.locator("main[data-state=paid]").wait_for()


@WIDTHS
async def test_a_price_runs_out_is_renewed_and_then_the_time_is_over(
    house: House, open_page: OpenPage, width: int
) -> None:
    session = await house.open_session()

    async with open_page(width) as (page, watch):
        await page.clock.install()
        await page.goto(session["url"])
        await page.get_by_role("button", name="USD Coin on Sandbox").click()
        await page.locator("main[data-state=waiting]").wait_for()
        await house.pass_time(901)
        await page.clock.fast_forward(901_000)
        await watch.see("price_expired")
        await expect(page.locator("#address")).to_have_count(0)

        await page.get_by_role("button", name="Get a new price").click()
        await page.locator("main[data-state=waiting]").wait_for()

        await house.pass_time(86_400)
        await watch.see("expired")
        back = page.get_by_role("link", name=f"Back to {SHOP}")
        await expect(back).to_have_attribute("href", f"{house.url}/livez?left")

        await page.get_by_role("button", name="Pay too late").click()
        await watch.see("late")
        await expect(page.get_by_text(f"{SHOP} has your 124.50 USDC")).to_be_visible()


@WIDTHS
async def test_a_canceled_payment_says_so_at_once(
    house: House, open_page: OpenPage, width: int
) -> None:
    session = await house.open_session()

    async with open_page(width) as (page, watch):
        await page.goto(session["url"])
        await page.get_by_role("button", name="USD Coin on Sandbox").click()
        await page.locator("main[data-state=waiting]").wait_for()
        await house.call("POST", f"/v1/payment_intents/{session['payment_intent']}/cancel", {})

        await watch.see("canceled")


@WIDTHS
async def test_a_wallet_payment_is_told_apart_by_its_exact_amount(
    house: House, open_page: OpenPage, width: int
) -> None:
    session = await house.open_session()

    async with open_page(width) as (page, watch):
        await page.goto(session["url"])
        await page.get_by_role("button", name="USD Coin on Harbor").click()
        await watch.see("waiting")
        await page.get_by_text("My wallet cannot read this code").click()
        await watch.see("waiting")

        units = await page.locator("#copy-amount").get_attribute("data-copy")
        assert units is not None
        whole = int(units.replace(".", "").ljust(9, "0"))
        assert 124_490_000 <= whole <= 124_500_000
        href = await page.locator("#open-wallet").get_attribute("href")
        assert href is not None
        assert href.startswith(
            "ethereum:0x5FbDB2315678afecb367f032d93F642f64180aa3@31337/transfer?"
        )
        assert href.endswith(f"uint256={whole}")
        await expect(page.get_by_text("Send exactly")).to_be_visible()
        await expect(page.locator("svg.qr")).to_have_count(2)
        await expect(page.locator(".sandbox")).to_have_count(0)


@WIDTHS
async def test_a_memo_is_asked_for_where_it_tells_payments_apart(
    house: House, open_page: OpenPage, width: int
) -> None:
    session = await house.open_session()
    crypto = {"deposit_options": {"networks": ["sandbox"], "tokens": ["stx"], "style": "memo"}}
    intent = f"/v1/payment_intents/{session['payment_intent']}"
    await house.call("POST", intent, {"payment_method_options": {"crypto": crypto}})

    async with open_page(width) as (page, watch):
        await page.goto(session["url"])
        await expect(page.locator(".option")).to_have_count(1)
        await page.get_by_role("button", name="Stacks").click()
        await watch.see("waiting")
        memo = await page.locator("#memo").inner_text()
        href = await page.locator("#open-wallet").get_attribute("href")
        assert href is not None
        assert href.endswith(f"?asset=stx&amount=62.25&memo={memo}")
        await page.get_by_role("button", name="Pay with the sandbox wallet").click()
        await page.locator("main[data-state=seen]").wait_for()


@WIDTHS
async def test_a_suspended_shop_takes_no_payments(
    house: House, open_page: OpenPage, width: int
) -> None:
    merchant_id, key = await open_shop(house.app, "Closed shop", wallet=None)
    session = await house.open_session(key=key)
    async with house.app.works.begin() as work:
        await work.execute("UPDATE merchants SET status = 'suspended' WHERE id = $1", merchant_id)

    async with open_page(width) as (page, watch):
        await page.goto(session["url"])
        await watch.see("closed")
        await expect(page.locator("form")).to_have_count(0)


@WIDTHS
async def test_problems_are_told_in_words(house: House, open_page: OpenPage, width: int) -> None:
    async with open_page(width) as (page, watch):
        for path in ("nothing", "cs_test_" + "1" * 46):
            answer = await page.goto(f"{house.url}/c/{path}")
            assert answer is not None
            assert answer.status == 404
            await watch.see("problem")
            await expect(page.get_by_role("heading")).to_have_text("There is no such payment")


@WIDTHS
async def test_without_a_price_the_page_says_so_and_tries_again(
    house: House, open_page: OpenPage, width: int
) -> None:
    session = await house.open_session()
    async with house.app.works.begin() as work:
        await work.execute("DELETE FROM rates")

    async with open_page(width) as (page, watch):
        answer = await page.goto(session["url"])
        assert answer is not None
        assert answer.status == 503
        assert answer.headers["retry-after"] == "5"
        await watch.see("problem")

        await house.pass_time(0)
        await page.get_by_role("link", name="Try again").click()
        await page.locator("main[data-state=choose]").wait_for()


async def test_when_every_amount_is_taken_the_page_offers_another_way(
    house: House, open_page: OpenPage
) -> None:
    line = {"currency": "usdc", "unit_amount": 100, "product_data": {"name": "Crumb"}}
    lines = [{"quantity": 1, "price_data": line}]
    sessions = [await house.open_session(line_items=lines) for _ in range(3)]

    async with open_page() as (page, watch):
        for session in sessions[:2]:
            await page.goto(session["url"])
            await page.get_by_role("button", name="USD Coin on Harbor").click()
            await page.locator("main[data-state=waiting]").wait_for()
        await page.goto(sessions[2]["url"])
        await page.get_by_role("button", name="USD Coin on Harbor").click()

        await expect(page.get_by_role("alert")).to_contain_text("Too many people are paying")
        await watch.see("choose")
        await page.get_by_role("button", name="USD Coin on Sandbox").click()
        await page.locator("main[data-state=waiting]").wait_for()
        await expect(page.get_by_role("heading", name="Send 0.0001 USDC")).to_be_visible()
