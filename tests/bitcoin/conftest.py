"""A real node for every test that asks: one process, its chain growing from test to test."""

from collections.abc import AsyncIterator, Iterator

import pytest

from sluice.base.egress import Egress
from sluice.base.reach import NODES
from tests.bitcoin.bitcoind import Bitcoind, ready, run_bitcoind


@pytest.fixture(scope="session")
def bitcoind_url() -> Iterator[str]:
    """Return the URL of a running node."""
    with run_bitcoind(options=["-txindex=1"]) as url:
        yield url


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    """Return egress to our own machine."""
    egress = Egress(NODES)
    yield egress
    await egress.close()


@pytest.fixture
async def bitcoind(bitcoind_url: str, egress: Egress) -> Bitcoind:
    """Return the node, ready, with an empty mempool."""
    return await ready(Bitcoind(bitcoind_url, egress))
