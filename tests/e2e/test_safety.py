"""What the page does not do: run what a shop wrote, leak, be framed, be heavy, need a script."""

import ipaddress
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
import pytest
from playwright.async_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.house import SHOP, House, open_shop

pytestmark = pytest.mark.asyncio(loop_scope="session")

HouseWith = Callable[..., AbstractAsyncContextManager[House]]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'"
)
XSS = (
    "<script>window.bad=1</script> \"><img src=x onerror='window.bad=1'> {{ 7 * 7 }} {shop}",
    "</title></script><svg onload=window.bad=1> ' onmouseover='window.bad=1' x=' ${7*7} {0} %s",
    "<a href=javascript:window.bad=1>click</a><base href=//127.0.0.2/><style>*{color:red}</style>",
    "<meta http-equiv=refresh content=0;url=//127.0.0.2><iframe srcdoc='<script>parent.bad=1'>",
)


@pytest.mark.parametrize("text", XSS)
async def test_what_a_shop_writes_is_text(house: House, open_page: OpenPage, text: str) -> None:
    _, key = await open_shop(house.app, text, wallet=None)
    product = {"name": text, "description": text}
    line = {"currency": "usd", "unit_amount": 500, "product_data": product}
    session = await house.open_session(
        key=key,
        line_items=[{"quantity": 1, "price_data": line}],
        payment_intent_data={"description": text},
    )

    async with open_page() as (page, _):
        await page.goto(session["url"])
        await expect(page.locator(".shop .name")).to_have_text(text)
        await expect(page.locator(".about")).to_have_text(text)
        await page.get_by_text("1 item").click()
        await expect(page.locator(".item")).to_have_text(text)
        await page.get_by_role("button", name="USD Coin on Sandbox").click()
        await page.get_by_role("button", name="Pay with the sandbox wallet").click()
        await page.locator("main[data-state=seen]").wait_for()
        await house.mine(3)
        await page.locator("main[data-state=paid]").wait_for()
        await page.get_by_role("button", name="Stay here").click()
        await expect(page.get_by_text("Thank you.")).to_contain_text(f"{text} has your payment")
        assert await page.evaluate("window.bad") is None
        assert await page.locator("main :is(script, img, style, base, meta, iframe)").count() == 0


async def test_only_web_addresses_become_links_even_if_others_are_stored(
    house: House, open_page: OpenPage
) -> None:
    stored = "javascript:alert(1)"
    session = await house.open_session()
    async with house.app.works.begin() as work:
        await work.execute(
            "UPDATE checkout_sessions SET success_url = $2, cancel_url = $2 WHERE id = $1",
            session["id"],
            stored,
        )

    async with open_page() as (page, _):
        await page.goto(session["url"])
        await page.get_by_role("button", name="USD Coin on Sandbox").click()
        await page.locator("main[data-state=waiting]").wait_for()
        await expect(page.locator("#way")).to_have_count(0)
        await page.get_by_role("button", name="Pay with the sandbox wallet").click()
        await page.locator("main[data-state=seen]").wait_for()
        await house.mine(3)
        await page.locator("main[data-state=paid]").wait_for()
        await expect(page.locator("#way")).to_have_count(0)


async def test_the_address_line_cannot_name_another_way_back(house: House) -> None:
    session = await house.open_session()
    evil = "https://evil.example/"
    names = ("success_url", "cancel_url", "return_url", "url", "next", "pay", "again")
    query = "&".join(f"{name}={evil}" for name in names)

    status, _, body = await ask("GET", f"{session['url']}?{query}")

    assert status == 200
    assert "evil.example" not in body


async def test_every_route_carries_the_headers(house: House) -> None:
    session = await house.open_session()
    _, _, body = await ask("GET", session["url"])
    style = body.partition('rel="stylesheet" href="')[2].partition('"')[0]
    asked = [
        ("GET", session["url"], None, 200),
        ("GET", f"{house.url}/c/nothing", None, 404),
        ("POST", session["url"], {"pay": "sandbox:usdc"}, 303),
        ("POST", session["url"], {"pay": "nowhere:usdc"}, 400),
        ("POST", f"{session['url']}/sandbox", {"do": "explode", "pay": "sandbox:usdc"}, 400),
        ("GET", house.url + style, None, 200),
        ("GET", f"{house.url}/assets/nothing.js", None, 404),
    ]

    for method, url, form, expected in asked:
        status, headers, _ = await ask(method, url, form)
        assert status == expected, (method, url, status)
        assert headers["content-security-policy"] == POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["x-frame-options"] == "DENY"
        assert "camera=()" in headers["permissions-policy"]
        assert "set-cookie" not in headers
        assert headers["content-type"].count("charset") <= 1
        immutable = url.endswith(style) and method == "GET"
        assert ("immutable" in headers.get("cache-control", "")) is immutable


async def test_the_live_route_carries_its_headers(house: House) -> None:
    session = await house.open_session()

    async with (
        aiohttp.ClientSession() as client,
        client.get(f"{session['url']}/live") as answer,
    ):
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")


async def test_g12_only_safe_fields_are_shown(house: House) -> None:
    session = await house.open_session(
        customer_email="payer@example.com",
        client_reference_id="order-4711-reference",
        metadata={"secret_note": "for the shop alone"},
    )

    _, _, body = await ask("GET", session["url"])

    for hidden in (
        session["payment_intent"],
        house.merchant_id,
        "payer@example.com",
        "order-4711-reference",
        "for the shop alone",
        "_secret_",
    ):
        assert hidden not in body


