"""The networks and tokens we know, and how sure we want to be on each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from sluice.base.errors import Invalid
from sluice.base.money.catalogue import find_asset
from sluice.engine.chains.model import FINALIZED, Finality, Network, Style, Tier


@dataclass(frozen=True, slots=True)
class EvmChain:
    """One network's facts: what does not depend on who runs Sluice.

    `lookalikes` are tokens that people confuse with ours; they are seen, never taken for ours.
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
KNOWN: Final[Mapping[str, EvmChain]] = MappingProxyType(
    {chain.name: chain for chain in (ETHEREUM, POLYGON)}
)

# The confirmations that earlier gateways asked for, by the name of where the number comes from.
PRESETS: Final[Mapping[str, int]] = MappingProxyType(
    {"s3-strategy": 64, "s3-verify": 12, "s3-flow": 3, "sgate": 1}
)

# Larger payments wait for the network's own word; in whole units of a stablecoin.
WHOLE_MAX: Final = 1_000


def evm_network(
    chain: EvmChain,
    *,
    preset: str | None = None,
    assets: Sequence[str] | None = None,
    whole_max: int = WHOLE_MAX,
) -> Network:
    """Build the network, with its usual finality or a named preset's depth for every amount."""
    carried = tuple(chain.tokens) if assets is None else tuple(assets)
    for asset in carried:
        if asset not in chain.tokens:
            raise Invalid(f"{chain.title} carries no {asset.upper()}.", code="asset_not_on_network")
    tokens = {asset: chain.tokens[asset].lower() for asset in carried}
    strangers = {f"unknown:{token.lower()}": token.lower() for token in chain.lookalikes}
    return Network(
        name=chain.name,
        title=chain.title,
        livemode=chain.livemode,
        assets=carried,
        finality=Finality(chain.reorg_max, _tiers(chain, carried, preset, whole_max)),
        block_time_s=chain.block_time_s,
        styles=(Style.MEMO, Style.AMOUNT, Style.WALLET),
        explorer_tx=chain.explorer_tx,
        tokens=tokens | strangers,
    )


def _tiers(
    chain: EvmChain, assets: Sequence[str], preset: str | None, whole_max: int
) -> dict[str, Sequence[Tier]]:
    rest: dict[str, Sequence[Tier]] = {"*": (Tier(None, FINALIZED),)}
    if preset is None:
        return rest | {
            asset: (Tier(whole_max * find_asset(asset).scale, chain.depth), Tier(None, FINALIZED))
            for asset in assets
        }
    depth = PRESETS.get(preset)
    if depth is None:
        raise Invalid(
            f"Unknown preset; use one of {', '.join(PRESETS)}.", code="parameter_invalid_enum"
        )
    return rest | {asset: (Tier(None, depth),) for asset in assets}
