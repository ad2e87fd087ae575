"""Agreement: the table's cases, pegs, conversions, and laws that hold for any prices."""

import datetime as dt
from fractions import Fraction
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.base.errors import Invalid
from sluice.base.money.asset import Asset
from sluice.base.money.catalogue import asset_of
from sluice.base.money.money import Money
from sluice.engine.rates.aggregate import Agreed, Bounds, Refusal, Refused, aggregate, median
from sluice.engine.rates.model import Quote, Rate
from sluice.engine.rates.peg import Peg, judge_peg, judge_wrapped
from sluice.engine.rates.stillness import Stillness
from sluice.engine.rates.volatility import History, largest_move_bps, volatility_bps
from tests.unit.engine.rates.vectors import named, vectors

TABLE: Final = vectors("aggregate_cases")
MORE: Final = vectors("conversion_and_depeg")
NOW: Final = dt.datetime.fromtimestamp(TABLE["now"], dt.UTC)
CASES: Final = {case["id"]: case for case in TABLE["cases"]}


def rate(source: str, price: str | Fraction, age_s: float = 0) -> Rate:
    return Rate("btc", "usd", Fraction(price), source, NOW - dt.timedelta(seconds=age_s))


def rates_of(case: dict[str, Any]) -> list[Rate]:
    return [rate(one["src"], one["price"], TABLE["now"] - one["ts"]) for one in case["quotes"]]


def agreed(*rates: Rate) -> Agreed | Refused:
    return aggregate(rates, NOW, Bounds())


@pytest.mark.parametrize("case", TABLE["cases"], ids=named)
def test_a_case_of_the_table(case: dict[str, Any]) -> None:
    expected = case["expect"]

    found = aggregate(rates_of(case), NOW, Bounds())

    if isinstance(found, Agreed):
        assert found.price == Fraction(expected["price"])
        assert list(found.used) == expected["used"]
        assert list(found.dropped) == expected["dropped"]
        assert f"{float(found.spread_bps):.2f}" == expected["spread_bps"]
        assert found.as_of.timestamp() == expected["as_of"]
    else:
        assert found.why == expected["error"]
        assert found.live == expected.get("live", found.live)
        if "spread_bps" in expected:
            assert found.spread_bps is not None
            assert f"{float(found.spread_bps):.2f}" == expected["spread_bps"]
    assert isinstance(found, Refused) is ("error" in expected)


def test_the_defaults_are_those_of_the_table() -> None:
    bounds, table = Bounds(), TABLE["defaults"]

    assert bounds.age_max_s == table["max_age_s"]
    assert bounds.outlier_mads == table["k"]
    assert bounds.outlier_floor_bps == table["floor_bps"]
    assert bounds.venues_min == table["min_sources"]
    assert bounds.spread_max_bps == table["max_spread_bps"]
    assert bounds.future_max_s == table["future_tolerance_s"]


def test_q01_a_decimal_shift_is_cut_off() -> None:
    found = aggregate(rates_of(CASES["decimal-shift-x100"]), NOW, Bounds())

    assert isinstance(found, Agreed)
    assert list(found.dropped) == ["dia"]


def test_q02_one_venue_alone_makes_no_price() -> None:
    assert aggregate(rates_of(CASES["only-one-live"]), NOW, Bounds()) == Refused(
        Refusal.UNAVAILABLE, 1
    )


def test_q03_two_venues_that_contradict_each_other_make_no_price() -> None:
    found = aggregate(rates_of(CASES["two-disagree-3pct"]), NOW, Bounds())

    assert isinstance(found, Refused)
    assert found.why == "sources_disagree"


def test_two_doors_of_one_house_count_once() -> None:
    assert isinstance(agreed(rate("coinbase", "100"), rate("coinbase_spot", "100")), Refused)
    assert isinstance(agreed(rate("coinbase", "100"), rate("kraken", "100")), Agreed)


@pytest.mark.parametrize(
    ("age_s", "counts"), [(90, True), (90.001, False), (-5, True), (-5.001, False)]
)
def test_ages_at_the_edge(age_s: float, counts: bool) -> None:  # noqa: FBT001
    assert isinstance(agreed(rate("a", "1"), rate("b", "1", age_s)), Agreed) is counts


def test_a_price_too_small_for_eight_decimals_is_none() -> None:
    assert isinstance(agreed(rate("a", "1e-10"), rate("b", "1e-10")), Refused)


def test_q08_a_price_that_stands_still_while_others_move_is_stuck() -> None:
    watch = Stillness(600)
    watch.without_stuck([rate("a", "100"), rate("b", "100")], NOW)

    calm = watch.without_stuck([rate("a", "100"), rate("b", "100")], at(700))
    stuck = watch.without_stuck([rate("a", "100"), rate("b", "101")], at(701))
    moving = watch.without_stuck([rate("a", "102"), rate("b", "101")], at(702))

    assert [one.source for one in calm] == ["a", "b"]
    assert [one.source for one in stuck] == ["b"]
    assert [one.source for one in moving] == ["a", "b"]


def test_q08_a_price_from_the_future_does_not_count() -> None:
    found = aggregate(rates_of(CASES["future-timestamp"]), NOW, Bounds())

    assert isinstance(found, Agreed)
    assert "coinbase" not in found.used


def at(seconds: float) -> dt.datetime:
    return NOW + dt.timedelta(seconds=seconds)


# Prices are rounded to eight decimals.
_HALF: Final = Fraction(1, 2 * 10**8)
PRICES: Final = st.lists(st.fractions("9/10", "11/10"), min_size=2, max_size=9)


