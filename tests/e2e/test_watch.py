"""The watch over the page can fail: what it is there for, planted."""

import pytest

from tests.e2e.conftest import OpenPage
from tests.e2e.house import House

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLANTS = {
    "a picture without words": (
        "document.querySelector('main').append(document.createElement('img'))",
        "image-alt",
    ),
    "text that is hard to read": (
        "Object.assign(document.querySelector('h1').style, {color: '#888', background: '#999'})",
        "color-contrast",
    ),
    "a line that is too long": (
        "document.querySelector('h1').style.width = '5000px'",
        "wider than the screen",
    ),
}


@pytest.mark.parametrize("plant", PLANTS)
async def test_a_fault_of_a_state_is_seen(house: House, open_page: OpenPage, plant: str) -> None:
    script, told = PLANTS[plant]
    session = await house.open_session()

    async with open_page() as (page, watch):
        await page.goto(session["url"])
        await page.evaluate(script)

        with pytest.raises(AssertionError, match=told):
            await watch.see("choose")


async def test_a_request_to_another_host_and_a_broken_policy_are_seen(
    house: House, open_page: OpenPage
) -> None:
    session = await house.open_session()

    async with open_page() as (page, watch):
        await page.goto(session["url"])
        await page.evaluate("document.body.setAttribute('style', 'color: red')")
        await page.evaluate("fetch('http://127.0.0.2:9/').catch(() => null)")
        await page.evaluate(
            "(() => { try { document.body.innerHTML = '<p>' } catch { return null } })()"
        )

        told = " ".join(watch.complaints)
        assert "style-src" in told
        assert "connect-src" in told
        assert "requires 'TrustedHTML' assignment" in told
        with pytest.raises(AssertionError, match="complained"):
            watch.verify()
        watch.complaints.clear()
        watch.foreign.clear()
