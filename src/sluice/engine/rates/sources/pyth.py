"""Prices of Pyth, by Hermes: whole numbers with an exponent, and how sure Pyth is of them."""

import datetime as dt
import re
from fractions import Fraction
from typing import Final

import msgspec

from sluice.engine.rates.model import Rate
from sluice.engine.rates.sources.feed import (
    Fault,
    Feed,
    FeedTrouble,
    Sieve,
    read_price,
    read_seconds,
)

URL: Final = "https://hermes.pyth.network"
KEY_HEADER: Final = "Authorization"
# A price that Pyth holds for less sure than this part of itself is no price.
CONF_MAX_BPS: Final = 100
SYMBOLS: Final = {
    ("btc", "usd"): "e62df6c8b4a85fe1a67db44dc12de5db330f7ac66b72dc658afedf0f4a415b43",
    ("stx", "usd"): "ec7a775f46379b5e943c3526b1c8d54cd49749176b0b98e02dde68d1bd335c17",
    ("usdc", "usd"): "eaa020c61cc479712813461ce153894a96a6c00b21ed0cfc2798d1f9a9e9c94a",
    ("usdt", "usd"): "2b89b9dc8fdf9f34709a5b106b472f0f39bb6ca9ce04b0fd7f2e971688e2e53b",
}
_BPS: Final = 10_000
_EXPONENT_MIN: Final = -18
_WHOLE: Final = re.compile(r"[0-9]{1,18}", re.ASCII)


class _Price(msgspec.Struct):
    price: str
    conf: str
    expo: int
    publish_time: int


class _Parsed(msgspec.Struct):
    id: str
    price: _Price


class _Latest(msgspec.Struct):
    parsed: list[_Parsed]


_LATEST: Final = msgspec.json.Decoder(_Latest)


class PythRates:
    """One request for all pairs; it needs a key. Answers are told apart by id, not by order."""

    name = "pyth"

    def __init__(self, feed: Feed, symbols: dict[tuple[str, str], str]) -> None:
        self._feed = feed
        self._symbols = symbols

    async def read(self) -> list[Rate]:
        """Return the prices of all its pairs."""
        ids = "&".join(f"ids%5B%5D={one}" for one in self._symbols.values())
        latest = await self._feed.get(f"/v2/updates/price/latest?{ids}&parsed=true", _LATEST)
        said = {one.id.lower().removeprefix("0x"): one.price for one in latest.parsed}
        sieve = Sieve(self.name)
        for pair, feed_id in self._symbols.items():
            try:
                sieve.keep(pair, *_sure(said.get(feed_id)))
            except FeedTrouble as trouble:
                sieve.refuse(pair, trouble)
        return sieve.result()


def _sure(said: _Price | None) -> tuple[Fraction, dt.datetime]:
    if said is None:
        raise FeedTrouble(Fault.NONSENSE, "the pair is not in the answer")
    if not _EXPONENT_MIN <= said.expo <= 0:
        raise FeedTrouble(Fault.NONSENSE, "an exponent is beyond belief")
    if not (_WHOLE.fullmatch(said.price) and _WHOLE.fullmatch(said.conf)):
        raise FeedTrouble(Fault.NONSENSE, "a price is no whole number")
    price, unsure = read_price(said.price), int(said.conf)
    if unsure * _BPS > price * CONF_MAX_BPS:
        raise FeedTrouble(Fault.UNSURE, "pyth is not sure of the price")
    return price * Fraction(1, 10**-said.expo), read_seconds(said.publish_time)
