"""The rates file -> venues and the market they make: whom to ask for live prices, and how."""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import quote

from sluice.app.networks import Parts
from sluice.base.errors import Invalid
from sluice.engine.chains.oracle import Oracle
from sluice.engine.chains.stacks import oracles
from sluice.engine.chains.stacks.api import Api
from sluice.engine.chains.stacks.principals import Contract, parse_contract
from sluice.engine.rates.aggregate import Bounds
from sluice.engine.rates.market import (
    AGREED,
    DEFAULT_RULES,
    FIXED,
    PAR,
    SPREAD_BPS,
    WRAPPED,
    Market,
)
from sluice.engine.rates.rules.expand import calls_in
from sluice.engine.rates.rules.model import Rules
from sluice.engine.rates.rules.read import read_rules
from sluice.engine.rates.source import RateSource
from sluice.engine.rates.sources import binance, bitstamp, coinbase, coingecko, dia, kraken, pyth
from sluice.engine.rates.sources.feed import Feed, chosen
from sluice.engine.rates.sources.onchain import OnChainRates
from sluice.engine.rates.sources.venues import Venues

Pair: TypeAlias = tuple[str, str]


class _Venue(NamedTuple):
    """How a venue is reached and built, and the pairs it is asked for."""

    url: str
    symbols: Mapping[Pair, Any]
    build: Callable[[Feed, dict[Pair, Any]], RateSource]
    key_header: str | None = None
    key_prefix: str = ""


class Priced(NamedTuple):
    """What the file asks for: a source of rates, and how its rates become prices."""

    source: RateSource
    market: Market


_VENUES: Final[Mapping[str, _Venue]] = {
    "coinbase": _Venue(coinbase.URL, coinbase.SYMBOLS, coinbase.CoinbaseRates),
    "kraken": _Venue(kraken.URL, kraken.SYMBOLS, kraken.KrakenRates),
    "bitstamp": _Venue(bitstamp.URL, bitstamp.SYMBOLS, bitstamp.BitstampRates),
    "binance": _Venue(binance.URL, binance.SYMBOLS, binance.BinanceRates),
    "dia": _Venue(dia.URL, dia.SYMBOLS, dia.DiaRates),
    "coingecko": _Venue(
        coingecko.URL, coingecko.SYMBOLS, coingecko.CoinGeckoRates, coingecko.KEY_HEADER
    ),
    "pyth": _Venue(pyth.URL, pyth.SYMBOLS, pyth.PythRates, pyth.KEY_HEADER, "Bearer "),
}


class _OnChain(NamedTuple):
    """An oracle contract: where it is on mainnet, its feeds, and how it is read."""

    contract: str
    feeds: Mapping[Pair, str]
    build: Callable[[Api, Contract], Oracle]


_ORACLES: Final[Mapping[str, _OnChain]] = {
    "dia_stacks": _OnChain(
        oracles.DIA, {("btc", "usd"): "BTC/USD", ("stx", "usd"): "STX/USD"}, oracles.DiaOnStacks
    ),
    "pyth_stacks": _OnChain(
        oracles.PYTH,
        {pair: feed for pair, feed in pyth.SYMBOLS.items() if pair != ("usdt", "usd")},
        oracles.PythOnStacks,
    ),
}
_KEYS: Final = {"url", "key", "pairs"}
_ORACLE_KEYS: Final = {"url", "contract", "pairs"}
_NUMBERS: Final = {"spread_bps": (0, 1000), "venues_min": (2, 7), "age_max_s": (10, 600)}
_TEXTS: Final = {"rules", "fallback_rules"}
_MADE: Final = {AGREED, PAR, WRAPPED, FIXED}


