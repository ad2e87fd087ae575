"""The networks we know: the right contracts, the right depths."""

import json
from pathlib import Path
from typing import Final

import pytest

from sluice.base.errors import Invalid
from sluice.engine.chains.evm.tokens import ETHEREUM, KNOWN, POLYGON, PRESETS, evm_network
from sluice.engine.chains.model import FINALIZED

VECTORS: Final = Path(__file__).parents[5] / "spec" / "vectors" / "evm"
TOKENS: Final = {
    (row["chain_id"], row["symbol"]): row["address"].lower()
    for row in json.loads((VECTORS / "tokens.json").read_text())["tokens"]
}
DOLLAR: Final = 1_000_000


def test_the_contracts_are_the_issuers() -> None:
    for chain in KNOWN.values():
        assert chain.tokens["usdc"] == TOKENS[chain.chain_id, "USDC"]
    assert ETHEREUM.tokens["usdt"] == TOKENS[1, "USDT"]
    assert POLYGON.tokens["usdt"] in {
        address for (chain_id, _), address in TOKENS.items() if chain_id == 137
    }


def test_bridged_usdc_on_polygon_is_seen_and_is_not_usdc() -> None:
    """E13."""
    bridged = TOKENS[137, "USDC.e"]

    network = evm_network(POLYGON)

    assert network.tokens[f"unknown:{bridged}"] == bridged
    assert bridged not in {network.tokens[asset] for asset in network.assets}


@pytest.mark.parametrize(
    ("name", "small", "large"), [("ethereum", 12, FINALIZED), ("polygon", 64, FINALIZED)]
)
def test_usual_amounts_count_by_depth_and_large_ones_when_final(
    name: str, small: int, large: int
) -> None:
    finality = evm_network(KNOWN[name]).finality

    for asset in ("usdc", "usdt"):
        assert finality.depth_for(asset, 1) == small
        assert finality.depth_for(asset, 1000 * DOLLAR) == small
        assert finality.depth_for(asset, 1000 * DOLLAR + 1) == large
    assert finality.depth_for("unknown:0x", 1) == FINALIZED


@pytest.mark.parametrize(
    ("preset", "depth"), [("s3-strategy", 64), ("s3-verify", 12), ("s3-flow", 3), ("sgate", 1)]
)
def test_a_preset_is_one_depth_for_every_amount(preset: str, depth: int) -> None:
    finality = evm_network(POLYGON, preset=preset).finality

    assert finality.depth_for("usdc", 1) == finality.depth_for("usdt", 10**15) == depth
    assert PRESETS[preset] == depth


def test_no_tier_is_deeper_than_what_may_be_undone() -> None:
    for chain in KNOWN.values():
        assert chain.depth <= chain.reorg_max


def test_a_network_may_carry_fewer_assets() -> None:
    network = evm_network(ETHEREUM, assets=["usdc"])

    assert (network.assets, list(network.tokens)) == (("usdc",), ["usdc"])
    assert network.livemode


def test_unknown_presets_and_assets_are_refused() -> None:
    with pytest.raises(Invalid, match="s3-flow"):
        evm_network(ETHEREUM, preset="fast")
    with pytest.raises(Invalid, match="carries no BTC"):
        evm_network(ETHEREUM, assets=["btc"])
