"""Live prices of a market, through the database: agreed when asked, locked, or refused."""

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import pytest

from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.errors import Unavailable
from sluice.base.ids import Ids
from sluice.base.money.catalogue import asset_of, money
from sluice.base.outbox.model import NO_ROUTES
from sluice.base.work import Works
from sluice.engine.rates.market import Market
from sluice.engine.rates.model import Quote
from sluice.engine.rates.quote import RatePolicy, quote_assets
from sluice.engine.rates.refresh import refresh_rates
from sluice.engine.rates.sources.fixed import FixedRates, read_prices

VENUES: Final = ["coinbase", "kraken", "bitstamp"]
SOURCES: Final = {True: ["fixed"], False: ["sandbox"]}
POLICY: Final = RatePolicy(SOURCES, market=Market(VENUES))


@pytest.fixture
def works(database: Database, clock: ManualClock, ids: Ids) -> Works:
    return Works(database, clock, ids, NO_ROUTES, lambda _topics: None)


async def say(works: Works, clock: ManualClock, **prices: str) -> None:
    """Keep what venues say now."""
    sources = [FixedRates(read_prices(text), clock, name=name) for name, text in prices.items()]
    await refresh_rates(works, sources)


async def quote(works: Works, *assets: str, valid_for_s: int = 86_400) -> Sequence[Quote]:
    async with works.begin() as work:
        return await quote_assets(
            work,
            [asset_of(code) for code in assets],
            asset_of("usd"),
            policy=POLICY,
            livemode=True,
            valid_for_s=valid_for_s,
        )


async def test_a_quote_is_agreed_locked_and_names_its_venues(
    works: Works, clock: ManualClock
) -> None:
    await say(works, clock, coinbase="btc/usd=73364.765", kraken="btc/usd=73364.765")

    [btc] = await quote(works, "btc")

    assert btc.due(money(10_000, "usd")) == money(136_991, "btc")
    assert btc.source.startswith("coinbase+kraken by rules ")
    assert btc.valid_until == clock.now() + dt.timedelta(minutes=15)


async def test_a_shorter_promise_stays_shorter(works: Works, clock: ManualClock) -> None:
    await say(works, clock, coinbase="btc/usd=60000", kraken="btc/usd=60000")

    [btc] = await quote(works, "btc", valid_for_s=60)

    assert btc.valid_until == clock.now() + dt.timedelta(minutes=1)


async def test_q02_what_one_venue_alone_says_is_left_out_and_par_goes_on(
    works: Works, clock: ManualClock
) -> None:
    await say(works, clock, kraken="btc/usd=60000")
    clock.advance(100)
    await say(works, clock, coinbase="btc/usd=60000, usdt/usd=1", bitstamp="usdt/usd=0.9999")

    [usdt] = await quote(works, "btc", "usdt")

    assert (usdt.asset.code, usdt.price) == ("usdt", Fraction(1))


async def test_q03_without_agreement_nothing_is_quoted(works: Works, clock: ManualClock) -> None:
    await say(works, clock, coinbase="btc/usd=73364.765", kraken="btc/usd=75600")

    with pytest.raises(Unavailable) as refused:
        await quote(works, "btc")

    assert refused.value.code == "rate_unavailable"


async def test_q05_a_coin_off_its_peg_is_not_quoted(works: Works, clock: ManualClock) -> None:
    await say(works, clock, coinbase="usdc/usd=0.88", kraken="usdc/usd=0.88")

    with pytest.raises(Unavailable):
        await quote(works, "usdc")


async def test_the_operators_own_price_does_not_stand_in_for_a_market(
    works: Works, clock: ManualClock
) -> None:
    await say(works, clock, fixed="btc/usd=60000", kraken="btc/usd=60000")

    with pytest.raises(Unavailable):
        await quote(works, "btc")
