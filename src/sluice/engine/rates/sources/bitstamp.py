"""Prices of Bitstamp: the middle of the book, with the venue's own time."""

from typing import Final

import msgspec

from sluice.engine.rates.model import Rate
from sluice.engine.rates.sources.feed import Feed, FeedTrouble, Sieve, middle_of, read_seconds

URL: Final = "https://www.bitstamp.net"
SYMBOLS: Final = {
    ("btc", "usd"): "btcusd",
    ("btc", "eur"): "btceur",
    ("btc", "gbp"): "btcgbp",
    ("usdc", "usd"): "usdcusd",
    ("usdt", "usd"): "usdtusd",
    ("eur", "usd"): "eurusd",
    ("gbp", "usd"): "gbpusd",
}


class _Ticker(msgspec.Struct):
    bid: str
    ask: str
    timestamp: str


_TICKER: Final = msgspec.json.Decoder(_Ticker)


class BitstampRates:
    """One request for each pair."""

    name = "bitstamp"

    def __init__(self, feed: Feed, symbols: dict[tuple[str, str], str]) -> None:
        self._feed = feed
        self._symbols = symbols

    async def read(self) -> list[Rate]:
        """Return the prices of all its pairs."""
        sieve = Sieve(self.name)
        for pair, symbol in self._symbols.items():
            try:
                ticker = await self._feed.get(f"/api/v2/ticker/{symbol}/", _TICKER)
                sieve.keep(pair, middle_of(ticker.bid, ticker.ask), read_seconds(ticker.timestamp))
            except FeedTrouble as trouble:
                sieve.refuse(pair, trouble)
                if trouble.concerns_all:
                    break
        return sieve.result()
