"""What venues answer, recorded and forged, read through a server of our own."""

import asyncio
import contextlib
import datetime as dt
import json
from collections.abc import AsyncIterator, Callable
from fractions import Fraction
from functools import partial
from typing import Any, Final

import msgspec
import pytest

from sluice.base.clock import ManualClock
from sluice.base.egress import Egress
from sluice.base.reach import NODES
from sluice.engine.rates.model import Rate
from sluice.engine.rates.source import RateSource
from sluice.engine.rates.sources import binance, bitstamp, coinbase, coingecko, dia, kraken, pyth
from sluice.engine.rates.sources.feed import (
    ANSWER_MAX,
    Fault,
    Feed,
    FeedTrouble,
    decode,
    read_instant,
    read_price,
)
from sluice.engine.rates.sources.venues import Venues
from tests.unit.engine.rates.vectors import recorded

NOW: Final = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
BTC: Final = ("btc", "usdt")
Build = Callable[[Feed], RateSource]

COINBASE: Final[Build] = partial(coinbase.CoinbaseRates, symbols={BTC: "BTC-USDT"})
BITSTAMP: Final[Build] = partial(bitstamp.BitstampRates, symbols={BTC: "btcusdt"})
KRAKEN: Final[Build] = partial(
    kraken.KrakenRates, symbols={BTC: kraken.Symbol("XBTUSDT", "XBTUSDT")}
)
BINANCE: Final[Build] = partial(binance.BinanceRates, symbols={BTC: "BTCUSDT"})
COINGECKO: Final[Build] = partial(coingecko.CoinGeckoRates, symbols={BTC: ("bitcoin", "usd")})
DIA: Final[Build] = partial(dia.DiaRates, symbols={BTC: "BTC"})
PYTH: Final[Build] = partial(pyth.PythRates, symbols={BTC: pyth.SYMBOLS["btc", "usd"]})


