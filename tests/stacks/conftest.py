"""The development Stacks chain, and people who hold something on it."""

import pytest

from sluice.base.egress import Egress
from tests.stacks.chain import Signer, StacksChain
from tests.stacks.fixtures import signer, stacks_egress, stacks_url
from tests.stacks.wallets import Wallet

__all__ = ["signer", "stacks_egress", "stacks_url"]

RICH_USTX = 1_000_000_000_000
RICH_SATS = 500_000_000


@pytest.fixture
async def stacks(stacks_url: str, stacks_egress: Egress, signer: Signer) -> StacksChain:
    """Return the chain started anew, on which the payer holds plenty of STX and sBTC."""
    chain = StacksChain(stacks_url, stacks_egress)
    rich = (await Wallet.of(1, chain, signer)).address
    await chain.pull("reset", stx={rich: str(RICH_USTX)}, sbtc={rich: str(RICH_SATS)})
    return chain


@pytest.fixture
async def payer(stacks: StacksChain, signer: Signer) -> Wallet:
    """Return somebody with plenty."""
    return await Wallet.of(1, stacks, signer)


@pytest.fixture
async def shop(stacks: StacksChain, signer: Signer) -> Wallet:
    """Return somebody who holds nothing."""
    return await Wallet.of(2, stacks, signer)
