"""DIA and Pyth as contracts on the real Clarity VM: what they say becomes a price, or nothing."""

import datetime as dt
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest

from sluice.app.networks import Parts
from sluice.app.rates import read_rates
from sluice.base.clock import ManualClock
from sluice.engine.chains.oracle import OracleUnusable
from sluice.engine.chains.stacks.api import Api
from sluice.engine.chains.stacks.clarity.model import Int, UInt, Value
from sluice.engine.chains.stacks.clarity.write import encode_value
from sluice.engine.chains.stacks.oracles import DiaOnStacks, PythOnStacks
from sluice.engine.chains.stacks.principals import parse_contract
from sluice.engine.rates.sources.feed import Fault, FeedTrouble
from sluice.engine.rates.sources.onchain import OnChainRates
from sluice.engine.rates.sources.pyth import SYMBOLS
from tests.contract.stacks_under_test import StacksUnderTest
from tests.stacks.chain import CONTRACTS

SOURCES: Final = CONTRACTS.parent / "tests" / "externals" / "requirements"
DIA: Final = "SP1G48FZ4Y7JY8G2Z0N51QTCYGBQ6F4J43J77BQC0.dia-oracle"
PYTH: Final = "SP1CGXWEAMG6P6FT04W66NVGJ7PQWMDAC19R7PJ0Y.pyth-storage-v4"
BTC: Final = SYMBOLS["btc", "usd"]
STX: Final = SYMBOLS["stx", "usd"]
PRICE: Final = Fraction("64250.12345678")


class Oracles:
    """Both oracles' stand-ins, which speak their interface and let a test set prices."""

    def __init__(self, stacks: StacksUnderTest, clock: ManualClock, dia: str, pyth: str) -> None:
        self.stacks = stacks
        self.clock = clock
        self.dia_contract = dia
        self.pyth_contract = pyth
        api = Api(stacks.chain.url, stacks.chain.egress, clock)
        self.dia = DiaOnStacks(api, parse_contract(dia))
        self.pyth = PythOnStacks(api, parse_contract(pyth))

    @property
    def now_s(self) -> int:
        return int(self.clock.now().timestamp())

    async def dia_says(self, key: str, value: int, stamp: int) -> None:
        args = (f'"{key}"', written(UInt(value)), written(UInt(stamp)))
        await self._call(self.dia_contract, "set-value", *args)

    async def pyth_says(
        self, feed: str, price: int, stamp: int, *, conf: int = 0, expo: int = -8
    ) -> None:
        said = (Int(price), UInt(conf), Int(expo), UInt(stamp))
        args = (f"0x{feed}", *(written(one) for one in said))
        await self._call(self.pyth_contract, "set-price", *args)

    async def _call(self, contract: str, function: str, *args: str) -> None:
        txid = await self.stacks.payer.call(contract, function, *args)
        assert (await self.stacks.payer.mined(txid))["status"] == "success"


def written(value: Value) -> str:
    """Return a value as the signer takes it, of any size."""
    return f"bytes:{encode_value(value).hex()}"


@pytest.fixture
async def oracles(stacks: StacksUnderTest, clock: ManualClock) -> Oracles:
    """Return both oracles, deployed by the payer."""
    deployed = [
        await stacks.payer.deploy(name.partition(".")[2], (SOURCES / f"{name}.clar").read_text())
        for name in (DIA, PYTH)
    ]
    return Oracles(stacks, clock, *deployed)


async def test_dia_counts_in_eight_decimals_and_milliseconds(oracles: Oracles) -> None:
    await oracles.dia_says("BTC/USD", 6425012345678, oracles.now_s * 1000 + 250)
    await oracles.dia_says("STX/USD", 123, oracles.now_s)

    bitcoin = await oracles.dia.observe("BTC/USD")
    stx = await oracles.dia.observe("STX/USD")

    assert bitcoin.price == PRICE
    assert bitcoin.at == dt.datetime.fromtimestamp(oracles.now_s, dt.UTC) + dt.timedelta(
        milliseconds=250
    )
    assert (stx.price, stx.at.timestamp()) == (Fraction(123, 10**8), oracles.now_s)


