"""Fixtures of the development Stacks chain; a suite that wants them imports them by name."""

from collections.abc import AsyncIterator, Iterator

import pytest

from sluice.base.egress import Egress
from sluice.base.reach import NODES
from tests.absent import absent
from tests.stacks.chain import Signer, StacksChain, run_chain, run_signer, why_not


@pytest.fixture(scope="session")
def stacks_url() -> Iterator[str]:
    """Return the URL of a running chain; without node the test is skipped and says so."""
    reason = why_not()
    if reason:
        absent(reason)
    with run_chain() as url:
        yield url


@pytest.fixture(scope="session")
def signer(stacks_url: str) -> Iterator[Signer]:  # noqa: ARG001 - its packages are installed
    """Return a signer of transactions."""
    with run_signer() as running:
        yield running


@pytest.fixture
async def stacks_egress() -> AsyncIterator[Egress]:
    """Return egress to our own machine."""
    egress = Egress(NODES)
    yield egress
    await egress.close()


@pytest.fixture
async def stacks(stacks_url: str, stacks_egress: Egress) -> StacksChain:
    """Return the chain, emptied: nobody holds anything but its faucet."""
    chain = StacksChain(stacks_url, stacks_egress)
    await chain.pull("reset")
    return chain
