"""A whole Sluice that serves a real Ethereum node, with the deposit contracts within reach."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from sluice.base.clock import SystemClock
from sluice.base.egress import Egress
from sluice.base.reach import NODES
from sluice.business.accounts.merchants.edit import set_wallet
from sluice.engine.watcher.checks import inspect_chain
from tests.contract.anvil import Anvil, compile_contracts, install, run_anvil
from tests.contract.deposits_under_test import DepositsUnderTest
from tests.contract.evm_under_test import EvmUnderTest
from tests.house import House, Merchant, running_house, until
from tests.integration.api.estate import Api

NETWORK: Final = "ethereum"
TABLE: Final = """
[ethereum]
rpc = ["{url}"]
livemode = false
block_time_s = 0.2
deposits = true
lookalikes = ["{fake}"]
tokens = {{ usdc = "{usdc}", usdt = "{usdt}" }}
signing = {{ usdc = {{ name = "USD Coin", version = "2" }} }}
"""


class Street:
    """One node and one house; every question to the node is asked in a loop of its own."""

    def __init__(self, url: str, codes: Mapping[str, str]) -> None:
        self._url = url
        self._codes = codes
        self.house: House
        self.contracts: Mapping[str, str] = {}
        self.contracts = self.on(_contracts)
        self.tokens: Mapping[str, str] = self.on(_tokens)

    def on(self, act: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever the act returns
        """Do something on the node."""

        async def run() -> Any:  # noqa: ANN401
            egress = Egress(NODES)
            try:
                anvil = Anvil(self._url, egress)
                accounts = await anvil.ask("eth_accounts")
                if not self.contracts:
                    evm = await EvmUnderTest.deploy(anvil, SystemClock(), self._codes)
                else:
                    evm = EvmUnderTest(anvil, SystemClock(), accounts, self.contracts)
                return await act(evm, **kwargs)
            finally:
                await egress.close()

        return asyncio.run(run())

    def deploy(self) -> None:
        """Put the deposit contracts on the network, and let the house look."""
        self.on(_deploy)
        self.inspect()

    def inspect(self) -> None:
        """Let the house look at the network's contracts."""
        chain = self.house.app.chains.find(NETWORK)
        self.house.call(inspect_chain(self.house.app.works, chain, is_forced=True))

    def mine(self, count: int = 1) -> None:
        """Add blocks."""
        self.on(_mine, count=count)

    def pay(self, to: str, units: int, *, asset: str = "usdc", memo: str | None = None) -> str:
        """Send a transfer and mine it."""
        tx_id: str = self.on(_pay, to=to, units=units, asset=asset, memo=memo)
        return tx_id

    def held(self, asset: str, address: str) -> int:
        """Return what an address has."""
        units: int = self.on(_held, asset=asset, address=address)
        return units

    def sweep(self, asset: str, destination: str, payments: list[str]) -> None:
        """Sweep as a stranger."""
        self.on(_sweep, asset=asset, destination=destination, payments=payments)

    def followed(self) -> None:
        """Wait until the house has followed the newest block and booked what was in it."""
        height = self.on(_height)
        reached = "SELECT 1 FROM chains WHERE network = %s AND height >= %s"
        until(lambda: self.house.sql(reached, NETWORK, height), f"block {height} is followed")
        until(lambda: not self.house.sql("SELECT 1 FROM reactions LIMIT 1"), "all is booked")

    def merchant(self, wallet: str) -> Merchant:
        """Make a merchant with a wallet on the network."""
        merchant = self.house.merchant()
        self.move(merchant, wallet)
        return merchant

    def move(self, merchant: Merchant, wallet: str) -> None:
        """Change where a merchant is paid."""
        chain = self.house.app.chains.find(NETWORK)
        self.house.within(lambda work: set_wallet(work, chain, wallet), merchant.id)

    def api(self, merchant: Merchant) -> Api:
        """Return the merchant's hand on the API."""
        return Api(self.house, merchant.sk)


def way(intent: dict[str, Any], asset: str = "usdc") -> tuple[str, int, dict[str, Any]]:
    """Return where an intent asks for how much of an asset, and all it says of the token."""
    details = intent["next_action"]["crypto_display_details"]["deposit_addresses"][NETWORK]
    [token] = [one for one in details["supported_tokens"] if one["token_currency"] == asset]
    return details["address"].lower(), int(token["expected_amount"]), token


async def _tokens(evm: EvmUnderTest) -> Mapping[str, str]:
    return evm.chain.tokens


async def _contracts(evm: EvmUnderTest) -> Mapping[str, str]:
    return evm.contracts


async def _deploy(evm: EvmUnderTest) -> None:
    await DepositsUnderTest.deploy(evm)


async def _mine(evm: EvmUnderTest, count: int) -> None:
    await evm.mine(count)


async def _pay(evm: EvmUnderTest, to: str, units: int, asset: str, memo: str | None) -> str:
    tx_id = await evm.pay(to, units, asset=asset, memo=memo)
    await evm.mine()
    return tx_id


async def _height(evm: EvmUnderTest) -> int:
    return await evm.height()


async def _held(evm: EvmUnderTest, asset: str, address: str) -> int:
    return await DepositsUnderTest(evm).held(evm.chain.tokens[asset], address)


async def _sweep(evm: EvmUnderTest, asset: str, destination: str, payments: list[str]) -> None:
    receipt = await DepositsUnderTest(evm).sweep(evm.chain.tokens[asset], destination, payments)
    assert receipt["status"] == "0x1"


@pytest.fixture
def street(database_server: str, database_template: str, tmp_path: Path) -> Iterator[Street]:
    """Return a running house that follows a fresh node."""
    install()
    with run_anvil() as url:
        made = Street(url, compile_contracts())
        networks = tmp_path / "networks.toml"
        networks.write_text(
            TABLE.format(
                url=url,
                usdc=made.tokens["usdc"],
                usdt=made.tokens["usdt"],
                fake=made.contracts["FakeToken"],
            )
        )
        with running_house(
            database_server, database_template, tmp_path, networks=str(networks)
        ) as made.house:
            made.mine(3)
            yield made
