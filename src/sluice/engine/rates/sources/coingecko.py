"""Prices of CoinGecko: averages over many venues, as JSON numbers, each with its own age."""

from fractions import Fraction
from typing import Final

import msgspec

from sluice.engine.rates.model import Rate
from sluice.engine.rates.sources.feed import (
    Fault,
    Feed,
    FeedTrouble,
    Sieve,
    decode,
    read_price,
    read_seconds,
)

URL: Final = "https://api.coingecko.com"
KEY_HEADER: Final = "x-cg-demo-api-key"
_IDS: Final = {
    "btc": "bitcoin",
    "stx": "blockstack",
    "usdc": "usd-coin",
    "usdt": "tether",
    "sbtc": "sbtc-2",
}
SYMBOLS: Final = {
    (asset, quote): (coin, quote)
    for asset, coin in _IDS.items()
    for quote in ("usd", "eur", "gbp", "chf", "cad", "aud", "jpy")
} | {("sbtc", "btc"): ("sbtc-2", "btc")}

_COINS: Final = msgspec.json.Decoder(dict[str, dict[str, msgspec.Raw]])
_TIME: Final = msgspec.json.Decoder(int)


class CoinGeckoRates:
    """One request for all pairs; it needs a key."""

    name = "coingecko"

    def __init__(self, feed: Feed, symbols: dict[tuple[str, str], tuple[str, str]]) -> None:
        self._feed = feed
        self._symbols = symbols

    async def read(self) -> list[Rate]:
        """Return the prices of all its pairs."""
        ids = ",".join(sorted({coin for coin, _ in self._symbols.values()}))
        quotes = ",".join(sorted({quote for _, quote in self._symbols.values()}))
        path = (
            f"/api/v3/simple/price?ids={ids}&vs_currencies={quotes}"
            "&include_last_updated_at=true&precision=full"
        )
        coins = await self._feed.get(path, _COINS)
        sieve = Sieve(self.name)
        for pair, (coin, quote) in self._symbols.items():
            try:
                said = coins.get(coin, {})
                observed_at = read_seconds(decode(_part(said, "last_updated_at"), _TIME))
                sieve.keep(pair, _price(said, quote), observed_at)
            except FeedTrouble as trouble:
                sieve.refuse(pair, trouble)
        return sieve.result()


def _price(said: dict[str, msgspec.Raw], quote: str) -> Fraction:
    return read_price(_part(said, quote))


def _part(said: dict[str, msgspec.Raw], name: str) -> msgspec.Raw:
    if name not in said:
        raise FeedTrouble(Fault.NONSENSE, f"{name} is not in the answer")
    return said[name]
