"""Feed: one venue's public HTTP, bounded; what it says is read strictly or refused."""

import datetime as dt
import re
from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from http import HTTPStatus
from typing import ClassVar, Final, TypeVar

import msgspec
import structlog

from sluice.base.clock import Clock
from sluice.base.egress import Egress, EgressError
from sluice.base.errors import Kind, SluiceError
from sluice.engine.chains.endpoint import Endpoint, retry_after_s
from sluice.engine.rates.model import Rate

T = TypeVar("T")

log = structlog.get_logger()

READ_S: Final = 5.0
ANSWER_MAX: Final = 256 * 1024
# Wider than any market worth believing; a halted or thin one is refused.
BOOK_MAX_BPS: Final = 200

_BPS: Final = 10_000
_PRICE_MAX: Final = 10**15
_PRICE_MIN: Final = Fraction(1, 10**15)
_NUMBER: Final = re.compile(
    r"(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,24})?(?:[eE][+-]?[0-9]{1,2})?", re.ASCII
)
_SECONDS: Final = re.compile(r"[1-9][0-9]{8,10}", re.ASCII)
_INSTANT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?Z", re.ASCII
)
# Binance answers 418 to who did not heed its 429.
_SLOWER: Final = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.IM_A_TEAPOT}


class Fault(StrEnum):
    """Why a venue gave no price."""

    UNREACHABLE = "unreachable"
    RATE_LIMITED = "rate_limited"
    REFUSED = "refused"  # an error of the venue's own, or a key it does not accept
    UNKNOWN_PAIR = "unknown_pair"
    NONSENSE = "nonsense"  # not the shape it promises, or another pair than asked for
    ZERO = "zero_price"
    CROSSED = "crossed_book"
    WIDE = "wide_book"
    STALE = "stale_price"
    UNSURE = "unsure"  # the venue itself does not trust its price


class FeedTrouble(SluiceError):
    """A venue that gave no price; its `code` is the Fault."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE

    def __init__(self, fault: Fault, message: str, *, wait_s: float | None = None) -> None:
        super().__init__(message, code=fault.value)
        self.fault = fault
        self.wait_s = wait_s

    @property
    def concerns_all(self) -> bool:
        """Say whether asking the same venue for another pair is no use."""
        return self.fault in {Fault.UNREACHABLE, Fault.RATE_LIMITED, Fault.REFUSED}


class Feed:
    """One venue's door. Raises FeedTrouble; no message holds a key."""

    def __init__(
        self, url: str, egress: Egress, clock: Clock, *, key_header: str | None = None
    ) -> None:
        self._endpoint = Endpoint.of(url, key_header=key_header)
        self._egress = egress
        self._clock = clock

    def now(self) -> dt.datetime:
        """Return when an answer came that does not say how old it is."""
        return self._clock.now()

    async def get(self, path: str, decoder: "msgspec.json.Decoder[T]") -> T:
        """Return what a path says, in the decoder's shape."""
        host = self._endpoint.host
        try:
            answer = await self._egress.get(
                self._endpoint.at(path),
                headers=self._endpoint.headers,
                timeout_s=READ_S,
                answer_max=ANSWER_MAX,
            )
        except EgressError as error:
            raise FeedTrouble(Fault.UNREACHABLE, f"{host}: {error.code}") from error
        if answer.status in _SLOWER:
            wait_s = retry_after_s(answer.headers, self._clock.now())
            raise FeedTrouble(Fault.RATE_LIMITED, f"{host} asks us to wait", wait_s=wait_s)
        if answer.status == HTTPStatus.NOT_FOUND:
            raise FeedTrouble(Fault.UNKNOWN_PAIR, f"{host} does not know this pair")
        if answer.status != HTTPStatus.OK:
            raise FeedTrouble(Fault.REFUSED, f"{host} answered {answer.status}")
        return decode(answer.body, decoder)


def decode(body: bytes, decoder: "msgspec.json.Decoder[T]") -> T:
    """Return a body in the decoder's shape, or raise FeedTrouble."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise FeedTrouble(Fault.NONSENSE, f"not what was promised: {str(error)[:100]}") from error


def read_price(text: str | msgspec.Raw) -> Fraction:
    """Read a decimal exactly: a string, or a JSON number as it was written."""
    written = text if isinstance(text, str) else bytes(text).decode("ascii", "replace")
    if not _NUMBER.fullmatch(written):
        raise FeedTrouble(Fault.NONSENSE, "a price is not a number above zero")
    price = Fraction(written)
    if price == 0:
        raise FeedTrouble(Fault.ZERO, "a price is zero")
    if not _PRICE_MIN <= price <= _PRICE_MAX:
        raise FeedTrouble(Fault.NONSENSE, "a price is beyond belief")
    return price


def middle_of(bid: str, ask: str) -> Fraction:
    """Return the price halfway between a bid and an ask that are not crossed and not far apart."""
    low, high = read_price(bid), read_price(ask)
    if low > high:
        raise FeedTrouble(Fault.CROSSED, "the bid is above the ask")
    if (high - low) * _BPS > BOOK_MAX_BPS * low:
        raise FeedTrouble(Fault.WIDE, "bid and ask are too far apart")
    return (low + high) / 2


def read_seconds(value: str | int) -> dt.datetime:
    """Read an instant in seconds since 1970."""
    if not _SECONDS.fullmatch(str(value)):
        raise FeedTrouble(Fault.NONSENSE, "a time is no time in seconds")
    return dt.datetime.fromtimestamp(int(value), dt.UTC)


def read_instant(text: str) -> dt.datetime:
    """Read an instant such as `2024-03-13T11:10:41.270099Z`; finer than microseconds is cut."""
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise FeedTrouble(Fault.NONSENSE, "a time is not written as one")
    try:
        return dt.datetime.fromisoformat(f"{found[1]}{(found[2] or '.0')[:7]}+00:00")
    except ValueError as error:
        raise FeedTrouble(Fault.NONSENSE, "a time does not exist") from error


class Sieve:
    """Gathers the good prices of one answer; a bad one is told and costs only its own pair."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.rates: list[Rate] = []
        self.faults: dict[str, FeedTrouble] = {}

    def keep(self, pair: tuple[str, str], price: Fraction, observed_at: dt.datetime) -> None:
        """Keep a price of a pair of codes."""
        self.rates.append(Rate(*pair, price, self._source, observed_at))

    def refuse(self, pair: tuple[str, str], trouble: FeedTrouble) -> None:
        """Remember why a pair has no price."""
        self.faults["/".join(pair)] = trouble

    def result(self) -> list[Rate]:
        """Return what is good; raise the first fault when nothing is."""
        if self.faults and not self.rates:
            raise next(iter(self.faults.values()))
        for pair, trouble in self.faults.items():
            log.warning("rates.refused", source=self._source, pair=pair, fault=trouble.code)
        return self.rates


def chosen(
    symbols: Mapping[tuple[str, str], T], pairs: "frozenset[tuple[str, str]] | None"
) -> dict[tuple[str, str], T]:
    """Return a venue's symbols of the pairs an operator chose, or all that are known."""
    return {pair: symbol for pair, symbol in symbols.items() if pairs is None or pair in pairs}
