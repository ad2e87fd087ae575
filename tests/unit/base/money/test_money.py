"""Amounts: exact, of one asset, divided without loss."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.base.errors import Invalid
from sluice.base.money import rounding
from sluice.base.money.catalogue import CATALOGUE, asset_of, find_asset, money
from sluice.base.money.split import split
from sluice.engine.rates.model import Quote
from tests.builders import NOON


def test_assets_do_not_mix() -> None:
    with pytest.raises(Invalid, match="cannot mix"):
        money(1, "usdc") + money(1, "usdt")


@pytest.mark.parametrize(
    ("units", "code", "text"),
    [
        (1250, "usd", "12.50 USD"),
        (4200, "btc", "0.00004200 BTC"),
        (7, "jpy", "7 JPY"),
        (-5, "usd", "-0.05 USD"),
    ],
)
def test_money_is_written_with_all_its_decimals(units: int, code: str, text: str) -> None:
    assert str(money(units, code)) == text


def test_an_unknown_currency_is_refused_but_an_unknown_token_is_counted() -> None:
    with pytest.raises(Invalid):
        find_asset("doge")

    assert asset_of("unknown:0xabc").decimals == 0


@given(st.integers(0, 2**256), st.lists(st.integers(0, 10_000), min_size=1, max_size=8).filter(any))
def test_a_split_loses_nothing(units: int, weights: list[int]) -> None:
    shares = split(money(units, "usdc"), weights)

    assert sum(share.units for share in shares) == units
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share.units - Fraction(units * weight, sum(weights))) < 1


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1]])
def test_a_split_without_weight_is_refused(weights: list[int]) -> None:
    with pytest.raises(Invalid):
        split(money(10, "usdc"), weights)


def test_t06_what_a_payer_owes_is_rounded_up() -> None:
    quote = Quote(asset_of("usdc"), asset_of("usd"), Fraction("0.9993"), "test", NOON, NOON)

    assert quote.due(money(1999, "usd")).units == 20_004_003


@given(
    st.sampled_from(sorted(CATALOGUE)),
    st.sampled_from(["btc", "stx", "usdc"]),
    st.integers(1, 10**15),
    st.fractions(min_value=Fraction(1, 10**9), max_value=10**9),
)
def test_a_quote_never_asks_for_less_than_the_price(
    currency: str, asset: str, units: int, price: Fraction
) -> None:
    quote = Quote(asset_of(asset), asset_of(currency), price, "test", NOON, NOON)

    due = quote.due(money(units, currency))

    worth = Fraction(due.units, due.asset.scale) * price
    asked = Fraction(units, asset_of(currency).scale)
    assert 0 <= worth - asked < price * Fraction(1, due.asset.scale) or worth == asked


@given(st.fractions())
def test_rounding_goes_the_way_it_is_named(value: Fraction) -> None:
    assert rounding.down(value) <= value <= rounding.up(value)
    assert rounding.up(value) - rounding.down(value) <= 1
