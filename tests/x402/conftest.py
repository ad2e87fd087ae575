"""A house that settles on a real node: Base's chain id, our own token where Circle's is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.anvil import compile_contracts, install, run_anvil
from tests.house import House, Merchant, running_house, until
from tests.x402.base import CHAIN_ID, TOKEN, Base, make_base
from tests.x402.relay import Relay, running_relay
from tests.x402.seller import Seller

NETWORK = """
[base]
rpc = ["{url}"]
chain_id = {chain_id}
title = "Base (development node)"
livemode = false
depth = 2
reorg_max = 8
block_time_s = 1.0
tokens = {{ usdc = "{token}" }}
"""


@pytest.fixture(scope="session")
def base() -> Iterator[Base]:
    """Return the chain, with a token and a payer who holds some."""
    install()
    codes = compile_contracts()
    with run_anvil(chain_id=CHAIN_ID, block_time_s=1) as url:
        yield make_base(url, codes["UsdcLike"])


@pytest.fixture(scope="session")
def relay(base: Base) -> Iterator[Relay]:
    """Return whoever brings payments to the chain for the house."""
    with running_relay(base) as running:
        yield running


@pytest.fixture(scope="session")
def house(
    base: Base,
    relay: Relay,
    database_server: str,
    database_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    """Return a running house that serves the chain."""
    home: Path = tmp_path_factory.mktemp("x402")
    networks = home / "networks.toml"
    networks.write_text(NETWORK.format(url=base.url, chain_id=CHAIN_ID, token=TOKEN))
    with running_house(
        database_server,
        database_template,
        home,
        networks=str(networks),
        x402_facilitator=relay.url,
    ) as running:
        looked = "SELECT 1 FROM chain_checks WHERE network = 'base' AND is_right"
        until(lambda: running.sql(looked), "the token was looked at")
        yield running


@pytest.fixture
def merchant(house: House) -> Merchant:
    """Return a merchant; each test gives him a wallet of his own."""
    return house.merchant()


@pytest.fixture
def seller(house: House, merchant: Merchant) -> Seller:
    """Return a merchant with a wallet."""
    return Seller(house, merchant)


@pytest.fixture(autouse=True)
def _impatient(house: House) -> None:
    """Let nobody wait as long for a word that is never brought as production does."""
    object.__setattr__(house.app.facilitator, "patience_s", 8)