@given(PRICES, st.randoms(use_true_random=False))
def test_the_order_of_venues_does_not_matter(prices: list[Fraction], chance: Any) -> None:  # noqa: ANN401
    rates = [rate(f"v{number}", price) for number, price in enumerate(prices)]
    shuffled = rates.copy()
    chance.shuffle(shuffled)

    assert agreed(*rates) == agreed(*shuffled)


@given(PRICES)
def test_a_price_lies_within_what_was_used(prices: list[Fraction]) -> None:
    found = agreed(*(rate(f"v{number}", price) for number, price in enumerate(prices)))

    if isinstance(found, Agreed):
        used = [prices[int(name[1:])] for name in found.used]
        assert min(used) - _HALF <= found.price <= max(used) + _HALF
        assert len(found.used) + len(found.dropped) == len(prices)


@given(
    st.lists(st.fractions("999/1000", "1001/1000"), min_size=3, max_size=7), st.fractions(2, 10**6)
)
def test_one_liar_among_three_or_more_moves_nothing_far(
    honest: list[Fraction], lie: Fraction
) -> None:
    rates = [rate(f"v{number}", price) for number, price in enumerate(honest)]

    found = agreed(*rates, rate("liar", lie))

    assert isinstance(found, Agreed)
    assert min(honest) - _HALF <= found.price <= max(honest) + _HALF
    assert "liar" in found.dropped


@given(PRICES)
def test_half_lies_on_each_side_of_the_median(values: list[Fraction]) -> None:
    middle = median(values)

    assert 2 * sum(one <= middle for one in values) >= len(values)
    assert 2 * sum(one >= middle for one in values) >= len(values)


@pytest.mark.parametrize("case", MORE["conversion"], ids=lambda case: case["pay_base_units"])
def test_t06_what_is_owed_is_rounded_up(case: dict[str, Any]) -> None:
    asset = Asset("coin", case["decimals"], "Coin")
    price = Fraction(case["price"]) * (1 - Fraction(int(case["spread_bps"]), 10_000))
    quote = Quote(asset, asset_of("usd"), price, "test", NOW, NOW)

    due = quote.due(Money(int(Fraction(case["fiat"]) * 100), asset_of("usd")))

    assert due.units == int(case["pay_base_units"])


STATES: Final = {"par:": Peg.PAR, "warn:": Peg.WARN, "disable": Peg.DISABLED}


@pytest.mark.parametrize(
    "case", MORE["depeg"], ids=lambda case: case["asset"] + case.get("rate", "")
)
def test_a_case_of_a_peg(case: dict[str, Any]) -> None:
    if case["asset"] == "sBTC":
        assert judge_wrapped(Fraction(case["rate_ratio_to_btc"])) == (Peg.DISABLED, None)
        return
    market = Fraction(case["rate"])
    word = case["expect"].split(" ")[0]

    state, price = judge_peg(market)

    if word == "par" and case["expect"].startswith("par cap"):
        assert (state, price) == (Peg.WARN, Fraction(1))
    else:
        assert state is STATES[word]
        assert price == {Peg.PAR: 1, Peg.WARN: market, Peg.DISABLED: None}[state]


@pytest.mark.parametrize(
    ("market", "state"),
    [("0.995", Peg.PAR), ("0.9949999", Peg.WARN), ("0.9800001", Peg.WARN), ("0.98", Peg.DISABLED),
     ("1.005", Peg.PAR), ("1.0199", Peg.WARN), ("1.02", Peg.DISABLED)],
)  # fmt: skip
def test_pegs_at_the_edge(market: str, state: Peg) -> None:
    assert judge_peg(Fraction(market)).state is state


@given(st.fractions("1/2", 2))
def test_a_pegged_coin_is_never_worth_more_than_it_promises(market: Fraction) -> None:
    price = judge_peg(market).price

    assert price is None or 0 < price <= 1


def history(*prices: str, step_s: int = 3600) -> History:
    return [(at(step_s * number), Fraction(price)) for number, price in enumerate(prices)]


DAY: Final = dt.timedelta(days=1)


def test_a_price_that_stands_has_no_volatility() -> None:
    assert volatility_bps(history("5", "5", "5"), over=DAY) == 0
    assert largest_move_bps(history("5", "5", "5")) == 0


def test_volatility_is_the_root_of_squared_returns_over_the_time() -> None:
    # Ten returns of 1 % in ten hours: sqrt(10) * ln(1.01) over ten hours, sqrt(24) over a day.
    prices = [str(100 if number % 2 == 0 else 101) for number in range(11)]

    assert volatility_bps(history(*prices), over=dt.timedelta(hours=10)) == 315
    assert volatility_bps(history(*prices), over=DAY) == 487
    assert largest_move_bps(history(*prices)) == 100


@given(st.lists(st.fractions("1/2", 2), min_size=3, max_size=9), st.fractions("1/1000", 1000))
def test_volatility_does_not_ask_in_what_a_price_is_counted(
    prices: list[Fraction], unit: Fraction
) -> None:
    times = [at(number) for number in range(len(prices))]
    plain = list(zip(times, prices, strict=True))
    scaled = [(time, price * unit) for time, price in plain]

    assert abs(volatility_bps(plain, over=DAY) - volatility_bps(scaled, over=DAY)) <= 1


@pytest.mark.parametrize(
    "bad", [history("1", "1"), history("1", "0", "1"), history("1", "1", "1", step_s=0)]
)
def test_a_history_that_says_nothing_is_refused(bad: History) -> None:
    with pytest.raises(Invalid):
        volatility_bps(bad, over=DAY)
    with pytest.raises(Invalid):
        largest_move_bps(bad)
