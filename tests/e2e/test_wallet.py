"""The payer's own Stacks wallet on the page: asked by the page, signed and sent for real."""

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from sluice.base.egress import Egress
from sluice.base.reach import NODES
from sluice.business.accounts.merchants.edit import as_merchant, set_wallet
from sluice.business.accounts.merchants.gateways import gateway_key, set_gateway
from tests.conftest import _make_database
from tests.e2e.conftest import _held
from tests.e2e.house import House, run_house
from tests.e2e.watch import watched
from tests.stacks.browser_wallet import BrowserWallet
from tests.stacks.chain import Signer, StacksChain
from tests.stacks.fixtures import signer, stacks_url
from tests.stacks.suite import register, serve_gateway
from tests.stacks.wallets import Wallet

__all__ = ["signer", "stacks_url"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

NETWORK: Final = "stacks_development"
TABLE: Final = """
[{name}]
api = ["{url}"]
gateway = "{gateway}"
burn_depth = 1
reorg_max = 12
block_time_s = 1.0
"""
PROVIDERS: Final = {
    "LeatherProvider": "window.LeatherProvider = {provider};",
    "XverseProviders": "window.XverseProviders = {{BitcoinProvider: {provider}}};",
    "btc": "window.btc = {provider};",
}
PROVIDER: Final = """{
  request: async (method, params) =>
    JSON.parse(await window.__wallet(JSON.stringify([method, params ?? null])))
}"""


class Place:
    """A house that is paid on Stacks, the chain, and a payer with plenty."""

    def __init__(self, house: House, chain: StacksChain, payer: Wallet) -> None:
        self.house = house
        self.chain = chain
        self.payer = payer


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def place(
    stacks_url: str,
    signer: Signer,
    database_server: str,
    database_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Place]:
    """Run a house beside the development chain, with the gateway in service."""
    egress = Egress(NODES)
    chain = StacksChain(stacks_url, egress)
    payer = await Wallet.of(1, chain, signer)
    till = await Wallet.of(2, chain, signer)
    await chain.pull("reset", stx={payer.address: str(10**12)}, sbtc={payer.address: str(10**10)})
    gateway = await serve_gateway(chain, signer)
    databases = _make_database(database_server, database_template)
    table = TABLE.format(name=NETWORK, url=chain.url, gateway=gateway)
    home = tmp_path_factory.mktemp("stacks-house")
    async with _held(run_house(next(databases), home, served=table)) as house:
        await _be_merchant(house, payer, gateway, till.address)
        yield Place(house, chain, payer)
    databases.close()  # type: ignore[attr-defined]
    await egress.close()


async def _be_merchant(house: House, payer: Wallet, gateway: str, till: str) -> None:
    app = house.app
    network = app.chains.find(NETWORK)
    async with app.works.begin(as_merchant(house.merchant_id, livemode=False)) as work:
        await set_wallet(work, network, till)
        key = gateway_key(work, network, sealer=app.sealer)
    number = await register(payer, gateway, till, key)
    assert network.gateway is not None
    account = await network.gateway.account(number)
    assert account is not None
    async with app.works.begin(as_merchant(house.merchant_id, livemode=False)) as work:
        await set_gateway(work, network, account, sealer=app.sealer)


@contextlib.asynccontextmanager
async def opened(
    browser: Browser, house: House, wallet: BrowserWallet, provider: str, width: int
) -> AsyncIterator[tuple[Page, Any]]:
    """Open a page in a browser that has a wallet."""
    context = await browser.new_context(
        viewport={"width": width, "height": 844}, reduced_motion="reduce"
    )
    context.set_default_timeout(15_000)
    page = await context.new_page()

    async def answer(asked: str) -> str:
        method, params = json.loads(asked)
        return json.dumps(await wallet.request(method, params))

    try:
        watch = await watched(page, house.url)
        await page.expose_function("__wallet", answer)
        await page.add_init_script(PROVIDERS[provider].format(provider=PROVIDER))
        yield page, watch
        watch.verify()
    finally:
        await context.close()


async def choose(page: Page, place: Place, name: str) -> dict[str, Any]:
    session = await place.house.open_session()
    await page.goto(session["url"])
    await page.get_by_role("button", name=name).click()
    await page.locator("main[data-state=waiting]").wait_for()
    return session


async def settle(place: Place) -> None:
    await place.chain.mine()
    place.house.app.bell.ring([NETWORK])


@pytest.mark.parametrize(
    ("width", "provider", "name"),
    [
        (390, "LeatherProvider", "sBTC on Stacks"),
        (1280, "XverseProviders", "sBTC on Stacks"),
        (390, "btc", "Stacks on Stacks"),
    ],
)
async def test_the_payers_wallet_pays_what_the_page_asks(
    browser: Browser, place: Place, width: int, provider: str, name: str
) -> None:
    wallet = BrowserWallet(place.payer)

    async with opened(browser, place.house, wallet, provider, width) as (page, watch):
        session = await choose(page, place, name)
        await expect(page.get_by_role("button", name="Pay with your Stacks wallet")).to_be_visible()
        await expect(page.get_by_role("button", name="Pay without STX")).to_have_count(0)
        await watch.see("waiting")
        await page.get_by_role("button", name="Pay with your Stacks wallet").click()
        await expect(page.locator("#say")).to_have_text("Sent. Waiting for the network to see it.")
        await settle(place)
        await watch.see("confirming")
        await place.chain.pull("burn", count=2)
        place.house.app.bell.ring([NETWORK])
        await page.wait_for_url(f"**/livez?session={session['id']}")

    assert [asked for asked, _ in wallet.asked if asked != "stx_getAddresses"] == [
        "stx_callContract"
    ]
    assert wallet.asked[-1][1]["functionName"] == "pay-signed"
    assert await place.chain.status_of(wallet.sent[0]) == "success"


async def test_a_payer_who_refuses_in_the_wallet_may_pay_by_hand(
    browser: Browser, place: Place
) -> None:
    wallet = BrowserWallet(place.payer, refuses=True)

    async with opened(browser, place.house, wallet, "LeatherProvider", 390) as (page, watch):
        await choose(page, place, "sBTC on Stacks")
        button = page.get_by_role("button", name="Pay with your Stacks wallet")
        await button.click()
        await expect(page.locator("#say")).to_contain_text("Your wallet did not confirm.")
        await expect(button).to_be_enabled()
        await watch.see("waiting")

    assert wallet.sent == []


async def test_without_a_wallet_the_page_is_as_it_was(browser: Browser, place: Place) -> None:
    page = await browser.new_page(viewport={"width": 390, "height": 844})
    await choose(page, place, "sBTC on Stacks")

    await expect(page.locator("#by-wallet")).to_be_hidden()
    await expect(page.locator("#address")).to_be_visible()
    await page.close()
