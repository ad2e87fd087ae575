"""The payer's own Ethereum wallet on the page: announced, asked, signed, mined for real."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from sluice.base.clock import SystemClock
from sluice.base.egress import Egress
from sluice.base.reach import NODES
from sluice.business.accounts.merchants.edit import as_merchant, set_wallet
from sluice.engine.chains.writer import Standing
from sluice.engine.keys.signers.local import LocalSigner
from sluice.engine.sender.edit import open_wallet
from sluice.engine.sender.model import Limits
from sluice.engine.watcher.checks import inspect_chain
from tests.conftest import _make_database
from tests.contract.anvil import Anvil, compile_contracts, install, run_anvil
from tests.contract.evm_under_test import CHAIN_ID, EvmUnderTest
from tests.e2e.conftest import _held
from tests.e2e.house import House, run_house
from tests.e2e.watch import watched

pytestmark = pytest.mark.asyncio(loop_scope="session")

NETWORK: Final = "ethereum"
TILL: Final = "0x" + "7a" * 20
TABLE: Final = """
[ethereum]
rpc = ["{url}"]
livemode = false
block_time_s = 0.2
tokens = {{ usdc = "{usdc}", usdt = "{usdt}" }}
signing = {{ usdc = {{ name = "USD Coin", version = "2" }} }}
"""
# Two wallets announce themselves as EIP-6963 has it; the second is the one that pays.
ANNOUNCED: Final = """
for (const [at, name] of ["First Wallet", "Second Wallet"].entries()) {
  const provider = { request: async (asked) => {
    const told = JSON.parse(await window.__wallet(JSON.stringify([name, asked])));
    if (told.error) throw Object.assign(new Error(told.error.message), told.error);
    return told.result;
  } };
  const announce = () => dispatchEvent(new CustomEvent("eip6963:announceProvider", {
    detail: { info: { uuid: `wallet-${at}`, name, rdns: "test", icon: "" }, provider },
  }));
  addEventListener("eip6963:requestProvider", announce);
  announce();
}
"""
OLD: Final = """
window.ethereum = { request: async (asked) =>
  JSON.parse(await window.__wallet(JSON.stringify(["", asked]))).result };
