"""The market's price: rules over agreement, pegs, crosses, spread and how long it may hold."""

import datetime as dt
from fractions import Fraction
from typing import Final

import pytest

from sluice.engine.rates.market import DEFAULT_RULES, Market, Priced, Unpriced, price_pair
from sluice.engine.rates.model import Rate
from sluice.engine.rates.rules.model import read_pair
from sluice.engine.rates.rules.read import read_rules

NOW: Final = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
VENUES: Final = ("coinbase", "kraken", "bitstamp", "coingecko")
RULES: Final = read_rules(DEFAULT_RULES)


def said(pair: str, *prices: str, age_s: float = 0) -> list[Rate]:
    """Return what venues said of a pair, each its own price."""
    base, _, quote = pair.partition("/")
    seen = NOW - dt.timedelta(seconds=age_s)
    return [
        Rate(base, quote, Fraction(price), venue, seen)
        for venue, price in zip(VENUES, prices, strict=False)
    ]


def price(pair: str, rates: list[Rate], *texts: str, spread_bps: int = 0) -> Priced | Unpriced:
    asked = read_pair(pair)
    assert asked is not None
    rules = [read_rules(text) for text in texts] or [RULES]
    return price_pair(Market(VENUES, rules, spread_bps=spread_bps), asked, rates, NOW)


BTC: Final = said("btc/usd", "60000", "60010", "60020")
USDC: Final = said("usdc/usd", "0.9999", "1.0001")
EUR: Final = said("eur/usd", "1.25", "1.25")


def test_a_price_says_who_stands_behind_it_and_by_which_rules() -> None:
    found = price("BTC_USD", BTC)

    assert found == Priced(
        Fraction(60_010), f"bitstamp+coinbase+kraken by rules {RULES.digest[:8]}", 900, []
    )


def test_a_spread_is_taken_off_what_floats_and_not_off_par() -> None:
    floating, par = (price(one, BTC + USDC, spread_bps=50) for one in ("BTC_USD", "USDC_USD"))

    assert isinstance(floating, Priced)
    assert isinstance(par, Priced)
    assert floating.price == Fraction(60_010) * Fraction(9_950, 10_000)
    assert par.price == 1


def test_q06_a_promise_is_short_for_what_floats_and_longer_at_par() -> None:
    floating, par = (price(one, BTC + USDC) for one in ("BTC_USD", "USDC_USD"))

    assert isinstance(floating, Priced)
    assert isinstance(par, Priced)
    assert (floating.lock_max_s, par.lock_max_s) == (900, 3600)


def test_a_price_goes_through_crosses() -> None:
    found = price("USDC_EUR", USDC + EUR)

    assert isinstance(found, Priced)
    assert found.price == Fraction(8, 10)


def test_a_missing_leg_of_a_cross_is_no_price() -> None:
    assert price("USDC_EUR", USDC) == Unpriced("ERR_RATE_UNAVAILABLE(agg, EUR_USD)", [])


def test_q02_one_venue_prices_nothing_and_a_coin_at_par_goes_on() -> None:
    rates = [*said("btc/usd", "60000"), *said("btc/usd", "0", "60000", age_s=3600), *USDC]

    assert isinstance(price("BTC_USD", rates[:1]), Unpriced)
    assert isinstance(price("USDC_USD", rates), Priced)


def test_q03_venues_that_contradict_each_other_are_noted() -> None:
    found = price("BTC_USD", said("btc/usd", "73364.765", "75600"))

    assert found == Unpriced(
        "ERR_RATE_UNAVAILABLE(agg, BTC_USD)", ["BTC_USD sources_disagree: 2 live"]
    )


def test_q05_a_coin_off_its_peg_costs_the_market_then_nothing() -> None:
    warned = price("USDC_USD", said("usdc/usd", "0.99", "0.99"))
    broken = price("USDC_USD", said("usdc/usd", "0.88", "0.88"))

    assert isinstance(warned, Priced)
    assert (warned.price, list(warned.notes)) == (
        Fraction(99, 100), ["USDC_USD off par, warn: 0.9900"],
    )  # fmt: skip
    assert broken == Unpriced(
        "ERR_RATE_UNAVAILABLE(par, USDC_USD)", ["USDC_USD off par, disabled: 0.8800"]
    )


@pytest.mark.parametrize(("ratio", "priced"), [("0.9999", True), ("0.97", False), ("1.02", False)])
def test_sbtc_is_bitcoin_while_its_own_market_says_so(ratio: str, priced: bool) -> None:  # noqa: FBT001
    found = price("SBTC_USD", BTC + said("sbtc/btc", ratio))

    assert isinstance(found, Priced) is priced
    if isinstance(found, Priced):
        assert found.price == 60_010


def test_sbtc_without_a_market_of_its_own_is_not_priced() -> None:
    assert isinstance(price("SBTC_USD", BTC), Unpriced)
    assert isinstance(price("SBTC_USD", BTC, "SBTC_X = BTC_X; BTC_USD = agg(BTC_USD)"), Priced)


def test_a_rule_may_name_one_venue_or_what_the_operator_wrote() -> None:
    fixed = [Rate("usd", "chf", Fraction("0.9"), "fixed", NOW)]

    found = price("BTC_CHF", BTC + fixed, "BTC_CHF = kraken(BTC_USD) * fixed(USD_CHF)")

    assert isinstance(found, Priced)
    assert (found.price, found.source.split(" ")[0]) == (Fraction(54_009), "fixed+kraken")


def test_what_the_operator_wrote_is_no_venue() -> None:
    fixed = [Rate("btc", "usd", Fraction(60_000), "fixed", NOW)]

    assert isinstance(price("BTC_USD", BTC[:1] + fixed), Unpriced)


def test_later_rules_count_only_where_the_first_give_no_price() -> None:
    first, later = "BTC_USD = agg(BTC_USD)", "BTC_USD = kraken(BTC_USD)"
    fresh, stale = price("BTC_USD", BTC, first, later), price("BTC_USD", BTC[1:2], first, later)

    assert isinstance(fresh, Priced)
    assert isinstance(stale, Priced)
    assert "coinbase" in fresh.source
    assert stale.source == f"kraken by rules {read_rules(later).digest[:8]}"


def test_a_stale_venue_named_by_a_rule_is_no_price() -> None:
    old = said("btc/usd", "60000", age_s=91)

    assert isinstance(price("BTC_USD", old, "BTC_USD = coinbase(BTC_USD)"), Unpriced)
