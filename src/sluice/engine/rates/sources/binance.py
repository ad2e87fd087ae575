"""Prices of Binance: the middle of the book in USDT, as old as our asking."""

from fractions import Fraction
from typing import Final
from urllib.parse import quote

import msgspec

from sluice.engine.rates.model import Rate
from sluice.engine.rates.sources.feed import Fault, Feed, FeedTrouble, Sieve, middle_of

URL: Final = "https://data-api.binance.vision"
SYMBOLS: Final = {
    ("btc", "usdt"): "BTCUSDT",
    ("stx", "usdt"): "STXUSDT",
    ("usdc", "usdt"): "USDCUSDT",
    ("eur", "usdt"): "EURUSDT",
    ("btc", "eur"): "BTCEUR",
}


class _Book(msgspec.Struct):
    symbol: str
    bid: str = msgspec.field(name="bidPrice")
    ask: str = msgspec.field(name="askPrice")


_BOOKS: Final = msgspec.json.Decoder(list[_Book])


class BinanceRates:
    """One request for all pairs."""

    name = "binance"

    def __init__(self, feed: Feed, symbols: dict[tuple[str, str], str]) -> None:
        self._feed = feed
        self._symbols = symbols

    async def read(self) -> list[Rate]:
        """Return the prices of all its pairs."""
        asked = ",".join(f'"{symbol}"' for symbol in self._symbols.values())
        path = f"/api/v3/ticker/bookTicker?symbols={quote(f'[{asked}]', safe='')}"
        books = {book.symbol: book for book in await self._feed.get(path, _BOOKS)}
        sieve, now = Sieve(self.name), self._feed.now()
        for pair, symbol in self._symbols.items():
            try:
                sieve.keep(pair, _middle(books.get(symbol)), now)
            except FeedTrouble as trouble:
                sieve.refuse(pair, trouble)
        return sieve.result()


def _middle(book: _Book | None) -> Fraction:
    if book is None:
        raise FeedTrouble(Fault.NONSENSE, "the pair is not in the answer")
    return middle_of(book.bid, book.ask)