async def test_a_form_of_another_site_is_refused(house: House) -> None:
    session = await house.open_session()

    for site in ("cross-site", "same-site"):
        status, _, _ = await ask(
            "POST", session["url"], {"pay": "sandbox:usdc"}, {"Sec-Fetch-Site": site}
        )
        assert status == 403

    intent = await house.call("GET", f"/v1/payment_intents/{session['payment_intent']}")
    assert intent["status"] == "requires_payment_method"


async def test_odd_forms_are_refused_in_words(house: House) -> None:
    session = await house.open_session()
    forms: list[bytes] = [b"\xff\xfe", b"pay=" + b"x" * 5_000, b"a&" * 50, b"pay=%ff%fe", b""]

    for form in forms:
        status, headers, body = await ask("POST", session["url"], form)
        assert status == 400, form[:20]
        assert headers["content-type"].startswith("text/html")
        assert "<h1" in body


async def test_a_choice_the_shop_does_not_want_is_refused(house: House) -> None:
    session = await house.open_session()
    crypto = {"deposit_options": {"networks": ["sandbox"], "tokens": ["usdc"]}}
    intent = f"/v1/payment_intents/{session['payment_intent']}"
    await house.call("POST", intent, {"payment_method_options": {"crypto": crypto}})

    status, _, body = await ask("POST", session["url"], {"pay": "sandbox:btc"})

    assert status == 400
    assert "Please choose again" in body
    assert 'value="sandbox:usdc"' in body
    assert 'value="sandbox:btc"' not in body
    assert (await house.call("GET", intent))["status"] == "requires_payment_method"


async def test_the_levers_are_for_test_payments_on_the_sandbox_alone(house: House) -> None:
    session = await house.open_session()
    await ask("POST", session["url"], {"pay": "harbor:usdc"})

    status, _, _ = await ask(
        "POST", f"{session['url']}/sandbox", {"do": "pay", "pay": "harbor:usdc"}
    )

    assert status == 404


async def test_the_same_choice_twice_makes_one_offer(house: House) -> None:
    session = await house.open_session()

    for _ in range(3):
        await ask("POST", session["url"], {"pay": "sandbox:usdc"})

    async with house.app.works.begin() as work:
        intent_id = session["payment_intent"]
        assert await work.value("SELECT count(*) FROM offers WHERE intent_id = $1", intent_id) == 1


async def test_a_page_is_light(house: House) -> None:
    session = await house.open_session()
    await ask("POST", session["url"], {"pay": "harbor:usdc"})

    _, _, body = await ask("GET", session["url"])
    assets = [part.partition('"')[0] for part in body.split('"/assets/')[1:]]
    weights = [len((await ask("GET", f"{house.url}/assets/{name}"))[2]) for name in assets]
    drawn = sum(len(part.partition("</svg>")[0]) for part in body.split("<svg role=")[1:])

    assert len(assets) == 3
    assert drawn > 2_000
    assert len(body) - drawn + sum(weights) < 60_000


async def test_a_payment_needs_no_script(house: House, open_page: OpenPage) -> None:
    session = await house.open_session()

    async with open_page(script=False) as (page, _):
        await page.goto(session["url"])
        await page.get_by_role("button", name="USD Coin on Sandbox").click()
        await expect(page.get_by_role("heading", name="Send 124.50 USDC")).to_be_visible()
        await expect(page.locator("#until")).to_contain_text("UTC")
        await expect(page.locator("svg.qr")).to_be_visible()
        await expect(page.locator(".copy").first).to_be_hidden()
        await page.get_by_role("button", name="Pay with the sandbox wallet").click()
        await expect(page.get_by_role("link", name="Check for my payment")).to_be_visible()

        async with house.app.works.begin() as work:
            intent_id = session["payment_intent"]
            for _ in range(100):
                if await work.value(
                    "SELECT processing_at FROM payment_intents WHERE id = $1", intent_id
                ):
                    break
                await page.wait_for_timeout(50)
        await page.get_by_role("link", name="Check for my payment").click()
        await expect(page.get_by_role("heading", name="Payment seen")).to_be_visible()

        await house.mine(3)
        for _ in range(100):
            await page.reload()
            if await page.locator("main[data-state=paid]").count():
                break
            await page.wait_for_timeout(50)
        back = page.get_by_role("link", name=f"Back to {SHOP}")
        await expect(back).to_have_attribute("href", f"{house.url}/livez?session={session['id']}")


async def test_visits_are_limited_by_network_whatever_a_header_says(house_with: HouseWith) -> None:
    async with house_with(limits="default") as house:
        session = await house.open_session()
        statuses = []
        for number in range(200):
            forged = {"X-Forwarded-For": f"203.0.113.{number}"}
            status, headers, body = await ask("GET", session["url"], headers=forged)
            statuses.append(status)
            if status == 429:
                break

    assert statuses[:60] == [200] * 60
    assert statuses[-1] == 429
    assert int(headers["retry-after"]) >= 1
    assert "Please wait a moment" in body


async def test_behind_a_trusted_proxy_each_visitor_counts_alone(house_with: HouseWith) -> None:
    local = ipaddress.ip_network("127.0.0.0/8")
    async with house_with(limits="default", trusted=[local]) as house:
        session = await house.open_session()
        answers = [
            await ask("GET", session["url"], headers={"X-Forwarded-For": f"203.0.113.{number}"})
            for number in range(62)
        ]

    assert [status for status, _, _ in answers] == [200] * 62


async def ask(
    method: str,
    url: str,
    form: dict[str, str] | bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, str], str]:
    """Ask for a page as a browser without any script or cookie would."""
    given: dict[str, Any] = {"data": form, "headers": dict(headers or {})}
    if isinstance(form, bytes):
        given["headers"]["Content-Type"] = "application/x-www-form-urlencoded"
    async with (
        aiohttp.ClientSession() as client,
        client.request(method, url, allow_redirects=False, **given) as answer,
    ):
        body = await answer.text()
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, body
