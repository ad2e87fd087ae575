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
        if "usdt" in chain.tokens:
            new = TOKENS.get((chain.chain_id, "USDT0"))
            assert chain.tokens["usdt"] == (new or TOKENS[chain.chain_id, "USDT"])


def test_every_bridged_or_older_copy_is_a_lookalike() -> None:
    """E13: whatever the vectors call legacy is seen on its network, and never taken for ours."""
    legacy = [
        (row["chain_id"], row["address"].lower())
        for row in json.loads((VECTORS / "tokens.json").read_text())["tokens"]
        if row["status"] == "legacy-opt-in"
    ]
    known = {chain.chain_id: chain for chain in KNOWN.values()}

    assert len(legacy) == 4
    for chain_id, address in legacy:
        assert address in known[chain_id].lookalikes
        assert address not in known[chain_id].tokens.values()


def test_every_network_finalises_what_is_large() -> None:
    for chain in KNOWN.values():
        finality = evm_network(chain).finality
        assert finality.depth_for("usdc", 1_001 * DOLLAR) == FINALIZED
        assert finality.tier_for("usdc", 1_001 * DOLLAR).depth_stalled is None


def test_bridged_usdc_on_polygon_is_seen_and_is_not_usdc() -> None:
    """E13."""
    bridged = TOKENS[137, "USDC.e"]

    network = evm_network(POLYGON)

    assert network.tokens[f"unknown:{bridged}"] == bridged
    assert bridged not in {network.tokens[asset] for asset in network.assets}


@pytest.mark.parametrize(
    ("name", "small", "usual"),
    [
        ("ethereum", (3, None), (12, None)),
        ("polygon", (FINALIZED, 64), (FINALIZED, 256)),
        ("base", (5, None), (FINALIZED, None)),
        ("arbitrum", (40, None), (FINALIZED, None)),
        ("optimism", (5, None), (FINALIZED, None)),
        ("avalanche", (FINALIZED, None), (FINALIZED, None)),
    ],
)
def test_small_amounts_count_early_and_large_ones_when_final(
    name: str, small: tuple[int, int | None], usual: tuple[int, int | None]
) -> None:
    """W13: what may count by depth while `finalized` stalls is small."""
    network = evm_network(KNOWN[name])

    for asset in network.assets:
        for units, expected in (
            (1, small),
            (100 * DOLLAR, small),
            (100 * DOLLAR + 1, usual),
            (1000 * DOLLAR, usual),
            (1000 * DOLLAR + 1, (FINALIZED, None)),
        ):
            tier = network.finality.tier_for(asset, units)
            assert (tier.depth, tier.depth_stalled) == expected
    assert network.finality.depth_for("unknown:0x", 1) == FINALIZED


def test_what_is_not_small_is_doubted_where_it_can_be_read_again() -> None:
    finality = evm_network(ETHEREUM, doubt_whole=100).finality

    assert not finality.doubts("usdc", 100 * DOLLAR)
    assert finality.doubts("usdc", 100 * DOLLAR + 1)
    assert not finality.doubts("unknown:0x", 10**18)
    assert not evm_network(ETHEREUM).finality.doubts("usdc", 10**18)


def test_a_limit_of_ones_own_is_one_step() -> None:
    finality = evm_network(ETHEREUM, whole_max=50).finality

    assert finality.depth_for("usdc", 50 * DOLLAR) == ETHEREUM.depth
    assert finality.depth_for("usdc", 50 * DOLLAR + 1) == FINALIZED


@pytest.mark.parametrize(
    ("preset", "depth"), [("s3-strategy", 64), ("s3-verify", 12), ("s3-flow", 3), ("sgate", 1)]
)
def test_a_preset_is_one_depth_for_every_amount(preset: str, depth: int) -> None:
    finality = evm_network(POLYGON, preset=preset).finality

    assert finality.depth_for("usdc", 1) == finality.depth_for("usdt", 10**15) == depth
    assert PRESETS[preset] == depth


def test_no_tier_is_deeper_than_what_may_be_undone() -> None:
    for chain in KNOWN.values():
        for step in chain.steps:
            assert max(step.depth, step.depth_stalled or 0) <= chain.reorg_max
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
