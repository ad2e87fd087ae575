"""Prices of DIA: averages over many venues in dollars, as JSON numbers with their time."""

from typing import Final

import msgspec

from sluice.engine.rates.model import Rate
from sluice.engine.rates.sources.feed import (
    Fault,
    Feed,
    FeedTrouble,
    Sieve,
    read_instant,
    read_price,
)

URL: Final = "https://api.diadata.org"
SYMBOLS: Final = {
    ("btc", "usd"): "BTC",
    ("stx", "usd"): "STX",
    ("usdc", "usd"): "USDC",
    ("usdt", "usd"): "USDT",
}


class _Quotation(msgspec.Struct):
    symbol: str = msgspec.field(name="Symbol")
    price: msgspec.Raw = msgspec.field(name="Price")
    time: str = msgspec.field(name="Time")


_QUOTATION: Final = msgspec.json.Decoder(_Quotation)


class DiaRates:
    """One request for each asset."""

    name = "dia"

    def __init__(self, feed: Feed, symbols: dict[tuple[str, str], str]) -> None:
        self._feed = feed
        self._symbols = symbols

    async def read(self) -> list[Rate]:
        """Return the prices of all its pairs."""
        sieve = Sieve(self.name)
        for pair, symbol in self._symbols.items():
            try:
                said = await self._feed.get(f"/v1/quotation/{symbol}", _QUOTATION)
                _check(said, symbol)
                sieve.keep(pair, read_price(said.price), read_instant(said.time))
            except FeedTrouble as trouble:
                sieve.refuse(pair, trouble)
                if trouble.concerns_all:
                    break
        return sieve.result()


def _check(said: _Quotation, symbol: str) -> None:
    if said.symbol != symbol:
        raise FeedTrouble(Fault.NONSENSE, "the answer is about another asset")
