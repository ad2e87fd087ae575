"""DIA and Pyth on Stacks: read-only calls, and what their answers must hold to be a price."""

import datetime as dt
from fractions import Fraction
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.oracle import Observed, OracleUnusable
from sluice.engine.chains.stacks.api import Api
from sluice.engine.chains.stacks.clarity.model import (
    Ascii,
    Buffer,
    Int,
    Ok,
    TupleOf,
    UInt,
    Value,
)
from sluice.engine.chains.stacks.clarity.read import decode_value
from sluice.engine.chains.stacks.principals import Contract

DIA: Final = "SP1G48FZ4Y7JY8G2Z0N51QTCYGBQ6F4J43J77BQC0.dia-oracle"
PYTH: Final = "SP1CGXWEAMG6P6FT04W66NVGJ7PQWMDAC19R7PJ0Y.pyth-storage-v4"

_DIA_SCALE: Final = 10**8
# Pyth counts in 64 bits, and each feed by its own power of ten.
_PYTH_MAX: Final = 2**63 - 1
_EXPONENTS: Final = range(-18, 9)
# A price that Pyth holds for less sure than this part of itself is no price.
_UNSURE_MAX_BPS: Final = 100
_BPS: Final = 10_000
# DIA stamps in milliseconds and is documented in seconds: no time in seconds is this large.
_SECONDS_MAX: Final = 10**11
_PRICE_MAX: Final = 10**15


class DiaOnStacks:
    """DIA's pushed prices: whole numbers of 1e-8, and zeros for a key that it does not know."""

    def __init__(self, api: Api, contract: Contract) -> None:
        self._api = api
        self._contract = contract

    async def observe(self, feed: str) -> Observed:
        """Return the value of a key such as `BTC/USD`."""
        said = await _ask(self._api, self._contract, "get-value", Ascii(feed))
        value, stamp = _whole(said, "value"), _whole(said, "timestamp")
        return Observed(_price(Fraction(value, _DIA_SCALE)), _instant(stamp))


class PythOnStacks:
    """Pyth's pulled prices, as somebody last brought them: an exponent, and how sure Pyth is."""

    def __init__(self, api: Api, contract: Contract) -> None:
        self._api = api
        self._contract = contract

    async def observe(self, feed: str) -> Observed:
        """Return the price of a feed, named by 64 hex digits."""
        said = await _ask(self._api, self._contract, "get-price", Buffer(bytes.fromhex(feed)))
        price, exponent = said.get("price"), said.get("expo")
        if not isinstance(price, Int) or not isinstance(exponent, Int):
            raise OracleUnusable("The answer has no price with an exponent.")
        if not 0 < price.value <= _PYTH_MAX or exponent.value not in _EXPONENTS:
            raise OracleUnusable("The price is not above zero, or beyond belief.")
        if _whole(said, "conf") * _BPS > price.value * _UNSURE_MAX_BPS:
            raise OracleUnusable("Pyth is not sure of the price.")
        exact = price.value * Fraction(10) ** exponent.value
        return Observed(_price(exact), _instant(_whole(said, "publish-time")))


async def _ask(api: Api, contract: Contract, function: str, argument: Value) -> TupleOf:
    """Return the tuple that a read-only function answers in `(ok …)`."""
    raw = await api.ask(contract, function, (argument,))
    if raw is None:
        raise OracleUnusable(f"{contract} has no {function}, or it fails.")
    try:
        answer = decode_value(raw)
    except Invalid as error:
        raise OracleUnusable(f"{contract} answers nonsense: {error.message}") from error
    if not isinstance(answer, Ok) or not isinstance(answer.value, TupleOf):
        raise OracleUnusable(f"{contract} knows no such feed.")
    return answer.value


def _whole(said: TupleOf, name: str) -> int:
    value = said.get(name)
    if not isinstance(value, UInt):
        raise OracleUnusable(f"The answer has no whole number as {name}.")
    return value.value


def _price(price: Fraction) -> Fraction:
    if not 0 < price <= _PRICE_MAX:
        raise OracleUnusable("The price is zero, or beyond belief.")
    return price


def _instant(stamp: int) -> dt.datetime:
    """Read a time in milliseconds or seconds, told apart by size."""
    seconds, micros = (stamp, 0) if stamp < _SECONDS_MAX else divmod(stamp * 1000, 10**6)
    if not 0 < seconds < _SECONDS_MAX:
        raise OracleUnusable("The price has no time.")
    start = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return start + dt.timedelta(seconds=seconds, microseconds=micros)
