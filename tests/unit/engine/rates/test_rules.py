"""The rule language: BTCPay's own table of cases, and texts that mean harm."""

import contextlib
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.engine.rates.rules.evaluate import evaluate
from sluice.engine.rates.rules.expand import calls_in, expand
from sluice.engine.rates.rules.model import (
    Call,
    Number,
    Pair,
    RuleFailed,
    RuleInvalid,
    Sided,
    read_pair,
)
from sluice.engine.rates.rules.read import LENGTH_MAX, PARENS_MAX, PARTS_MAX, read_rules
from sluice.engine.rates.rules.show import show
from tests.unit.engine.rates.vectors import named, vectors

CASES: Final = vectors("rate_rules_cases")


def pair(text: str) -> Pair:
    found = read_pair(text)
    assert found is not None
    return found


def call(text: str) -> Call:
    source, _, rest = text.partition("(")
    return Call(source, pair(rest.removesuffix(")")))


def worth(rules: str, asked: str, **prices: str) -> Sided:
    given = {
        Call(source, pair(asked)): Sided(Fraction(p), Fraction(p)) for source, p in prices.items()
    }
    return evaluate(expand(read_rules(rules), pair(asked)), given)


@pytest.mark.parametrize("case", CASES["cases"], ids=named)
def test_a_case_of_the_table(case: dict[str, Any]) -> None:
    expected = case["expect"]
    prices = {
        call(one): Sided(Fraction(bid), Fraction(ask)) for one, (bid, ask) in case["rates"].items()
    }

    found = expand(read_rules(case["rules"]), pair(case["pair"]), spread=Decimal(case["spread"]))

    if "expression" in expected:
        assert show(found) == expected["expression"]
    assert sorted(map(show, set(calls_in(found)))) == sorted(case["needs"])
    if "error" in expected:
        with pytest.raises(RuleFailed) as failed:
            evaluate(found, prices)
        assert failed.value.error == expected["error"]
    elif "bid" in expected:
        value = evaluate(found, prices)
        assert rounded(value.bid) == Decimal(expected["bid"])
        assert rounded(value.ask) == Decimal(expected.get("ask", rounded(value.ask)))


def rounded(value: Fraction) -> Decimal:
    """Return a fraction with the forty digits that the vectors have."""
    with localcontext() as context:
        context.prec = 40
        return Decimal(value.numerator) / Decimal(value.denominator)


@pytest.mark.parametrize("case", CASES["rejected"], ids=named)
def test_what_the_table_rejects_is_rejected_at_its_place(case: dict[str, Any]) -> None:
    with pytest.raises(RuleInvalid) as refused:
        read_rules(case["rules"])

    assert refused.value.code == "rate_rule_invalid"
    assert refused.value.message.startswith("Line 1, column ")
    assert 0 <= refused.value.position <= len(case["rules"])


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("BTC_USD = 1 % 2", 12, "Line 1, column 13: '%' does not belong here"),
        ("A_B = 1;\nBTC = 1", 9, "Line 2, column 1: a pair such as BTC_USD"),
        ("BTC_USD = kraken()", 17, "Line 1, column 18: a pair such as BTC_USD"),
        ("BTC_USD = (1,2,3)", 14, "Line 1, column 15: ) belongs here, not ,"),
        ("BTC_USD = (2, 1)", 15, "Line 1, column 16: the bid comes first"),
        ("BTC_USD = 1e3", 10, "Line 1, column 11"),
        ("BTC_USD = 1.2.3", 10, "Line 1, column 11"),
        ("BTC_USD = .5", 10, "Line 1, column 11"),
        ("BTC_USD =", 9, "Line 1, column 10"),
        ("BTC_USD = ٣", 10, "Line 1, column 11"),
        ("BTC_USD BTC_USD", 8, "= belongs here"),
    ],
)
def test_an_error_names_its_place(text: str, position: int, says: str) -> None:
    with pytest.raises(RuleInvalid) as refused:
        read_rules(text)

    assert (refused.value.position, says in refused.value.message) == (position, True)


@pytest.mark.parametrize(
    "text",
    [
        "A_B = exec(A_B, 1)",
        "A_B = __import__('os').system('id')",
        "A_B = kraken(coinbase(A_B))",
        "A_B = " + "(" * (PARENS_MAX + 1) + "1" + ")" * (PARENS_MAX + 1),
        "A_B = " + "(" * 1_000_000,
        "A_B = " + "(" * 16_000,
        "A_B = " + "-" * 16_000 + "1",
        "A_B = " + "+".join(["1"] * PARTS_MAX),
        "A_B = " + "9" * 16_000,
        "A_B = 1;" * 2000,
        " " * (LENGTH_MAX + 1),
    ],
    ids=["exec", "import", "nested call", "parens", "million", "open", "minus", "parts", "digits",
         "rules", "blank"],
)  # fmt: skip
def test_q07_rules_that_mean_harm_are_refused(text: str) -> None:
    with pytest.raises(RuleInvalid):
        read_rules(text)


