"""The sandbox as a configured network."""

from typing import Final

from sluice.engine.chains.model import Finality, Network, Style, Tier
from sluice.engine.chains.sandbox.model import ASSETS, NAME

BLOCK_TIME_S: Final = 2.0


def sandbox_network(
    *, depth: int = 3, reorg_max: int = 6, block_time_s: float = BLOCK_TIME_S
) -> Network:
    """Return the sandbox with one tier for every asset; depth 0 waits for the finalised height."""
    return Network(
        name=NAME,
        title="Sandbox",
        livemode=False,
        assets=ASSETS,
        finality=Finality(reorg_max=reorg_max, tiers={"*": (Tier(up_to=None, depth=depth),)}),
        block_time_s=block_time_s,
        styles=(Style.ADDRESS, Style.MEMO, Style.AMOUNT),
    )
