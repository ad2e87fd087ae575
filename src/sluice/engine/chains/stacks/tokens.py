"""The Stacks networks and tokens we know, and how sure we want to be on each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, NamedTuple

from sluice.base.errors import Invalid
from sluice.base.money.catalogue import find_asset
from sluice.engine.chains.model import FINALIZED, Finality, Network, Style, Tier, anchored
from sluice.engine.chains.stacks.principals import Asset, parse_asset

STX: Final = "stx"


class TokenName(NamedTuple):
    """How a token's own contract calls it; capitals make no difference."""

    symbol: str
    name: str


@dataclass(frozen=True, slots=True)
class StacksChain:
    """One network's facts: what does not depend on who runs Sluice.

    `burn_depth` and the others of that name count Bitcoin blocks, all others Stacks blocks. By
    asset, `soft_max` names the units up to which a payment counts after `soft_depth` Stacks blocks
    already, before Bitcoin has any of them; up to `small_max` it takes `small_burn_depth` Bitcoin
    blocks, above `large_over` as many as `large_burn_depth`, and else `burn_depth`. `lookalikes`
    are tokens that people confuse with ours; they are seen, never taken for ours. `names` are
    those of tokens that call themselves otherwise than the catalogue does.
    """

    chain_id: int
    name: str
    title: str
    tokens: Mapping[str, str]  # asset code -> ADDRESS.contract::asset; STX needs none
    lookalikes: Sequence[str] = ()
    names: Mapping[str, TokenName] = field(default_factory=dict)
    block_time_s: float = 8.0
    burn_depth: int = 3
    small_max: Mapping[str, int] = field(default_factory=dict)
    small_burn_depth: int = 1
    large_over: Mapping[str, int] = field(default_factory=dict)
    large_burn_depth: int = 6
    soft_max: Mapping[str, int] = field(default_factory=dict)
    soft_depth: int = 1
    # Some three Bitcoin blocks: only a fork of Bitcoin takes Stacks blocks back.
    reorg_max: int = 300
    explorer_tx: str | None = None
    livemode: bool = True


# Asset identifiers as the issuers and the sBTC repository name them; `check` asks the network.
MAINNET: Final = StacksChain(
    chain_id=1,
    name="stacks",
    title="Stacks",
    tokens=MappingProxyType(
        {
            "sbtc": "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token::sbtc-token",
            # Circle's, through xReserve: another asset than USDC on Ethereum.
            "usdcx": "SP120SBRBQJ00MCWS7TM5R8WJNTTKD5K0HFRC2CNE.usdcx::usdcx-token",
        }
    ),
    # Bridged dollars of others: Allbridge's aeUSDC and Alex' sUSDT. And sBTC that is locked for a
    # withdrawal, which is a token of the same contract.
    lookalikes=(
        "SP3Y2ZSH8P7D50B0VBTSX11S7XSG24M1VB9YFQA4K.token-aeusdc::aeUSDC",
        "SP2XD7417HGPRTREMKF748VNEQPDRR0RMANB7X1NK.token-susdt::bridged-usdt",
        "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token::sbtc-token-locked",
    ),
    explorer_tx="https://explorer.hiro.so/txid/{tx_id}?chain=mainnet",
    # A hundred dollars or so, and ten thousand.
    small_max=MappingProxyType({"stx": 100_000_000, "sbtc": 100_000, "usdcx": 100_000_000}),
    large_over=MappingProxyType(
        {"stx": 20_000_000_000, "sbtc": 10_000_000, "usdcx": 10_000_000_000}
    ),
)
TESTNET: Final = StacksChain(
    chain_id=0x80000000,
    name="stacks_testnet",
    title="Stacks testnet",
    # Since 2026; the one that the sBTC repository and npm still name is out of date.
    tokens=MappingProxyType(
        {
            "sbtc": "SN3VMHXEN64ZZF71JQ5VESXDWTR301XTTXGF4J8F1.sbtc-token::sbtc-token",
            "usdcx": "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.usdcx::usdcx-token",
        }
    ),
    explorer_tx="https://explorer.hiro.so/txid/{tx_id}?chain=testnet",
    burn_depth=1,
    livemode=False,
)
# Clarinet's simnet and our development chain carry the sBTC contracts at their mainnet address.
DEVELOPMENT: Final = StacksChain(
    chain_id=0x80000000,
    name="stacks_development",
    title="Stacks (development)",
    tokens=MappingProxyType(
        {"sbtc": "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token::sbtc-token"}
    ),
    block_time_s=2.0,
    burn_depth=1,
    reorg_max=20,
    livemode=False,
)
KNOWN: Final[Mapping[str, StacksChain]] = MappingProxyType(
    {chain.name: chain for chain in (MAINNET, TESTNET, DEVELOPMENT)}
)


