"""A real node for every test that asks: one process, its chain growing from test to test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Final

import pytest

from sluice.base.egress import Egress
from sluice.base.reach import NODES
from tests.bitcoin.bitcoind import Bitcoind, RpcError, run_bitcoind

_WARM_UP_TRIES: Final = 200


@pytest.fixture(scope="session")
def bitcoind_url() -> Iterator[str]:
    """Return the URL of a running node."""
    with run_bitcoind() as url:
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
    node = Bitcoind(bitcoind_url, egress)
    for _ in range(_WARM_UP_TRIES):
        try:
            await node.ask("getblockcount")
            break
        except RpcError:
            await asyncio.sleep(0.02)
    await node.start()
    if await node.ask("getrawmempool"):
        await node.mine()
    return node