"""


class Place:
    """A house that is paid on a real node, and what its payer's wallets were asked."""

    def __init__(self, house: House, evm: EvmUnderTest) -> None:
        self.house = house
        self.evm = evm
        self.asked: list[tuple[str, str, Any]] = []
        self.refuses = False

    async def answer(self, text: str) -> str:
        """Do as the payer's wallet does."""
        name, asked = json.loads(text)
        method, params = asked["method"], asked.get("params")
        self.asked.append((name, method, params))
        if method == "eth_requestAccounts":
            return json.dumps({"result": [self.evm.payer]})
        if method == "wallet_switchEthereumChain":
            return json.dumps({"result": None})
        if method == "eth_signTypedData_v4":
            signed = [params[0], json.loads(params[1])]
            return json.dumps({"result": await self.evm.anvil.ask(method, *signed)})
        if self.refuses:
            return json.dumps({"error": {"code": 4001, "message": "User rejected the request."}})
        [transaction] = params
        return json.dumps({"result": await self.evm.anvil.ask(method, transaction)})

    async def mine(self, count: int) -> None:
        """Add blocks, and wake whoever follows."""
        await self.evm.mine(count)
        self.house.app.bell.ring([NETWORK])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def place(
    database_server: str, database_template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    """Run a house beside a fresh node."""
    install()
    egress = Egress(NODES)
    with run_anvil() as url:
        evm = await EvmUnderTest.deploy(Anvil(url, egress), SystemClock(), compile_contracts())
        await evm.mine(3)
        databases = _make_database(database_server, database_template)
        table = TABLE.format(url=url, **evm.chain.tokens)
        home = tmp_path_factory.mktemp("evm-house")
        async with _held(run_house(next(databases), home, served=table)) as house:
            owner = as_merchant(house.merchant_id, livemode=False)
            async with house.app.works.begin(owner) as work:
                await set_wallet(work, house.app.chains.find(NETWORK), TILL)
            yield Place(house, evm)
        databases.close()  # type: ignore[attr-defined]
    await egress.close()


@contextlib.asynccontextmanager
async def opened(
    browser: Browser, place: Place, script: str, width: int = 390
) -> AsyncIterator[tuple[Page, Any, dict[str, Any]]]:
    """Open a page in a browser with a wallet and choose USDC."""
    context = await browser.new_context(
        viewport={"width": width, "height": 844}, reduced_motion="reduce"
    )
    context.set_default_timeout(15_000)
    page = await context.new_page()
    place.asked.clear()
    place.refuses = False
    try:
        watch = await watched(page, place.house.url)
        await page.expose_function("__wallet", place.answer)
        await page.add_init_script(script)
        session = await place.house.open_session()
        await page.goto(session["url"])
        await page.get_by_role("button", name="USD Coin on Ethereum").click()
        await page.locator("main[data-state=waiting]").wait_for()
        yield page, watch, session
        watch.verify()
    finally:
        await context.close()


@pytest.mark.parametrize("width", [390, 1280])
async def test_the_wallet_that_the_payer_picks_pays_what_is_due(
    browser: Browser, place: Place, width: int
) -> None:
    async with opened(browser, place, ANNOUNCED, width) as (page, watch, session):
        await expect(page.get_by_role("button", name="Pay with First Wallet")).to_be_visible()
        await watch.see("waiting")
        await page.get_by_role("button", name="Pay with Second Wallet").click()
        await expect(page.locator("#say")).to_have_text("Sent. Waiting for the network to see it.")
        await place.mine(1)
        await watch.see("confirming")
        await place.mine(12)
        await page.wait_for_url(f"**/livez?session={session['id']}")

    assert [(name, method) for name, method, _ in place.asked] == [
        ("Second Wallet", "eth_requestAccounts"),
        ("Second Wallet", "wallet_switchEthereumChain"),
        ("Second Wallet", "eth_sendTransaction"),
    ]
    assert place.asked[1][2] == [{"chainId": hex(CHAIN_ID)}]
    [transaction] = place.asked[2][2]
    assert transaction["to"] == place.evm.chain.tokens["usdc"]
    assert transaction["value"] == "0x0"
    assert "534c5531" in transaction["data"], "the reference rides behind the call"


async def test_a_wallet_of_the_old_kind_is_asked_too(browser: Browser, place: Place) -> None:
    async with opened(browser, place, OLD) as (page, _, session):
        await page.get_by_role("button", name="Pay with your wallet").click()
        await expect(page.locator("#say")).to_have_text("Sent. Waiting for the network to see it.")
        await place.mine(13)
        await page.wait_for_url(f"**/livez?session={session['id']}")


async def test_a_payer_who_refuses_may_pay_by_hand(browser: Browser, place: Place) -> None:
    async with opened(browser, place, ANNOUNCED) as (page, watch, _):
        place.refuses = True
        button = page.get_by_role("button", name="Pay with First Wallet")
        await button.click()
        await expect(page.locator("#say")).to_contain_text("Your wallet did not confirm.")
        await expect(button).to_be_enabled()
        await watch.see("waiting")


async def test_without_a_wallet_there_is_no_button(browser: Browser, place: Place) -> None:
    async with opened(browser, place, "") as (page, _, _session):
        await expect(page.locator("#by-wallet")).to_be_hidden()
        await expect(page.locator("#address")).to_be_visible()


async def test_where_the_shop_s_wallet_carries_it_the_payer_only_signs(
    browser: Browser, place: Place
) -> None:
    await carry(place)
    async with opened(browser, place, ANNOUNCED) as (page, watch, session):
        await watch.see("waiting")
        await page.get_by_role("button", name="Pay with First Wallet").click()
        await expect(page.locator("#say")).to_have_text("Sent. Waiting for the network to see it.")
        for _ in range(20):
            await place.mine(2)
            await asyncio.sleep(0.3)
            if f"livez?session={session['id']}" in page.url:
                break
        await page.wait_for_url(f"**/livez?session={session['id']}")

    methods = [method for _, method, _ in place.asked]
    assert methods[-1] == "eth_signTypedData_v4"
    assert "eth_sendTransaction" not in methods


async def carry(place: Place) -> None:
    """Give the shop a hot wallet that carries what payers sign."""
    app = place.house.app
    signer = LocalSigner(bytes(range(1, 33)))

    async def opener() -> LocalSigner:
        return signer

    app.signers._openers["till"] = opener
    chain = app.chains.find(NETWORK)
    await inspect_chain(app.works, chain, is_forced=True)
    async with app.works.begin(as_merchant(place.house.merchant_id, livemode=False)) as work:
        wallet = await open_wallet(
            work,
            chain,
            signer.public_key,
            "till",
            owner=(place.house.merchant_id, False),
            limits=Limits(fee_max=10**17, carry_min={"usdc": 1}),
            standing=Standing(),
        )
    await place.evm.anvil.ask("anvil_setBalance", wallet.address, hex(10**18))
