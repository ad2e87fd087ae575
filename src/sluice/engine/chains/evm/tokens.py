"""The networks and tokens we know, and how sure we want to be on each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from sluice.base.errors import Invalid
from sluice.base.money.catalogue import find_asset
from sluice.engine.chains.model import FINALIZED, Finality, Network, Style, Tier


@dataclass(frozen=True, slots=True)
class Step:
    """Up to so many whole coins (None: no limit) this depth (0: finalised), or the stalled one."""

    whole_max: int | None
    depth: int
    depth_stalled: int | None = None


@dataclass(frozen=True, slots=True)
class EvmChain:
    """One network's facts: what does not depend on who runs Sluice.

    `lookalikes` are tokens that people confuse with ours; they are seen, never taken for ours.
    Without `steps`, `depth` is enough for up to a thousand whole coins.
    """

    chain_id: int
    name: str
    title: str
    block_time_s: float
    depth: int  # blocks on top at which a usual amount counts as paid
    reorg_max: int
    explorer_tx: str | None
    tokens: Mapping[str, str]  # asset code -> contract
    lookalikes: Sequence[str] = field(default=())
    steps: Sequence[Step] = field(default=())
    livemode: bool = True


# Contracts as named by the issuers: developers.circle.com/stablecoins/usdc-contract-addresses and
# the token list of Uniswap. `tokens.json` of the vectors names each source.
ETHEREUM: Final = EvmChain(
    chain_id=1,
    name="ethereum",
    title="Ethereum",
    block_time_s=12.0,
    depth=12,
    # Two epochs: what has not been finalised by then waits for a person.
    reorg_max=64,
    steps=(Step(100, 3), Step(1_000, 12), Step(None, FINALIZED)),
    explorer_tx="https://etherscan.io/tx/{tx_id}",
    tokens=MappingProxyType(
        {
            "usdc": "0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48",
            "usdt": "0xdac17f958d2ee523a2206206994597c13d831ec7",
        }
    ),
)
POLYGON: Final = EvmChain(
    chain_id=137,
    name="polygon",
    title="Polygon",
    block_time_s=2.0,
    depth=64,
    # Milestones rewind at most 255 blocks (PIP-11).
    reorg_max=256,
    # Finalised in seconds; when milestones stall (September 2025: up to 15 minutes), small amounts
    # count by depth: 64 blocks are two minutes, 256 are eight and a half.
    steps=(Step(100, FINALIZED, 64), Step(1_000, FINALIZED, 256), Step(None, FINALIZED)),
    explorer_tx="https://polygonscan.com/tx/{tx_id}",
    tokens=MappingProxyType(
        {
            "usdc": "0x3c499c542cef5e3811e1192ce70d8cc03d5c3359",
            # Tether's, since August 2025 under the name USDT0 at the same address.
            "usdt": "0xc2132d05d31c914a87c6611c10748aeb04b58e8f",
        }
    ),
    # USDC.e, bridged: another asset, which Circle does not take back since November 2023.
    lookalikes=("0x2791bca1f2de4661ed88a30c99a7a9449aa84174",),
)
# Rollups: one sequencer orders blocks, and `finalized` is what their base network has made final. A
# small amount counts ten seconds after the sequencer's word.
BASE: Final = EvmChain(
    chain_id=8453,
    name="base",
    title="Base",
    block_time_s=2.0,
    depth=5,
    reorg_max=900,
    steps=(Step(100, 5), Step(None, FINALIZED)),
    explorer_tx="https://basescan.org/tx/{tx_id}",
    tokens=MappingProxyType({"usdc": "0x833589fcd6edb6e08f4c7c32d4f71b54bda02913"}),
    # USDbC, bridged.
    lookalikes=("0xd9aaec86b65d86f6a7b5b1b0c42ffa531710b6ca",),
)
ARBITRUM: Final = EvmChain(
    chain_id=42161,
    name="arbitrum",
    title="Arbitrum One",
    block_time_s=0.25,
    depth=40,
    reorg_max=7_200,
    steps=(Step(100, 40), Step(None, FINALIZED)),
    explorer_tx="https://arbiscan.io/tx/{tx_id}",
    tokens=MappingProxyType(
        {
            "usdc": "0xaf88d065e77c8cc2239327c5edb3a432268e5831",
            # USDT0.
            "usdt": "0xfd086bc7cd5c481dcc9c85ebe478a1c0b69fcbb9",
        }
    ),
    # USDC.e, bridged.
    lookalikes=("0xff970a61a04b1ca14834a43f5de4533ebddb5cc8",),
)
OPTIMISM: Final = EvmChain(
    chain_id=10,
    name="optimism",
    title="OP Mainnet",
    block_time_s=2.0,
    depth=5,
    reorg_max=900,
    steps=(Step(100, 5), Step(None, FINALIZED)),
    explorer_tx="https://optimistic.etherscan.io/tx/{tx_id}",
    tokens=MappingProxyType(
        {
            "usdc": "0x0b2c639c533813f4aa9d7837caf62653d097ff85",
            # USDT0; Tether's older token is a lookalike now.
            "usdt": "0x01bff41798a0bcf287b996046ca68b395dbc1071",
        }
    ),
    lookalikes=("0x94b008aa00579c1307b0ef2c499ad98a8ce58e58",),
)
AVALANCHE: Final = EvmChain(
    chain_id=43114,
    name="avalanche",
    title="Avalanche C-Chain",
    block_time_s=2.0,
    depth=12,
    # Accepted blocks are final; a node that says otherwise waits for a person soon.
    reorg_max=64,
    steps=(Step(None, FINALIZED),),
    explorer_tx="https://snowtrace.io/tx/{tx_id}",
    tokens=MappingProxyType(
        {
            "usdc": "0xb97ef9ef8734c71904d8002f8b6bc66dd9c48a6e",
            "usdt": "0x9702230a8ea53601f5cd2dc00fdbc13d4df4a8c7",
        }
    ),
)
KNOWN: Final[Mapping[str, EvmChain]] = MappingProxyType(
    {chain.name: chain for chain in (ETHEREUM, POLYGON, BASE, ARBITRUM, OPTIMISM, AVALANCHE)}
)

# The confirmations that earlier gateways asked for, by the name of where the number comes from.
PRESETS: Final[Mapping[str, int]] = MappingProxyType(
    {"s3-strategy": 64, "s3-verify": 12, "s3-flow": 3, "sgate": 1}
)

# Larger payments wait for the network's own word; in whole units of a stablecoin.
WHOLE_MAX: Final = 1_000
# Less than a thousandth of a coin at an address is not taken for a payment.
DUST_PART: Final = 1_000
# More than this is read a second time before it counts.
DOUBT_WHOLE: Final = 100


def evm_network(
    chain: EvmChain,
    *,
    preset: str | None = None,
    assets: Sequence[str] | None = None,
    whole_max: int | None = None,
    doubt_whole: int | None = None,
) -> Network:
    """Build the network, with its usual finality or a named preset's depth for every amount.

    With `doubt_whole` more whole coins than that count only when `Chain.reread` has confirmed them.
    """
    carried = tuple(chain.tokens) if assets is None else tuple(assets)
    for asset in carried:
        if asset not in chain.tokens:
            raise Invalid(f"{chain.title} carries no {asset.upper()}.", code="asset_not_on_network")
    tokens = {asset: chain.tokens[asset].lower() for asset in carried}
    strangers = {f"unknown:{token.lower()}": token.lower() for token in chain.lookalikes}
    tiers = _tiers(_steps(chain, preset, whole_max), carried)
    doubts = {asset: doubt_whole * find_asset(asset).scale for asset in carried if doubt_whole}
    return Network(
        name=chain.name,
        title=chain.title,
        livemode=chain.livemode,
        assets=carried,
        finality=Finality(chain.reorg_max, tiers, doubts),
        block_time_s=chain.block_time_s,
        styles=(Style.ADDRESS, Style.MEMO, Style.AMOUNT, Style.WALLET),
        explorer_tx=chain.explorer_tx,
        tokens=tokens | strangers,
        dust={asset: find_asset(asset).scale // DUST_PART for asset in carried},
    )


def _steps(chain: EvmChain, preset: str | None, whole_max: int | None) -> Sequence[Step]:
    if preset is not None:
        depth = PRESETS.get(preset)
        if depth is None:
            raise Invalid(
                f"Unknown preset; use one of {', '.join(PRESETS)}.", code="parameter_invalid_enum"
            )
        return (Step(None, depth),)
    if chain.steps and whole_max is None:
        return chain.steps
    return (Step(whole_max or WHOLE_MAX, chain.depth), Step(None, FINALIZED))


def _tiers(steps: Sequence[Step], assets: Sequence[str]) -> dict[str, Sequence[Tier]]:
    rest: dict[str, Sequence[Tier]] = {"*": (Tier(None, FINALIZED),)}
    return rest | {
        asset: tuple(
            Tier(
                None if step.whole_max is None else step.whole_max * find_asset(asset).scale,
                step.depth,
                step.depth_stalled,
            )
            for step in steps
        )
        for asset in assets
    }
