"""Transfers and whom they are for."""

import pytest

from sluice.base.errors import Invalid
from sluice.engine.chains.model import Finality, Network, Style, Tier, Transfer
from sluice.engine.watcher.match import match_transfers
from sluice.engine.watcher.model import Candidate

FINALITY = Finality(6, {"usdc": [Tier(1_000, 3), Tier(None, 0)], "*": [Tier(None, 2)]})
NETWORK = Network(
    name="here",
    title="Here",
    livemode=False,
    assets=["usdc"],
    finality=FINALITY,
    block_time_s=1.0,
    styles=[Style.ADDRESS],
    dust={"usdc": 100},
)


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
    [sighting] = match_transfers([transfer()], [candidate(style) for style in styles], NETWORK)

    assert sighting.target.style is wins


def test_a_transfer_nobody_waits_for_is_left_out() -> None:
    assert match_transfers([transfer()], [], NETWORK) == []


def test_a_transfer_of_nothing_is_left_out() -> None:
    assert match_transfers([transfer(0)], [candidate(Style.ADDRESS)], NETWORK) == []


@pytest.mark.parametrize("style", [Style.ADDRESS, Style.WALLET, Style.DEPOSIT])
def test_t04_dust_that_only_an_address_explains_is_left_out(style: Style) -> None:
    assert match_transfers([transfer(99)], [candidate(style)], NETWORK) == []
    assert len(match_transfers([transfer(100)], [candidate(style)], NETWORK)) == 1


@pytest.mark.parametrize("style", [Style.MEMO, Style.AMOUNT, Style.CONTRACT])
def test_t04_what_says_itself_what_it_is_for_may_be_small(style: Style) -> None:
    assert len(match_transfers([transfer(1)], [candidate(style)], NETWORK)) == 1


@pytest.mark.parametrize(("units", "depth"), [(1_000, 3), (1_001, 0)])
def test_larger_amounts_wait_longer(units: int, depth: int) -> None:
    [sighting] = match_transfers([transfer(units)], [candidate(Style.ADDRESS)], NETWORK)

    assert sighting.depth_wanted == depth


def test_an_amount_no_tier_covers_is_refused() -> None:
    with pytest.raises(Invalid, match="finality"):
        Finality(6, {"*": [Tier(10, 1)]}).depth_for("btc", 11)
