"""Prices an operator writes down."""

from fractions import Fraction

import pytest

from sluice.base.errors import Invalid
from sluice.engine.rates.sources.fixed import read_prices


def test_prices_are_read_exactly() -> None:
    assert read_prices(" btc/usd = 60000.5 ,usdc/eur=9/10, ") == {
        ("btc", "usd"): Fraction(120_001, 2),
        ("usdc", "eur"): Fraction(9, 10),
    }


def test_no_prices_are_fine() -> None:
    assert read_prices("") == {}


@pytest.mark.parametrize(
    "text",
    ["btc/usd", "btc/usd=", "btc/usd=dear", "btc/usd=0", "btc/usd=-1", "btc/usd=1/0", "btc=5",
     "doge/usd=1", "btc/usd=nan", "btc/usd=inf"],
)  # fmt: skip
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_prices(text)
