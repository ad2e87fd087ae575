"""The networks of the contract suite, each fresh for every test."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Final

import pytest

from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.egress import Egress
from sluice.base.ids import Ids
from sluice.base.reach import NODES
from sluice.engine.chains.bitcoin.electrum import Electrum
from sluice.engine.chains.bitcoin.nets import REGTEST
from sluice.engine.chains.bitcoin.witnessed import WitnessedReader
from sluice.engine.chains.quorum import QuorumReader
from tests.bitcoin.bitcoind import Bitcoind, ready, run_bitcoind
from tests.bitcoin.electrumx import run_electrumx
from tests.contract.anvil import Anvil, compile_contracts, install, run_anvil
from tests.contract.bitcoin_under_test import BitcoinUnderTest, WithPatience
from tests.contract.chain_under_test import ChainUnderTest, WithReader
from tests.contract.evm_under_test import EvmUnderTest
from tests.contract.proxy import LyingProxy
from tests.contract.sandbox_under_test import SandboxUnderTest
from tests.contract.stacks_under_test import StacksUnderTest
from tests.stacks.chain import Signer, StacksChain
from tests.stacks.fixtures import signer, stacks_egress, stacks_url

__all__ = ["signer", "stacks_egress", "stacks_url"]

NETWORKS: Final = (
    "bitcoin",
    "bitcoin_quorum",
    "evm",
    "evm_quorum",
    "sandbox",
    "sandbox_quorum",
    "stacks",
    "stacks_quorum",
)


@pytest.fixture(scope="session")
def contract_codes() -> Mapping[str, str]:
    """Return the creation code of our contracts."""
    install()
    return compile_contracts()


@pytest.fixture(scope="session")
def anvil_url(contract_codes: Mapping[str, str]) -> Iterator[str]:  # noqa: ARG001 - installed
    """Return the URL of a running node that mines when told to."""
    with run_anvil() as url:
        yield url


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    """Return egress to our own machine."""
    egress = Egress(NODES)
    yield egress
    await egress.close()


@pytest.fixture(scope="session")
def bitcoind_url() -> Iterator[str]:
    """Return the URL of a node that relays even the smallest amounts."""
    with run_bitcoind(options=["-dustrelayfee=0", "-txindex=1"]) as url:
        yield url


@pytest.fixture(scope="session")
def electrum_url(bitcoind_url: str) -> Iterator[str]:
    """Return the URL of ElectrumX beside that node."""
    with run_electrumx(bitcoind_url) as url:
        yield url


@pytest.fixture
async def bitcoin(bitcoind_url: str, egress: Egress) -> BitcoinUnderTest:
    """Return a real node on regtest with an empty mempool."""
    return BitcoinUnderTest(await ready(Bitcoind(bitcoind_url, egress)))


@pytest.fixture
async def bitcoin_quorum(
    bitcoin: BitcoinUnderTest, electrum_url: str, clock: ManualClock
) -> AsyncIterator[ChainUnderTest]:
    """Return the same network, read twice from the node, and witnessed by ElectrumX."""
    readers = [bitcoin.reader_at(bitcoin.node.url) for _ in range(2)]
    witness = Electrum(electrum_url)
    quorum = QuorumReader(readers, 2, clock)
    made = WithPatience(bitcoin, WitnessedReader(quorum, [witness], 1, REGTEST), witness)
    await made.caught_up()
    yield made
    await witness.close()


@pytest.fixture
async def evm(
    anvil_url: str, egress: Egress, clock: ManualClock, contract_codes: Mapping[str, str]
) -> EvmUnderTest:
    """Return an emptied node with our tokens on it."""
    return await EvmUnderTest.deploy(Anvil(anvil_url, egress), clock, contract_codes)


@pytest.fixture
async def proxies(evm: EvmUnderTest) -> AsyncIterator[list[LyingProxy]]:
    """Return three honest proxies before the node; a test makes them lie."""
    started = [LyingProxy(evm.anvil) for _ in range(3)]
    for proxy in started:
        await proxy.start()
    yield started
    for proxy in started:
        await proxy.stop()


@pytest.fixture
def evm_quorum(evm: EvmUnderTest, clock: ManualClock) -> ChainUnderTest:
    """Return the same network, read by three of which two must agree."""
    readers = [evm.reader_at(evm.anvil.url) for _ in range(3)]
    return WithReader(evm, QuorumReader(readers, 2, clock))


@pytest.fixture
async def stacks(
    stacks_url: str, stacks_egress: Egress, signer: Signer, clock: ManualClock
) -> StacksUnderTest:
    """Return the development Stacks chain, started anew with our tokens on it."""
    return await StacksUnderTest.deploy(StacksChain(stacks_url, stacks_egress), signer, clock)


@pytest.fixture
def stacks_quorum(stacks: StacksUnderTest, clock: ManualClock) -> ChainUnderTest:
    """Return the same network, read through three providers of which two must agree."""
    readers = [stacks.reader_at(stacks.chain.provider(name).url) for name in "abc"]
    return WithReader(stacks, QuorumReader(readers, 2, clock))


@pytest.fixture
def sandbox_quorum(sandbox: SandboxUnderTest, clock: ManualClock) -> ChainUnderTest:
    """Return the sandbox, read through three providers of which two must agree."""
    readers = [sandbox.reader_of(provider) for provider in "abc"]
    return WithReader(sandbox, QuorumReader(readers, 2, clock))


@pytest.fixture(params=NETWORKS)
def chain(request: pytest.FixtureRequest) -> ChainUnderTest:
    """Return each network in turn, read by one and by several, holding a few blocks."""
    made: ChainUnderTest = request.getfixturevalue(request.param)
    return made


@pytest.fixture
async def sandbox(database: Database, clock: ManualClock, ids: Ids) -> SandboxUnderTest:
    """Return an empty sandbox with a few blocks."""
    made = SandboxUnderTest(database, clock, ids)
    await made.mine(2)
    return made