@pytest.mark.parametrize(
    ("rules", "error"),
    [
        ("A_B = 1 / 0", "DivideByZero"),
        ("A_B = 1 / (2 - 2)", "DivideByZero"),
        ("A_B = 1 / ((1, 3) - 2)", "INVALID_QUOTE"),
        ("A_B = 1 - 2", "INVALID_QUOTE"),
        ("A_B = 0", "INVALID_QUOTE"),
        ("A_B = -(1, 2)", "InvalidNegative"),
        ("A_B = -1 * (1, 2)", "INVALID_QUOTE"),
        ("A_B = kraken(X_B)", ""),
    ],
)
def test_q07_sums_without_a_worth_fail(rules: str, error: str) -> None:
    if not error:
        error = "ERR_RATE_UNAVAILABLE(kraken, A_B)"

    with pytest.raises(RuleFailed) as failed:
        worth(rules, "A_B")

    assert failed.value.error == error


def test_q07_rules_that_ask_each_other_end() -> None:
    itself = read_rules("LTC_CHF = LTC_CHF * 1.01")
    fast = read_rules("\n".join(f"A{n}_B = " + "+".join([f"A{n + 1}_B"] * 32) for n in range(9)))

    assert show(expand(itself, pair("LTC_CHF"))) == "ERR_TOO_MUCH_NESTED_CALLS(LTC_CHF) * 1.01"
    assert len(show(expand(fast, pair("A0_B")))) < 100_000
    with pytest.raises(RuleFailed, match="ERR_TOO_MUCH_NESTED_CALLS"):
        evaluate(expand(fast, pair("A0_B")), {})


def test_eight_references_deep_is_not_too_deep() -> None:
    chain = [f"A{n}_B = A{n + 1}_B" for n in range(10)]

    assert worth("\n".join([*chain[:8], "A8_B = 5"]), "A0_B") == Sided(Fraction(5), Fraction(5))
    with pytest.raises(RuleFailed, match="NESTED"):
        worth("\n".join([*chain[:9], "A9_B = 5"]), "A0_B")


def test_the_deepest_rules_allowed_are_worked_out_on_the_stack() -> None:
    deep = "(" * PARENS_MAX + "1" + "+1" * 30 + ")" * PARENS_MAX
    chain = [f"A{n}_B = A{n + 1}_B + " + deep for n in range(8)]

    value = worth("\n".join([*chain, "A8_B = 5"]), "A0_B")

    assert value.bid == 5 + 8 * 31


def test_a_satoshi_cannot_be_redefined() -> None:
    assert worth("SATS_BTC = 5\nBTC_USD = 60000", "SATS_USD").bid == Fraction(6, 10_000)


@given(st.decimals("0.0001", "100000", places=4), st.decimals("0", "0.5", places=4))
def test_a_spread_keeps_the_price_inside(price: Decimal, spread: Decimal) -> None:
    found = expand(read_rules(f"A_B = {price:f}"), pair("A_B"), spread=spread)

    value = evaluate(found, {})

    assert value.bid == Fraction(price) * (1 - Fraction(spread))
    assert value.ask == Fraction(price) * (1 + Fraction(spread))


@given(st.fractions("1/1000", 1000), st.fractions(0, 10))
def test_there_and_back_is_never_a_gain(bid: Fraction, wider: Fraction) -> None:
    rules = read_rules("A_B = k(A_B)")
    prices = {Call("k", pair("A_B")): Sided(bid, bid + wider)}

    there, back = (evaluate(expand(rules, pair(way)), prices) for way in ("A_B", "B_A"))

    assert there.bid * back.bid <= 1 <= there.ask * back.ask


NUMBERS: Final = st.decimals("0.01", "999", places=2).map(lambda one: f"{one:f}")
SUMS: Final = st.recursive(
    NUMBERS,
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(
        lambda t: f"({' '.join(t)})"
    ),
    max_leaves=8,
)


@given(SUMS)
def test_what_is_shown_reads_as_the_same(text: str) -> None:
    [rule] = [one for one in read_rules(f"A_B = {text}").rules if str(one.pair) == "A_B"]

    [again] = [
        one for one in read_rules(f"A_B = {show(rule.expression)}").rules if one.pair == rule.pair
    ]

    assert again == rule


@given(st.text(alphabet="AB_X12.()+-*/,;= \n", max_size=60))
def test_any_text_is_rules_or_refused(text: str) -> None:
    with contextlib.suppress(RuleInvalid):
        assert expand(read_rules(text), pair("A_A")) == Number("1.0")
