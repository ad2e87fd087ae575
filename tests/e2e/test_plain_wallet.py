"""The payer's wallet on Stacks without a gateway: tokens, STX, and payers who hold no STX."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from sluice.base.egress import Egress
from sluice.base.reach import NODES
from sluice.business.accounts.merchants.edit import as_merchant, set_wallet
from tests.conftest import _make_database
from tests.e2e.conftest import _held
from tests.e2e.house import House, run_house
from tests.e2e.test_wallet import NETWORK, opened
from tests.stacks.bolt import CONTRACT, NAME, OPERATOR, Service, operator_of, serving
from tests.stacks.browser_wallet import BrowserWallet
from tests.stacks.chain import Signer, StacksChain
from tests.stacks.fixtures import signer, stacks_url
from tests.stacks.wallets import Wallet

__all__ = ["signer", "stacks_url"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

TABLE: Final = """
[{name}]
api = ["{url}"]
burn_depth = 1
reorg_max = 12
block_time_s = 1.0

[{name}.bolt]
api = "{bolt}"
contract = "{contract}"
"""
PAY: Final = "Pay with your Stacks wallet"
WITHOUT: Final = "Pay without STX"


@dataclass
class Place:
    """A house that is paid on Stacks without a gateway, payers with and without STX, and Bolt."""

    house: House
    chain: StacksChain
    payer: Wallet
    poor: Wallet
    till: Wallet
    bolt: Service


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def place(
    stacks_url: str,
    signer: Signer,
    database_server: str,
    database_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Place]:
    """Run a house beside the development chain and a stand-in for Bolt."""
    egress = Egress(NODES)
    chain = StacksChain(stacks_url, egress)
    payer, till, poor = [await Wallet.of(number, chain, signer) for number in (1, 2, 9)]
    rich = {payer.address: str(10**10), poor.address: str(10**10)}
    await chain.pull("reset", stx={payer.address: str(10**12)}, sbtc=rich)
    operator = await signer.address(key=OPERATOR.hex() + "01", network="testnet")
    await chain.pull("fund", address=operator, ustx="9000000")
    contract = await payer.deploy(NAME, CONTRACT)
    bolt = Service(operator_of(chain))
    databases = _make_database(database_server, database_template)
    home = tmp_path_factory.mktemp("plain-house")
    async with serving(bolt) as url:
        table = TABLE.format(name=NETWORK, url=chain.url, bolt=url, contract=contract)
        async with _held(run_house(next(databases), home, served=table)) as house:
            owner = as_merchant(house.merchant_id, livemode=False)
            async with house.app.works.begin(owner) as work:
                await set_wallet(work, house.app.chains.find(NETWORK), till.address)
            yield Place(house, chain, payer, poor, till, bolt)
    databases.close()  # type: ignore[attr-defined]
    await egress.close()


@contextlib.asynccontextmanager
async def chosen(
    browser: Browser, place: Place, wallet: BrowserWallet, width: int, name: str
) -> AsyncIterator[tuple[Page, Any]]:
    """Open a session's page in a browser with a wallet, and choose how to pay."""
    provider = "LeatherProvider" if width < 800 else "XverseProviders"
    async with opened(browser, place.house, wallet, provider, width) as (page, watch):
        session = await place.house.open_session()
        await page.goto(session["url"])
        await page.get_by_role("button", name=name).click()
        await page.locator("main[data-state=waiting]").wait_for()
        yield page, watch


async def settle(place: Place, page: Page, watch: Any) -> None:  # noqa: ANN401 - Watch
    """Mine what waits and bury it, and see the page follow to its end."""
    await expect(page.locator("#say")).to_have_text("Sent. Waiting for the network to see it.")
    await place.chain.mine()
    place.house.app.bell.ring([NETWORK])
    await watch.see("confirming")
    await place.chain.pull("burn", count=2)
    place.house.app.bell.ring([NETWORK])
    await page.locator("main[data-state=paid]").wait_for()


@pytest.mark.parametrize(
    ("width", "name", "method"),
    [
        (390, "sBTC on Stacks", "stx_callContract"),
        (1280, "sBTC on Stacks", "stx_callContract"),
        (390, "Stacks on Stacks", "stx_transferStx"),
        (1280, "Stacks on Stacks", "stx_transferStx"),
    ],
)
async def test_the_payers_wallet_sends_a_plain_transfer_with_our_memo(
    browser: Browser, place: Place, width: int, name: str, method: str
) -> None:
    wallet = BrowserWallet(place.payer)

    async with chosen(browser, place, wallet, width, name) as (page, watch):
        await page.get_by_role("button", name=PAY).click()
        await settle(place, page, watch)

    [(asked, params)] = [one for one in wallet.asked if one[0] != "stx_getAddresses"]
    assert asked == method
    if method == "stx_callContract":
        assert params["functionName"] == "transfer"
        assert (params["postConditionMode"], len(params["postConditions"])) == ("deny", 1)
    else:
        assert params["recipient"] == place.till.address
        assert params["memo"]
    assert await place.chain.status_of(wallet.sent[0]) == "success"


async def test_a_payer_without_stx_pays_and_bolt_pays_the_fee(
    browser: Browser, place: Place
) -> None:
    wallet = BrowserWallet(place.poor)

    async with chosen(browser, place, wallet, 390, "sBTC on Stacks") as (page, watch):
        await expect(page.get_by_role("button", name=WITHOUT)).to_be_visible()
        await expect(page.locator("#by-wallet")).to_contain_text("takes some sats for it")
        await watch.see("waiting")
        await page.get_by_role("button", name=WITHOUT).click()
        await settle(place, page, watch)

    assert wallet.sent == []
    assert wallet.asked[-1][1]["functionName"] == "transfer-stacks-to-stacks"
    assert [path for path, _ in place.bolt.asked] == ["/api/v1/transaction/sbtc-token"]
    stx = await place.chain.get(f"/extended/v3/principals/{place.poor.address}/balances/stx")
    assert stx["balance"] == "0"


async def test_a_sponsor_that_does_not_answer_is_told_to_the_payer(
    browser: Browser, place: Place
) -> None:
    wallet, place.bolt.trouble = BrowserWallet(place.poor), 400

    async with chosen(browser, place, wallet, 390, "sBTC on Stacks") as (page, watch):
        button = page.get_by_role("button", name=WITHOUT)
        await button.click()
        await expect(page.locator("#say")).to_contain_text("Nobody can pay the fee for you now.")
        await expect(button).to_be_enabled()
        await watch.see("waiting")
    place.bolt.trouble = None

    assert wallet.sent == []


async def test_who_pays_in_stx_is_offered_no_sponsor(browser: Browser, place: Place) -> None:
    wallet = BrowserWallet(place.payer)

    async with chosen(browser, place, wallet, 390, "Stacks on Stacks") as (page, _):
        await expect(page.get_by_role("button", name=PAY)).to_be_visible()
        await expect(page.get_by_role("button", name=WITHOUT)).to_have_count(0)