def stacks_network(chain: StacksChain, *, assets: Sequence[str] | None = None) -> Network:
    """Build the network: STX and its tokens, paid when Bitcoin is deep enough over them."""
    carried = (STX, *chain.tokens) if assets is None else tuple(assets)
    for asset in carried:
        if asset != STX and asset not in chain.tokens:
            raise Invalid(f"{chain.title} carries no {asset.upper()}.", code="asset_not_on_network")
    tokens = {asset: chain.tokens[asset] for asset in carried if asset != STX}
    strangers = {f"unknown:{token}": token for token in chain.lookalikes}
    for token in (*tokens.values(), *strangers.values()):
        parse_asset(token)
    return Network(
        name=chain.name,
        title=chain.title,
        livemode=chain.livemode,
        assets=carried,
        finality=Finality(chain.reorg_max, _tiers(chain, carried)),
        block_time_s=chain.block_time_s,
        styles=(Style.MEMO, Style.AMOUNT, Style.WALLET),
        explorer_tx=chain.explorer_tx,
        tokens=tokens | strangers,
    )


def named_tokens(chain: StacksChain, assets: Sequence[str]) -> dict[str, tuple[Asset, TokenName]]:
    """Return the tokens of these assets, and how each must call itself."""
    return {
        asset: (
            parse_asset(chain.tokens[asset]),
            chain.names.get(asset, TokenName(asset, find_asset(asset).name)),
        )
        for asset in assets
        if asset != STX
    }


def burn_depths(chain: StacksChain) -> frozenset[int]:
    """Return how many Bitcoin blocks some tier waits for, beside those that make it final."""
    small = {chain.small_burn_depth} if chain.small_max else set()
    large = {chain.large_burn_depth} if chain.large_over else set()
    return frozenset((small | large) - {chain.burn_depth})


def _tiers(chain: StacksChain, assets: Sequence[str]) -> dict[str, Sequence[Tier]]:
    depths = [chain.small_burn_depth] if chain.small_max else []
    depths += [chain.burn_depth, *([chain.large_burn_depth] if chain.large_over else [])]
    if depths[0] < 1 or depths != sorted(depths):
        raise Invalid(
            f"{chain.title} needs burn depths of 1 or more that grow with the amount, not "
            f"{', '.join(map(str, depths))}.",
            code="finality_invalid",
        )
    # A preset's amounts may name more than is taken here.
    known = {STX, *chain.tokens}
    unknown = ({*chain.soft_max} - {*assets}) | ({*chain.small_max, *chain.large_over} - known)
    if unknown:
        raise Invalid(
            f"{chain.title} carries no {', '.join(sorted(unknown))}.", code="asset_not_on_network"
        )
    return {"*": (Tier(None, FINALIZED),)} | {asset: _tiers_of(chain, asset) for asset in assets}


def _tiers_of(chain: StacksChain, asset: str) -> Sequence[Tier]:
    """Return an asset's tiers, the smallest amounts first."""
    small, large = chain.small_burn_depth, chain.large_burn_depth
    tiers: list[Tier] = []
    if asset in chain.soft_max:
        tiers.append(Tier(chain.soft_max[asset], chain.soft_depth))
    if asset in chain.small_max:
        tiers.append(Tier(chain.small_max[asset], _burns(chain, small)))
    if asset not in chain.large_over:
        return (*tiers, Tier(None, FINALIZED))
    usual = Tier(chain.large_over[asset], FINALIZED)
    bounds = [tier.up_to for tier in (*tiers, usual) if tier.up_to is not None]
    if bounds != sorted(bounds):
        raise Invalid(
            f"The bounds of {asset} on {chain.title} must grow: soft_max, small_max, large_over.",
            code="finality_invalid",
        )
    return (*tiers, usual, Tier(None, _burns(chain, large)))


def _burns(chain: StacksChain, blocks: int) -> int:
    return FINALIZED if blocks == chain.burn_depth else anchored(blocks)