async def test_pyth_counts_by_each_feeds_own_power_of_ten(oracles: Oracles) -> None:
    await oracles.pyth_says(BTC, 6425012345678, oracles.now_s, conf=6425012345)
    await oracles.pyth_says(STX, 64, oracles.now_s, expo=2)

    assert (await oracles.pyth.observe(BTC)).price == PRICE
    assert (await oracles.pyth.observe(STX)).price == 6400


async def test_what_is_no_price_is_refused(oracles: Oracles) -> None:
    now = oracles.now_s
    with pytest.raises(OracleUnusable):
        await oracles.dia.observe("DOGE/USD")
    with pytest.raises(OracleUnusable):
        await oracles.pyth.observe(BTC)
    for value, stamp in ((0, now), (100, 0), (10**24, now), (100, 10**15)):
        await oracles.dia_says("BTC/USD", value, stamp)
        with pytest.raises(OracleUnusable):
            await oracles.dia.observe("BTC/USD")
    odd: list[dict[str, Any]] = [
        {"price": 0},
        {"price": -5},
        {"price": 2**63},
        {"price": 100, "expo": -19},
        {"price": 100, "expo": 9},
        {"price": 10_000, "conf": 101},
        {"price": 100, "stamp": 0},
    ]
    for case in odd:
        await oracles.pyth_says(BTC, **{"stamp": now, **case})
        with pytest.raises(OracleUnusable):
            await oracles.pyth.observe(BTC)


async def test_another_contract_is_no_oracle(oracles: Oracles) -> None:
    api = Api(oracles.stacks.chain.url, oracles.stacks.chain.egress, oracles.clock)
    for contract in (oracles.pyth_contract, oracles.stacks.contract("usdc"), f"{DIA}-gone"):
        with pytest.raises(OracleUnusable):
            await DiaOnStacks(api, parse_contract(contract)).observe("BTC/USD")


async def test_an_old_price_is_none(oracles: Oracles) -> None:
    feeds = {("btc", "usd"): "BTC/USD"}
    source = OnChainRates("dia_stacks", oracles.dia, feeds, oracles.clock)
    await oracles.dia_says("BTC/USD", 6425012345678, oracles.now_s * 1000)
    [fresh] = await source.read()

    oracles.clock.advance(3601)
    with pytest.raises(FeedTrouble) as stale:
        await source.read()
    await oracles.dia_says("BTC/USD", 6425012345678, (oracles.now_s + 61) * 1000)
    with pytest.raises(FeedTrouble) as early:
        await source.read()

    assert (fresh.price, fresh.source) == (PRICE, "dia_stacks")
    assert (stale.value.fault, early.value.fault) == (Fault.STALE, Fault.NONSENSE)


async def test_a_provider_in_trouble_is_told_as_such(oracles: Oracles) -> None:
    feeds = {("btc", "usd"): "BTC/USD", ("stx", "usd"): "STX/USD"}
    source = OnChainRates("dia_stacks", oracles.dia, feeds, oracles.clock)
    for kind, fault in (("status", Fault.UNREACHABLE), ("limited", Fault.RATE_LIMITED)):
        rule = {"provider": "", "path": "call-read", "kind": kind, "status": 503, "times": 1}
        await oracles.stacks.chain.pull("trouble", rules=[rule])
        with pytest.raises(FeedTrouble) as told:
            await source.read()
        assert told.value.fault is fault


async def test_the_rates_file_names_them(
    oracles: Oracles, clock: ManualClock, tmp_path: Path
) -> None:
    await oracles.dia_says("BTC/USD", 6425012345678, oracles.now_s * 1000)
    await oracles.pyth_says(BTC, 6426012345678, oracles.now_s)
    url = oracles.stacks.chain.url
    path = tmp_path / "rates.toml"
    path.write_text(
        f"""
        [dia_stacks]
        url = "{url}"
        contract = "{oracles.dia_contract}"
        pairs = ["btc/usd"]
        [pyth_stacks]
        url = "{url}"
        contract = "{oracles.pyth_contract}"
        pairs = ["btc/usd"]
        """,
        "utf-8",
    )
    parts = Parts(oracles.stacks.chain.egress, clock, lambda _provider, _fault: None)
    priced = read_rates(str(path), parts)
    assert priced is not None

    rates = {rate.source: rate.price for rate in await priced.source.read()}

    assert rates == {"dia_stacks": PRICE, "pyth_stacks": Fraction("64260.12345678")}
