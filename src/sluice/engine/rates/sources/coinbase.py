"""Prices of Coinbase Exchange: the middle of the book, as old as the last trade."""

from typing import Final

import msgspec

from sluice.engine.rates.model import Rate
from sluice.engine.rates.sources.feed import Feed, FeedTrouble, Sieve, middle_of, read_instant

URL: Final = "https://api.exchange.coinbase.com"
SYMBOLS: Final = {
    ("btc", "usd"): "BTC-USD",
    ("btc", "eur"): "BTC-EUR",
    ("btc", "gbp"): "BTC-GBP",
    ("stx", "usd"): "STX-USD",
    ("usdt", "usd"): "USDT-USD",
}


class _Ticker(msgspec.Struct):
    bid: str
    ask: str
    time: str


_TICKER: Final = msgspec.json.Decoder(_Ticker)


class CoinbaseRates:
    """One request for each pair; the public limit is about ten a second."""

    name = "coinbase"

    def __init__(self, feed: Feed, symbols: dict[tuple[str, str], str]) -> None:
        self._feed = feed
        self._symbols = symbols

    async def read(self) -> list[Rate]:
        """Return the prices of all its pairs."""
        sieve = Sieve(self.name)
        for pair, symbol in self._symbols.items():
            try:
                ticker = await self._feed.get(f"/products/{symbol}/ticker", _TICKER)
                sieve.keep(pair, middle_of(ticker.bid, ticker.ask), read_instant(ticker.time))
            except FeedTrouble as trouble:
                sieve.refuse(pair, trouble)
                if trouble.concerns_all:
                    break
        return sieve.result()