class Venue:
    """A server that answers every request the same way and counts them."""

    def __init__(self, body: bytes, *, status: int = 200, headers: str = "") -> None:
        self.body, self.status, self.headers = body, status, headers
        self.asked: list[str] = []
        self.clock = ManualClock(NOW)

    async def visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head)
        length = f"Content-Length: {len(self.body)}\r\nConnection: close\r\n{self.headers}\r\n"
        writer.write(f"HTTP/1.1 {self.status} Said\r\n{length}".encode() + self.body)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
            writer.close()

    @contextlib.asynccontextmanager
    async def open(self, build: Build, *, key: str = "") -> AsyncIterator[RateSource]:
        server = await asyncio.start_server(self.visit, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        egress = Egress(NODES)
        url = f"http://{key}127.0.0.1:{port}"
        try:
            yield build(Feed(url, egress, self.clock, key_header="x-key"))
        finally:
            await egress.close()
            server.close()

    async def read(self, build: Build) -> list[Rate]:
        async with self.open(build) as source:
            return list(await source.read())


async def fault_of(build: Build, body: Any, **said: Any) -> Fault:  # noqa: ANN401 - any JSON
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(FeedTrouble) as refused:
        await Venue(content, **said).read(build)
    return refused.value.fault


@pytest.mark.parametrize(
    ("name", "build"),
    [("coinbase-exchange-ticker", COINBASE), ("bitstamp-ticker", BITSTAMP),
     ("kraken-ticker", KRAKEN), ("coingecko-simple-price", COINGECKO),
     ("pyth-hermes-btc", PYTH), ("dia-quotation-btc", DIA)],
)  # fmt: skip
async def test_a_recorded_answer_is_read(name: str, build: Build) -> None:
    body, said = recorded(name)

    [rate] = await Venue(body).read(build)

    if "bid" in said:
        assert rate.price == (Fraction(said["bid"]) + Fraction(said["ask"])) / 2
    else:
        assert rate.price == Fraction(said["last"])
    assert (rate.base, rate.quote) == BTC
    if said["ts"] is None:
        assert rate.observed_at == NOW
    else:
        assert int(rate.observed_at.timestamp()) == said["ts"]


async def test_a_price_of_dia_for_another_asset_is_refused() -> None:
    body, _ = recorded("dia-quotation-eth")

    assert await fault_of(DIA, body) is Fault.NONSENSE


async def test_prices_of_pyth_are_told_apart_by_id() -> None:
    body, said = recorded("pyth-hermes-multi")
    eth = "ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace"
    near = "c415de8d2eba7db216527dff4b60e8f3a5311c740dadb233e13e12547e226750"

    found = await Venue(body).read(
        lambda feed: pyth.PythRates(feed, {("eth", "usd"): eth, ("near", "usd"): near})
    )

    assert [one.price for one in found] == [Fraction(said["eth"]), Fraction(said["near"])]


@pytest.mark.parametrize(
    ("name", "fault"),
    [("kraken-error", Fault.RATE_LIMITED), ("kraken-unknown-pair", Fault.UNKNOWN_PAIR)],
)
async def test_q04_errors_of_kraken_come_with_status_200(name: str, fault: Fault) -> None:
    assert await fault_of(KRAKEN, recorded(name)[0]) is fault


async def test_q04_a_halted_market_is_no_price() -> None:
    body, _ = recorded("binance-halted-zero")

    assert await fault_of(BINANCE, [json.loads(body) | {"symbol": "BTCUSDT"}]) is Fault.ZERO


def book(bid: Any, ask: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - also what no venue says
    return [{"symbol": "BTCUSDT", "bidPrice": bid, "askPrice": ask}]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (book("2", "1"), Fault.CROSSED),
        (book("100", "103"), Fault.WIDE),
        (book("0", "1"), Fault.ZERO),
        (book("-1", "1"), Fault.NONSENSE),
        (book("NaN", "1"), Fault.NONSENSE),
        (book("Infinity", "1"), Fault.NONSENSE),
        (book("1_0", "10"), Fault.NONSENSE),
        (book(" 1", "1"), Fault.NONSENSE),
        (book("1e999999", "1"), Fault.NONSENSE),
        (book("9e99", "9e99"), Fault.NONSENSE),
        (book("9" * 5000, "9" * 5000), Fault.NONSENSE),
        (book("٣", "٣"), Fault.NONSENSE),
        (book(1, 1), Fault.NONSENSE),
        (book(None, "1"), Fault.NONSENSE),
        ([{"symbol": "ETHUSDT", "bidPrice": "1", "askPrice": "1"}], Fault.NONSENSE),
        ([], Fault.NONSENSE),
        ({}, Fault.NONSENSE),
        (b"", Fault.NONSENSE),
        (b"<html>", Fault.NONSENSE),
        (b"[" * 100_000, Fault.NONSENSE),
        (b"\xff\xfe", Fault.NONSENSE),
        (b" " * (ANSWER_MAX + 1), Fault.UNREACHABLE),
    ],
    ids=range(22),
)  # fmt: skip
async def test_q04_a_book_that_cannot_be_believed_is_refused(body: Any, fault: Fault) -> None:  # noqa: ANN401
    assert await fault_of(BINANCE, body) is fault


@pytest.mark.parametrize(
    ("price", "conf", "expo", "fault"),
    [
        ("100", "2", 0, Fault.UNSURE),
        ("100", "x", 0, Fault.NONSENSE),
        ("-100", "1", 0, Fault.NONSENSE),
        ("100", "1", 3, Fault.NONSENSE),
        ("100", "1", -400, Fault.NONSENSE),
        ("0", "0", -8, Fault.ZERO),
        ("1e5", "1", -8, Fault.NONSENSE),
    ],
)
async def test_a_price_that_pyth_is_not_sure_of_is_refused(
    price: str, conf: str, expo: int, fault: Fault
) -> None:
    said = {"price": price, "conf": conf, "expo": expo, "publish_time": 1761380527}

    assert (
        await fault_of(PYTH, {"parsed": [{"id": pyth.SYMBOLS["btc", "usd"], "price": said}]})
        is fault
    )


