"""A whole Sluice beside the development Stacks chain, and people who pay on it."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from typer.testing import CliRunner

from sluice.app.build import open_sealer
from sluice.app.keys import KeyParts, create_key
from sluice.app.settings import Settings
from sluice.base.clock import SystemClock
from sluice.base.egress import Egress
from sluice.base.ids import Ids
from sluice.base.reach import NODES
from sluice.base.work import Work
from sluice.business.accounts.merchants.edit import set_wallet
from sluice.doors.cli.main import app as cli
from tests.house import House, running_house, until
from tests.integration.api.estate import SALE, Api
from tests.stacks.chain import Signer, StacksChain
from tests.stacks.conftest import RICH_SATS, RICH_USTX
from tests.stacks.fixtures import signer, stacks_egress, stacks_url
from tests.stacks.wallets import Wallet

__all__ = ["signer", "stacks_egress", "stacks_url"]

NETWORK: Final = "stacks_development"
SECRET: Final = "a secret of sixteen letters or more"
# A pace so slow that only a wake explains an answer: 5 s.
TABLE: Final = """
[{name}]
api = ["{url}"]
hook_secret = "{secret}"
burn_depth = 1
reorg_max = 12
block_time_s = 60.0
"""


class Shop:
    """A merchant whose wallet is on Stacks, a payer with plenty, and the chain between them."""

    def __init__(self, house: House, chain: StacksChain, payer: Wallet, wallet: Wallet) -> None:
        self.house = house
        self.chain = chain
        self.payer = payer
        self.wallet = wallet
        self.merchant = house.merchant()
        self.api = Api(house, self.merchant.sk)
        network = house.app.chains.find(NETWORK)

        async def set_it(work: Work) -> str:
            return await set_wallet(work, network, wallet.address)

        house.within(set_it, self.merchant.id)

    def asks(self, style: str = "memo", asset: str = "sbtc", **more: object) -> dict[str, Any]:
        """Ask for twenty dollars on Stacks, told apart in this way."""
        deposit = {"networks": [NETWORK], "tokens": [asset], "style": style}
        options = {"crypto": {"mode": "deposit", "deposit_options": deposit}}
        return self.api.post(
            "/v1/payment_intents", {**SALE, "payment_method_options": options, **more}
        )

    async def mine(self, count: int = 1) -> None:
        """Add blocks, and wake whoever follows."""
        await self.chain.mine(count)
        self.wake()

    async def burn(self, count: int = 2) -> None:
        """Let Bitcoin grow, and wake whoever follows."""
        await self.chain.pull("burn", count=count)
        self.wake()

    async def caught_up(self) -> None:
        """Wait until the newest block has been followed."""
        tip = (await self.chain.get("/sim/stats"))["height"]

        def is_there() -> bool:
            self.wake()
            query = "SELECT height FROM chains WHERE network = %s"
            return any(height >= tip for (height,) in self.house.sql(query, NETWORK))

        until(is_there, f"height {tip} is followed")

    def wake(self) -> None:
        """Ring where the loop waits."""
        self.house.call(self._ring())

    async def _ring(self) -> None:
        self.house.app.bell.ring([NETWORK])


def command(shop: Shop, monkeypatch: pytest.MonkeyPatch, *words: str) -> Any:  # noqa: ANN401
    """Run a command with the house's settings."""
    for spec in dataclasses.fields(shop.house.settings):
        if spec.name in {"database_url", "home", "networks", "public_url", "signers"}:
            value = str(getattr(shop.house.settings, spec.name))
            monkeypatch.setenv(f"SLUICE_{spec.name.upper()}", value)
    try:
        return CliRunner().invoke(cli, words)
    finally:
        # A command sends the process's log where the runner listens, and the runner goes.
        shop.house.take_logs()


def due(intent: dict[str, Any]) -> tuple[str, int, str | None]:
    """Return where an intent asks for how much, with which memo."""
    details = intent["next_action"]["crypto_display_details"]["deposit_addresses"][NETWORK]
    [token] = details["supported_tokens"]
    return details["address"], int(token["expected_amount"]), token["memo"]


async def a_signer(home: Path, name: str, secret: bytes) -> str:
    """Write a signers file with a key of this name and return its path."""
    path = home / "signers.toml"
    path.write_text(f'[{name}]\nkind = "file"\npath = "{name}.key"\n')
    ids = Ids(SystemClock())
    sealer = open_sealer(Settings(home=home), ids)
    parts = KeyParts(sealer, ids.bytes, Egress(NODES), SystemClock())
    await create_key(str(path), name, parts, secret=secret)
    return str(path)


@pytest.fixture
async def payer(stacks_url: str, stacks_egress: Egress, signer: Signer) -> Wallet:
    """Return somebody with plenty, on a chain that starts anew."""
    chain = StacksChain(stacks_url, stacks_egress)
    wallet = await Wallet.of(1, chain, signer)
    rich = wallet.address
    await chain.pull("reset", stx={rich: str(RICH_USTX)}, sbtc={rich: str(RICH_SATS)})
    return wallet


@pytest.fixture
async def till(payer: Wallet) -> Wallet:
    """Return the merchant's wallet."""
    return await Wallet.of(2, payer.chain, payer.signer)


@pytest.fixture
def table(payer: Wallet) -> str:
    """Return the networks file."""
    return TABLE.format(name=NETWORK, url=payer.chain.url, secret=SECRET)


@pytest.fixture
async def changes() -> dict[str, Any]:
    """Return what else the house's settings say."""
    return {}


@pytest.fixture
def house(
    table: str,
    changes: dict[str, Any],
    database_server: str,
    database_template: str,
    tmp_path: Path,
) -> Iterator[House]:
    """Return a running house that follows the chain from its first block."""
    networks = tmp_path / "networks.toml"
    networks.write_text(table)
    with running_house(
        database_server, database_template, tmp_path, networks=str(networks), **changes
    ) as running:
        yield running


@pytest.fixture
def shop(house: House, payer: Wallet, till: Wallet) -> Shop:
    """Return a shop that is paid on Stacks."""
    return Shop(house, payer.chain, payer, till)
