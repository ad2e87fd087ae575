"""A whole Sluice beside a real Bitcoin node and ElectrumX, a merchant's wallet, and a payer."""

import asyncio
import hashlib
import http.client
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from embit.bip32 import HDKey
from embit.networks import NETWORKS as EMBIT

from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.egress import Egress
from sluice.base.ids import Ids
from sluice.base.outbox.model import NO_ROUTES
from sluice.base.reach import NODES
from sluice.base.work import Work, Works
from sluice.business.accounts.merchants.edit import receive_with
from sluice.engine.keys.receiving.activate import preview_account
from sluice.engine.keys.receiving.model import Account
from tests.bitcoin.bitcoind import Bitcoind, RpcError, free_port, ready, run_bitcoind
from tests.bitcoin.electrumx import run_electrumx
from tests.house import House, running_house, until
from tests.integration.api.estate import SALE, Api
from tests.integration.bitcoin.hot import Hot

NETWORK: Final = "bitcoin-regtest"
# Two seconds of patience with a payment that is missing, where an operator has ten minutes.
TABLE: Final = """
[bitcoin-regtest]
rpc = ["{rpc}"]
electrum = ["{electrum}"]
agree = 2
block_time_s = 0.4
mempool_patience_s = 2.0
"""

_numbers: Final = itertools.count()


class Shop:
    """A merchant who receives with an account of his wallet, and the node that payers use."""

    def __init__(self, house: House, node: Bitcoind) -> None:
        self.house = house
        self.node = node
        self.merchant = house.merchant()
        self.api = Api(house, self.merchant.sk)
        seed = hashlib.sha512(f"{id(house)}/{next(_numbers)}".encode()).digest()
        root = HDKey.from_seed(seed, version=EMBIT["regtest"]["xprv"])
        self.account = str(root.derive("m/84h/1h/0h").to_public())
        chain = house.app.chains.find(NETWORK)
        first = preview_account(chain, self.account)[0]

        async def receive(work: Work) -> Account:
            return await receive_with(work, chain, self.account, first_address=first)

        house.within(receive, self.merchant.id)

    def asks(self, **more: object) -> dict[str, Any]:
        """Ask for twenty dollars in bitcoin."""
        deposit = {"networks": [NETWORK], "tokens": ["btc"]}
        options = {"crypto": {"mode": "deposit", "deposit_options": deposit}}
        return self.api.post(
            "/v1/payment_intents", {**SALE, "payment_method_options": options, **more}
        )

    def page(self, path: str) -> str:
        """Return a page as a browser gets it."""
        wire = http.client.HTTPConnection("127.0.0.1", self.house.settings.port, timeout=20)
        try:
            wire.request("GET", path)
            return wire.getresponse().read().decode()
        finally:
            wire.close()

    def seen(self, intent: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Return how the transfers of an intent stand."""
        return self.house.sql(
            "SELECT t.units::bigint, t.state FROM transfers t JOIN offers o ON o.id = t.reference "
            "WHERE o.intent_id = %s ORDER BY t.seen_at, t.index",
            intent["id"],
        )

    def stands(self, intent: dict[str, Any], *wanted: tuple[int, str]) -> None:
        """Wait until the transfers of an intent stand like this."""
        until(lambda: self.seen(intent) == list(wanted), f"transfers stand as {wanted}")

    def owed(self) -> int:
        """Return what the books say lies on the network, in satoshis."""
        found = self.house.sql(
            "SELECT balance::bigint FROM ledger_accounts WHERE merchant_id = %s AND kind = %s",
            self.merchant.id,
            f"custody:{NETWORK}",
        )
        return int(found[0][0]) if found else 0

    async def caught_up(self) -> None:
        """Wait until the node's newest block has been followed."""
        best = await self.node.ask("getbestblockhash")
        query = "SELECT 1 FROM chains WHERE network = %s AND hash = %s"
        until(lambda: self.house.sql(query, NETWORK, best), f"block {best} is followed")


def due(intent: dict[str, Any]) -> tuple[str, int]:
    """Return where an intent asks for how much."""
    details = intent["next_action"]["crypto_display_details"]["deposit_addresses"][NETWORK]
    [token] = details["supported_tokens"]
    return details["address"], int(token["expected_amount"])


@pytest.fixture(scope="session")
def peer_port() -> int:
    """Return the port at which the node takes peers."""
    return free_port()


@pytest.fixture(scope="session")
def bitcoind_url(peer_port: int) -> Iterator[str]:
    """Return the URL of the node that the house follows."""
    with run_bitcoind(peer_port=peer_port, options=["-txindex=1"]) as url:
        yield url


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    """Return egress to our own machine."""
    egress = Egress(NODES)
    yield egress
    await egress.close()


@pytest.fixture
async def node(bitcoind_url: str, egress: Egress) -> Bitcoind:
    """Return the node that the house follows, with an empty mempool."""
    return await ready(Bitcoind(bitcoind_url, egress))


@pytest.fixture(scope="session")
def electrum_url(bitcoind_url: str) -> Iterator[str]:
    """Return the URL of ElectrumX beside it."""
    with run_electrumx(bitcoind_url) as url:
        yield url


@pytest.fixture(scope="session")
def house(
    bitcoind_url: str,
    electrum_url: str,
    database_server: str,
    database_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    """Return a running house that follows the node, witnessed by ElectrumX."""
    home: Path = tmp_path_factory.mktemp("bitcoin")
    networks = home / "networks.toml"
    networks.write_text(TABLE.format(rpc=bitcoind_url, electrum=electrum_url))
    with running_house(database_server, database_template, home, networks=str(networks)) as running:
        yield running


@pytest.fixture
async def shop(node: Bitcoind, house: House) -> Shop:
    """Return a shop that is paid in bitcoin."""
    made = Shop(house, node)
    await node.mine()
    await made.caught_up()
    return made


@pytest.fixture
async def other_node(peer_port: int, node: Bitcoind, egress: Egress) -> AsyncIterator[Bitcoind]:
    """Return a second node that has the same blocks, and is cut off from the first."""
    with run_bitcoind(options=[f"-connect=127.0.0.1:{peer_port}"]) as url:
        other = Bitcoind(url, egress)
        await follows(other, node)
        await other.ask("setnetworkactive", False)  # noqa: FBT003 - as the node is asked
        yield other


async def follows(node: Bitcoind, other: Bitcoind) -> None:
    """Wait until a node stands where another does."""
    for _ in range(600):
        try:
            if await node.ask("getbestblockhash") == await other.ask("getbestblockhash"):
                return
        except RpcError:
            pass  # it is still starting
        await asyncio.sleep(0.05)
    raise TimeoutError("the nodes do not find each other")


@pytest.fixture
async def hot(node: Bitcoind, electrum_url: str) -> AsyncIterator[Hot]:
    """Return a wallet with three coins."""
    made = Hot(node, electrum_url)
    await made.fill(150_000, 250_000, 1_000_000)
    yield made
    await made.server.close()


@pytest.fixture
def works(database: Database, clock: ManualClock, ids: Ids) -> Works:
    """Return works that wake nobody."""
    return Works(database, clock, ids, NO_ROUTES, lambda _topics: None)