@pytest.mark.parametrize(
    "coin",
    [{"usd": "5"}, {"usd": "5", "last_updated_at": 1575040666}, {"usd": 5, "last_updated_at": "x"},
     {"usd": -5, "last_updated_at": 1575040666}, {"usd": None, "last_updated_at": 1575040666},
     {"usd": 5, "last_updated_at": 15}, {"eur": 5, "last_updated_at": 1575040666}],
)  # fmt: skip
async def test_a_coin_that_is_not_said_rightly_is_refused(coin: dict[str, Any]) -> None:
    assert await fault_of(COINGECKO, {"bitcoin": coin}) is Fault.NONSENSE


async def test_one_bad_pair_costs_only_itself() -> None:
    both = {("stx", "usdt"): "STXUSDT", BTC: "BTCUSDT"}
    body = [*book("1", "1"), {"symbol": "STXUSDT", "bidPrice": "0", "askPrice": "0"}]

    [rate] = await Venue(json.dumps(body).encode()).read(
        lambda feed: binance.BinanceRates(feed, both)
    )

    assert (rate.base, rate.quote) == BTC


@pytest.mark.parametrize(
    ("status", "fault"),
    [(429, Fault.RATE_LIMITED), (418, Fault.RATE_LIMITED), (403, Fault.REFUSED),
     (500, Fault.REFUSED), (302, Fault.REFUSED), (404, Fault.UNKNOWN_PAIR)],
)  # fmt: skip
async def test_a_status_says_what_is_wrong(status: int, fault: Fault) -> None:
    assert await fault_of(BINANCE, b"{}", status=status) is fault


async def test_a_venue_that_asks_us_to_wait_is_left_alone_that_long() -> None:
    venue = Venue(b"{}", status=429, headers="Retry-After: 120\r\n")
    async with venue.open(BINANCE) as source:
        venues = Venues([source], venue.clock, still_max_s=600)
        assert await venues.read() == []
        venue.body, venue.status = json.dumps(book("1", "1")).encode(), 200
        venue.clock.advance(119)
        assert await venues.read() == []
        asked = len(venue.asked)
        venue.clock.advance(2)
        found = await venues.read()

    assert (asked, len(found)) == (1, 1)


async def test_a_failing_venue_rests_longer_each_time_and_fails_alone() -> None:
    bad, good = Venue(b"{}", status=500), Venue(json.dumps(book("1", "1")).encode())
    async with bad.open(KRAKEN) as failing, good.open(BINANCE) as working:
        venues = Venues([failing, working], bad.clock, still_max_s=600)
        counts = []
        for wait_s in (0, 5, 5, 5):
            bad.clock.advance(wait_s)
            assert len(await venues.read()) == 1
            counts.append(len(bad.asked))

    assert counts == [1, 2, 2, 3]


async def test_a_key_is_sent_and_never_told() -> None:
    venue = Venue(b"{}", status=401)
    async with venue.open(BINANCE, key="S3CRET@") as source:
        with pytest.raises(FeedTrouble) as refused:
            await source.read()

    assert "x-key: S3CRET" in venue.asked[0]
    assert "S3CRET" not in venue.asked[0].splitlines()[0] + str(refused.value)


def test_times_are_cut_to_microseconds() -> None:
    found = read_instant("2020-05-19T08:41:12.499645584Z")

    assert found == dt.datetime(2020, 5, 19, 8, 41, 12, 499645, tzinfo=dt.UTC)


@pytest.mark.parametrize("text", ["", "2020-05-19", "2020-13-19T08:41:12Z", "2020-05-19T08:41:12"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(FeedTrouble):
        read_instant(text)


def test_a_json_number_is_read_as_it_was_written() -> None:
    raw = decode(b"9777.19339776667", msgspec.json.Decoder(msgspec.Raw))

    assert read_price(raw) == Fraction("9777.19339776667")
