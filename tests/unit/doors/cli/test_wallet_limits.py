"""What an operator says of a wallet's limits is taken by the word, or refused."""

from decimal import Decimal

import pytest
import typer

from sluice.doors.cli.wallets import _limits, _price, _stable
from sluice.engine.sender.model import Limits

HELD = Limits(7, {"usdc": 5_000_000}, {"usdc": 9_000_000}, {}, {})


def test_what_is_left_out_stays_and_none_lifts_a_limit() -> None:
    changed = _limits(HELD, None, ["usdc=2.5"], None, ["usdt=1000"], None, None, None)
    lifted = _limits(HELD, 8, None, ["usdc=none"], None, None, None, None)

    assert changed == Limits(7, {"usdc": 2_500_000}, {"usdc": 9_000_000}, {"usdt": 10**9}, {})
    assert lifted == Limits(8, {"usdc": 5_000_000}, {}, {}, {})


def test_what_others_may_spend_of_its_gas_is_bounded_from_below() -> None:
    opened = _limits(HELD, None, None, None, None, None, ["usdc=0.1"], ["usdt=20"])
    closed = _limits(opened, None, None, None, None, None, ["usdc=none"], None)

    assert HELD.carry_min == HELD.sweep_min == {}
    assert opened.carry_min == {"usdc": 100_000}
    assert opened.sweep_min == closed.sweep_min == {"usdt": 20_000_000}
    assert closed.carry_min == {}


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-1", "1e3", "", "0.0000001", "five"])
def test_what_is_no_plain_amount_is_refused(amount: str) -> None:
    with pytest.raises(typer.BadParameter):
        _limits(HELD, None, [f"usdc={amount}"], None, None, None, None, None)


@pytest.mark.parametrize("price", ["abc", "0", "0.0", "-3", "NaN", "1e3", ""])
def test_what_is_no_price_is_refused(price: str) -> None:
    with pytest.raises(typer.BadParameter):
        _price(price)


def test_fifty_dollars_of_gas_are_counted_in_the_networks_own_coin() -> None:
    assert _stable(Limits(), Decimal(2500), "eth").fee_max == 2 * 10**16
    assert _stable(Limits(), Decimal(2), "stx").fee_max == 25 * 10**6
    assert _stable(Limits(), Decimal(100_000), "btc").fee_max == 50_000
