"""Transfers and whom they are for."""

import pytest

from sluice.base.errors import Invalid
from sluice.engine.chains.model import Finality, Style, Tier, Transfer
from sluice.engine.watcher.match import match_transfers
from sluice.engine.watcher.model import Candidate

FINALITY = Finality(6, {"usdc": [Tier(1_000, 3), Tier(None, 0)], "*": [Tier(None, 2)]})


def transfer(units: int = 500, asset: str = "usdc") -> Transfer:
    """A transfer."""
    return Transfer("tx", 0, asset, "from", "to", units)


def candidate(style: Style, position: int = 0) -> Candidate:
    """A target named after its style."""
    return Candidate(
        position=position,
        target_id=f"tgt_{style}",
        merchant_id="acct",
        livemode=False,
        style=style,
        reference=f"off_{style}",
    )


@pytest.mark.parametrize(
    ("styles", "wins"),
    [
        ([Style.WALLET, Style.AMOUNT], Style.AMOUNT),
        ([Style.AMOUNT, Style.MEMO], Style.MEMO),
        ([Style.WALLET, Style.MEMO, Style.ADDRESS, Style.AMOUNT], Style.ADDRESS),
    ],
)
def test_the_strongest_style_wins(styles: list[Style], wins: Style) -> None:
    [sighting] = match_transfers([transfer()], [candidate(style) for style in styles], FINALITY)

    assert sighting.target.style is wins


def test_a_transfer_nobody_waits_for_is_left_out() -> None:
    assert match_transfers([transfer()], [], FINALITY) == []


def test_a_transfer_of_nothing_is_left_out() -> None:
    assert match_transfers([transfer(0)], [candidate(Style.ADDRESS)], FINALITY) == []


@pytest.mark.parametrize(("units", "depth"), [(1_000, 3), (1_001, 0)])
def test_larger_amounts_wait_longer(units: int, depth: int) -> None:
    [sighting] = match_transfers([transfer(units)], [candidate(Style.ADDRESS)], FINALITY)

    assert sighting.depth_wanted == depth


def test_an_amount_no_tier_covers_is_refused() -> None:
    with pytest.raises(Invalid, match="finality"):
        Finality(6, {"*": [Tier(10, 1)]}).depth_for("btc", 11)