def read_rates(path: str, parts: Parts) -> Priced | None:
    """Read a TOML file with a table for each venue; an empty path means no market.

    Raises Invalid with code `rates_invalid` or `rate_rule_invalid`.
    """
    if not path:
        return None
    try:
        said = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Invalid(
            f"Cannot read the rates file {path}: {error}", code="rates_invalid"
        ) from error
    numbers = {name: _number(said, name) for name in _NUMBERS if name in said}
    tables = {name: said[name] for name in said if name not in {*_NUMBERS, *_TEXTS}}
    bounds = Bounds(**{name: value for name, value in numbers.items() if name != "spread_bps"})
    if len(tables) < bounds.venues_min:
        raise _refused(
            f"needs at least {bounds.venues_min} venues of {', '.join([*_VENUES, *_ORACLES])}"
        )
    sources = [_source(name, table, parts) for name, table in tables.items()]
    rules = [_rules(said.get(name), [*tables]) for name in ("rules", "fallback_rules")]
    market = Market(
        [*tables],
        [rules[0] or read_rules(DEFAULT_RULES), *filter(None, rules[1:])],
        bounds,
        spread_bps=numbers.get("spread_bps", SPREAD_BPS),
    )
    return Priced(Venues(sources, parts.clock, still_max_s=bounds.still_max_s), market)


def _source(name: str, table: Any, parts: Parts) -> RateSource:  # noqa: ANN401 - TOML
    if name in _ORACLES:
        return _oracle(name, table, parts)
    venue = _VENUES.get(name)
    if venue is None:
        known = ", ".join([*_VENUES, *_ORACLES])
        raise _refused(f"names {name}; it knows {known} and {', '.join(_NUMBERS)}")
    if not isinstance(table, dict) or set(table) - _KEYS:
        raise _refused(f"may say of {name} only {', '.join(sorted(_KEYS))}")
    if "key" in table and venue.key_header is None:
        raise _refused(f"has a key for {name}, which takes none")
    if venue.key_header is not None and not {"key", "url"} & set(table):
        raise _refused(f"needs a key for {name}")
    symbols = chosen(venue.symbols, _pairs(name, table, venue.symbols))
    url = str(table.get("url", venue.url))
    if "key" in table:
        scheme, _, rest = url.partition("://")
        url = f"{scheme}://{quote(venue.key_prefix + str(table['key']), safe='')}@{rest}"
    return venue.build(Feed(url, parts.egress, parts.clock, key_header=venue.key_header), symbols)


def _oracle(name: str, table: Any, parts: Parts) -> RateSource:  # noqa: ANN401 - TOML
    """Build the source of an oracle contract, asked through a provider of its network."""
    known = _ORACLES[name]
    if not isinstance(table, dict) or set(table) - _ORACLE_KEYS:
        raise _refused(f"may say of {name} only {', '.join(sorted(_ORACLE_KEYS))}")
    if not isinstance(table.get("url"), str):
        raise _refused(f"needs the URL of a Stacks API or node as url of {name}")
    api = Api(table["url"], parts.egress, parts.clock)
    contract = parse_contract(str(table.get("contract", known.contract)))
    feeds = chosen(known.feeds, _pairs(name, table, known.feeds))
    return OnChainRates(name, known.build(api, contract), feeds, parts.clock)


def _pairs(name: str, table: Mapping[str, Any], has: Mapping[Pair, Any]) -> frozenset[Pair] | None:
    """Return the pairs that the file asks of a venue; None means all."""
    if "pairs" not in table:
        return None
    known = {"/".join(pair): pair for pair in has}
    asked = table["pairs"]
    if not isinstance(asked, list) or not asked or not all(one in known for one in asked):
        raise _refused(f"needs a list of pairs of {name}; it has {', '.join(known)}")
    return frozenset(known[one] for one in asked)


def _rules(text: Any, venues: list[str]) -> Rules | None:  # noqa: ANN401 - TOML
    if text is None:
        return None
    if not isinstance(text, str):
        raise _refused("needs rules as a text")
    rules = read_rules(text)
    named = {call.source for rule in rules.rules for call in calls_in(rule.expression)}
    if unknown := named - _MADE - set(venues):
        raise _refused(f"has rules that name {', '.join(sorted(unknown))}, which it does not ask")
    return rules


def _number(said: Mapping[str, Any], name: str) -> int:
    least, most = _NUMBERS[name]
    value = said[name]
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _refused(f"needs {name} as a whole number from {least} to {most}")
    return value


def _refused(problem: str) -> Invalid:
    return Invalid(f"The rates file {problem}.", code="rates_invalid")
