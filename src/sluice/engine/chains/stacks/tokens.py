"""The Stacks networks and tokens we know, and how sure we want to be on each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.model import FINALIZED, Finality, Network, Style, Tier
from sluice.engine.chains.stacks.principals import parse_asset

STX: Final = "stx"


@dataclass(frozen=True, slots=True)
class StacksChain:
    """One network's facts: what does not depend on who runs Sluice.

    `burn_depth` counts Bitcoin blocks, all others Stacks blocks. `soft_max` names, by asset, the
    units up to which a payment counts after `soft_depth` Stacks blocks already, before Bitcoin has
    any of them. `lookalikes` are tokens that people confuse with ours; they are seen, never taken
    for ours.
    """

    chain_id: int
    name: str
    title: str
    tokens: Mapping[str, str]  # asset code -> ADDRESS.contract::asset; STX needs none
    lookalikes: Sequence[str] = ()
    block_time_s: float = 8.0
    burn_depth: int = 3
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


def _tiers(chain: StacksChain, assets: Sequence[str]) -> dict[str, Sequence[Tier]]:
    hard: Sequence[Tier] = (Tier(None, FINALIZED),)
    if unknown := set(chain.soft_max) - set(assets):
        raise Invalid(
            f"{chain.title} carries no {', '.join(sorted(unknown))}.", code="asset_not_on_network"
        )
    soft = {
        asset: (Tier(units, chain.soft_depth), *hard) for asset, units in chain.soft_max.items()
    }
    return {"*": hard, **soft}
