"""Market: how a price is made of what venues say; rules, agreement, pegs and spread. Pure."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Final, TypeAlias

from sluice.engine.rates.aggregate import BPS, Agreed, Bounds, aggregate, is_live, median
from sluice.engine.rates.model import Rate
from sluice.engine.rates.peg import Peg, judge_peg, judge_wrapped
from sluice.engine.rates.rules.evaluate import evaluate
from sluice.engine.rates.rules.expand import calls_in, expand
from sluice.engine.rates.rules.model import Call, Expression, Pair, RuleFailed, Rules, Sided
from sluice.engine.rates.rules.read import read_rules

# Sources that a rule may name and that are no venue: what venues agree on, a coin at par with
# its currency, a wrapped coin at par with its coin, and what the operator wrote down.
AGREED: Final = "agg"
PAR: Final = "par"
WRAPPED: Final = "wrapped"
FIXED: Final = "fixed"

SPREAD_BPS: Final = 50

# Of a price that was worked out: finer than any asset counts, and bounded in what is stored.
_PLACES: Final = 10**18

Codes: TypeAlias = tuple[str, str]

DEFAULT_RULES: Final = """
// Coins with a market in the currency itself.
BTC_USD = agg(BTC_USD);
BTC_EUR = agg(BTC_EUR);
BTC_GBP = agg(BTC_GBP);
STX_USD = agg(STX_USD);
// One of them is one dollar while the market says so; then the market's price; then nothing.
USDC_USD = par(USDC_USD);
USDT_USD = par(USDT_USD);
USDCX_X = wrapped(USDCX_USDC) * USDC_X;
// sBTC is bitcoin while its own market says so.
SBTC_X = wrapped(SBTC_BTC) * BTC_X;
// The rest goes through the dollar.
EUR_USD = agg(EUR_USD);
GBP_USD = agg(GBP_USD);
X_EUR = X_USD * USD_EUR;
X_GBP = X_USD * USD_GBP;
X_USDC = X_USD * USD_USDC;
X_USDT = X_USD * USD_USDT;
BTC_X = agg(BTC_X);
"""


@dataclass(frozen=True, slots=True)
class Market:
    """Whom to ask, how to agree, and for how long a price may be promised.

    Rules are tried in turn: a later text counts only where the ones before it give no price.
    """

    venues: Sequence[str]
    rules: Sequence[Rules] = field(default_factory=lambda: [read_rules(DEFAULT_RULES)])
    bounds: Bounds = field(default_factory=Bounds)
    spread_bps: int = SPREAD_BPS
    # How long a promise is free for the payer: a coin that floats can be waited out.
    lock_max_s: int = 900
    lock_pegged_max_s: int = 3600


@dataclass(frozen=True, slots=True)
class Priced:
    """A price, who stands behind it under which rules, and how long it may hold."""

    price: Fraction
    source: str
    lock_max_s: int
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Unpriced:
    """No price, and why."""

    error: str
    notes: Sequence[str]


def pairs_needed(market: Market, pairs: Iterable[Pair]) -> set[Codes]:
    """Return which stored prices these pairs ask for, either way round."""
    calls = {
        call for pair in pairs for rules in market.rules for call in calls_in(expand(rules, pair))
    }
    return {codes for call in calls for codes in (_codes(call.pair), _codes(call.pair.inverse))}


def price_pair(
    market: Market, pair: Pair, rates: Iterable[Rate], now: dt.datetime
) -> Priced | Unpriced:
    """Price a pair: the bid, less the spread, of the first rules that give one.

    What rests on nothing but coins at par has no spread and may be promised for longer.
    """
    outside = _Outside(market, rates, now)
    error = ""
    for rules in market.rules:
        plain = expand(rules, pair)
        calls = list(calls_in(plain))
        pegged = all(call.source == PAR for call in calls)
        spread = Decimal(0 if pegged else market.spread_bps) / BPS
        try:
            worth = evaluate(expand(rules, pair, spread=spread), outside.prices_for(plain))
        except RuleFailed as failed:
            error = error or failed.error
            continue
        source = f"{outside.said_by(calls)} by rules {rules.digest[:8]}"
        lock_max_s = market.lock_pegged_max_s if pegged else market.lock_max_s
        price = Fraction(round(worth.bid * _PLACES), _PLACES)
        if price == 0:
            return Unpriced("too small", outside.notes)
        return Priced(price, source, lock_max_s, outside.notes)
    return Unpriced(error, outside.notes)


class _Outside:
    """What the prices that rules name are, said of stored rates at one instant."""

    def __init__(self, market: Market, rates: Iterable[Rate], now: dt.datetime) -> None:
        self._market = market
        self._now = now
        self._rates: dict[Codes, list[Rate]] = {}
        for rate in rates:
            self._rates.setdefault((rate.base, rate.quote), []).append(rate)
        self._used: dict[Call, Sequence[str]] = {}
        self.notes: list[str] = []

    def prices_for(self, expression: Expression) -> Mapping[Call, Sided]:
        """Return the prices that there are of those an expression needs, either way round."""
        prices: dict[Call, Sided] = {}
        for call in dict.fromkeys(calls_in(expression)):
            for way in (call, Call(call.source, call.pair.inverse)):
                price = self._price(way)
                if price is not None:
                    prices[way] = Sided(price, price)
                    break
        return prices

    def said_by(self, calls: Iterable[Call]) -> str:
        """Return who stands behind calls."""
        ways = {way for call in calls for way in (call, Call(call.source, call.pair.inverse))}
        names = {name for way in ways for name in self._used.get(way, ())}
        return "+".join(sorted(names)) or "constant"

    def _price(self, call: Call) -> Fraction | None:
        rates = self._rates.get(_codes(call.pair), [])
        if call.source in {AGREED, PAR}:
            return self._agreed(call, [one for one in rates if one.source in self._market.venues])
        live = [one for one in rates if is_live(one, self._now, self._market.bounds)]
        if call.source == WRAPPED:
            return self._wrapped(call, [one for one in live if one.source in self._market.venues])
        for rate in live:
            if rate.source == call.source:
                self._used[call] = [rate.source]
                return rate.price
        return None

    def _agreed(self, call: Call, rates: Sequence[Rate]) -> Fraction | None:
        agreed = aggregate(rates, self._now, self._market.bounds)
        if not isinstance(agreed, Agreed):
            if rates:
                self.notes.append(f"{call.pair} {agreed.why}: {agreed.live} live")
            return None
        if agreed.dropped:
            self.notes.append(f"{call.pair} outliers: {'+'.join(agreed.dropped)}")
        self._used[call] = agreed.used
        if call.source == AGREED:
            return agreed.price
        pegged = judge_peg(agreed.price)
        if pegged.state is not Peg.PAR:
            self.notes.append(f"{call.pair} off par, {pegged.state}: {float(agreed.price):.4f}")
        return pegged.price

    def _wrapped(self, call: Call, live: Sequence[Rate]) -> Fraction | None:
        if not live:
            return None
        ratio = median([rate.price for rate in live])
        pegged = judge_wrapped(ratio)
        if pegged.price is None:
            self.notes.append(f"{call.pair} off par, {pegged.state}: {float(ratio):.4f}")
        self._used[call] = sorted(rate.source for rate in live)
        return pegged.price


def _codes(pair: Pair) -> Codes:
    return pair.left.lower(), pair.right.lower()
