"""Bitcoin as a configured network: how deep a payment must lie, by its size."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sluice.engine.chains.bitcoin.amounts import SATS_PER_BTC
from sluice.engine.chains.bitcoin.nets import Net
from sluice.engine.chains.model import Finality, Network, Style, Tier

BLOCK_TIME_S: Final = 600.0
# What our node no longer has was replaced, evicted, or is in conflict with what was mined. It
# counts again as soon as it is back, in the mempool or in a block.
MEMPOOL_PATIENCE_S: Final = 600.0
REORG_MAX: Final = 6
# One confirmation up to a hundredth of a bitcoin, three up to a quarter, six above.
TIERS: Final = (
    Tier(SATS_PER_BTC // 100, 1),
    Tier(SATS_PER_BTC // 4, 3),
    Tier(None, 6),
)
_EXPLORERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "mainnet": "https://mempool.space/tx/{tx_id}",
        "testnet": "https://mempool.space/testnet4/tx/{tx_id}",
        "signet": "https://mempool.space/signet/tx/{tx_id}",
    }
)


def bitcoin_network(net: Net) -> Network:
    """Return the network with its usual finality: an address of its own for every payment."""
    return Network(
        name="bitcoin" if net.is_main else f"bitcoin-{net.name}",
        title="Bitcoin" if net.is_main else f"Bitcoin {net.name}",
        livemode=net.is_main,
        assets=("btc",),
        finality=Finality(REORG_MAX, {"*": TIERS}),
        block_time_s=BLOCK_TIME_S,
        styles=(Style.ADDRESS,),
        explorer_tx=_EXPLORERS.get(net.name),
        mempool_patience_s=MEMPOOL_PATIENCE_S,
    )
