"""Prices of Kraken: the middle of the book, as old as our asking; errors come with status 200."""

from fractions import Fraction
from typing import Final, NamedTuple

import msgspec

from sluice.engine.rates.model import Rate
from sluice.engine.rates.sources.feed import Fault, Feed, FeedTrouble, Sieve, middle_of

URL: Final = "https://api.kraken.com"


class Symbol(NamedTuple):
    """How a pair is asked for, and how the answer calls it."""

    asked: str
    answered: str


SYMBOLS: Final = {
    ("btc", "usd"): Symbol("XBTUSD", "XXBTZUSD"),
    ("btc", "eur"): Symbol("XBTEUR", "XXBTZEUR"),
    ("btc", "gbp"): Symbol("XBTGBP", "XXBTZGBP"),
    ("btc", "usdt"): Symbol("XBTUSDT", "XBTUSDT"),
    ("stx", "usd"): Symbol("STXUSD", "STXUSD"),
    ("usdc", "usd"): Symbol("USDCUSD", "USDCUSD"),
    ("usdt", "usd"): Symbol("USDTZUSD", "USDTZUSD"),
    ("eur", "usd"): Symbol("EURUSD", "ZEURZUSD"),
    ("gbp", "usd"): Symbol("GBPUSD", "ZGBPZUSD"),
}
_FAULTS: Final = (
    ("EAPI:Rate limit", Fault.RATE_LIMITED),
    ("EGeneral:Too many requests", Fault.RATE_LIMITED),
    ("EQuery:Unknown asset pair", Fault.UNKNOWN_PAIR),
)


class _Ticker(msgspec.Struct):
    a: list[str]
    b: list[str]


class _Tickers(msgspec.Struct):
    error: list[str]
    result: dict[str, _Ticker] = {}


_TICKERS: Final = msgspec.json.Decoder(_Tickers)


class KrakenRates:
    """One request for all pairs; an unknown one fails them all."""

    name = "kraken"

    def __init__(self, feed: Feed, symbols: dict[tuple[str, str], Symbol]) -> None:
        self._feed = feed
        self._symbols = symbols

    async def read(self) -> list[Rate]:
        """Return the prices of all its pairs."""
        asked = ",".join(symbol.asked for symbol in self._symbols.values())
        tickers = await self._feed.get(f"/0/public/Ticker?pair={asked}", _TICKERS)
        if tickers.error:
            raise _trouble(tickers.error[0])
        sieve, now = Sieve(self.name), self._feed.now()
        for pair, symbol in self._symbols.items():
            try:
                sieve.keep(pair, _middle(tickers.result.get(symbol.answered)), now)
            except FeedTrouble as trouble:
                sieve.refuse(pair, trouble)
        return sieve.result()


def _middle(ticker: _Ticker | None) -> Fraction:
    if ticker is None or not (ticker.a and ticker.b):
        raise FeedTrouble(Fault.NONSENSE, "the pair is not in the answer")
    return middle_of(ticker.b[0], ticker.a[0])


def _trouble(error: str) -> FeedTrouble:
    fault = next((fault for start, fault in _FAULTS if error.startswith(start)), Fault.REFUSED)
    return FeedTrouble(fault, f"kraken says {error[:80]!r}")
