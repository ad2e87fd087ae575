"""The development Stacks chain, and people who hold something on it."""

import pytest

from tests.stacks.chain import Signer, StacksChain
from tests.stacks.fixtures import signer, stacks, stacks_egress, stacks_url
from tests.stacks.wallets import Wallet

__all__ = ["signer", "stacks", "stacks_egress", "stacks_url"]

RICH_USTX = 1_000_000_000_000
RICH_SATS = 500_000_000


@pytest.fixture
async def payer(stacks: StacksChain, signer: Signer) -> Wallet:
    """Return somebody with plenty of STX and sBTC, on a chain started anew for them."""
    wallet = await Wallet.of(1, stacks, signer)
    await stacks.pull(
        "reset",
        stx={wallet.address: str(RICH_USTX)},
        sbtc={wallet.address: str(RICH_SATS)},
    )
    return wallet


@pytest.fixture
async def shop(stacks: StacksChain, signer: Signer) -> Wallet:
    """Return somebody who holds nothing."""
    return await Wallet.of(2, stacks, signer)
