"""What prices were: kept with what they were made of, so that a quote can be made again."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Final

import pytest

from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.errors import NotFound
from sluice.base.ids import Ids
from sluice.base.money.catalogue import asset_of
from sluice.base.outbox.model import NO_ROUTES
from sluice.base.work import Works
from sluice.engine.rates.aggregate import Bounds
from sluice.engine.rates.history.find import find_candles, rates_now, work_out_again
from sluice.engine.rates.history.pegs import PegChange, note_pegs
from sluice.engine.rates.history.record import forget_history, record_ticks
from sluice.engine.rates.market import Market, Priced, Unpriced
from sluice.engine.rates.model import Quote
from sluice.engine.rates.peg import Peg
from sluice.engine.rates.quote import RatePolicy, quote_assets
from sluice.engine.rates.refresh import refresh_rates
from sluice.engine.rates.rules.model import Pair
from sluice.engine.rates.rules.read import read_rules
from sluice.engine.rates.sources.fixed import FixedRates, read_prices

VENUES: Final = ["coinbase", "kraken", "bitstamp"]
BTC: Final = ("btc", "usd")


@pytest.fixture
def works(database: Database, clock: ManualClock, ids: Ids) -> Works:
    return Works(database, clock, ids, NO_ROUTES, lambda _topics: None)


def policy(market: Market | None = None) -> RatePolicy:
    return RatePolicy({True: ["fixed"], False: ["sandbox"]}, market=market or Market(VENUES))


async def say(
    works: Works, clock: ManualClock, market: Market | None = None, **prices: str
) -> None:
    """Keep what venues say now."""
    sources = [FixedRates(read_prices(text), clock, name=name) for name, text in prices.items()]
    await refresh_rates(works, sources, market or Market(VENUES))


async def ask(works: Works, code: str, made_by: RatePolicy) -> Quote:
    async with works.begin() as work:
        [quote] = await quote_assets(
            work, [asset_of(code)], asset_of("usd"), policy=made_by, livemode=True, valid_for_s=600
        )
    return quote


async def again(works: Works, quote: Quote) -> Priced | Unpriced:
    """Make a quote's price again of what was kept."""
    pair = Pair(quote.asset.code.upper(), quote.currency.code.upper())
    async with works.begin() as work:
        return await work_out_again(work, quote.source.rpartition(" ")[2], pair, quote.quoted_at)


async def minutes(works: Works, clock: ManualClock, *prices: int) -> None:
    """Let bitcoin cost this much, each for a minute."""
    for price in prices:
        await say(works, clock, coinbase=f"btc/usd={price}", kraken=f"btc/usd={price}")
        await record_ticks(works, policy())
        clock.advance(60)


async def test_a_quote_can_be_made_again_of_what_was_kept(works: Works, clock: ManualClock) -> None:
    await say(
        works, clock, coinbase="btc/usd=60000.1", kraken="btc/usd=60010", bitstamp="btc/usd=9"
    )
    clock.advance(7)
    quote = await ask(works, "btc", policy())
    clock.advance(30)
    await say(works, clock, coinbase="btc/usd=70000", kraken="btc/usd=70000")

    found = await again(works, quote)

    assert isinstance(found, Priced)
    assert found.price == quote.price == Fraction("60005.05") * Fraction(199, 200)
    assert f"{found.source} of " in quote.source
    assert [note for note in found.notes if "outliers: bitstamp" in note]


async def test_a_quote_is_made_again_by_the_rules_and_bounds_of_then(
    works: Works, clock: ManualClock
) -> None:
    rules = read_rules("BTC_USD = kraken(BTC_USD) * 2;")
    then = Market(VENUES, [rules], Bounds(age_max_s=600), spread_bps=0)
    await say(works, clock, then, kraken="btc/usd=50")
    quote = await ask(works, "btc", policy(then))

    found = await again(works, quote)

    assert isinstance(found, Priced)
    assert found.price == quote.price == 100
    assert rules.digest[:8] in found.source


async def test_a_venue_that_fell_silent_counts_as_it_did_then(
    works: Works, clock: ManualClock
) -> None:
    await say(works, clock, coinbase="btc/usd=100", kraken="btc/usd=100", bitstamp="btc/usd=100.1")
    clock.advance(60)
    await say(works, clock, coinbase="btc/usd=100", kraken="btc/usd=100")  # bitstamp said nothing
    with_it = await ask(works, "btc", policy())
    clock.advance(60)
    without_it = await ask(works, "btc", policy())

    assert "bitstamp" in with_it.source
    assert "bitstamp" not in without_it.source
    for quote in (with_it, without_it):
        found = await again(works, quote)
        assert isinstance(found, Priced)
        assert quote.source == f"{found.source} of {quote.source.rpartition(' ')[2]}"


async def test_what_is_no_longer_kept_is_not_made_up(works: Works, clock: ManualClock) -> None:
    await say(works, clock, coinbase="btc/usd=100", kraken="btc/usd=100")
    quote = await ask(works, "btc", policy())
    await minutes(works, clock, 100)

    clock.advance(31 * 86_400)
    await forget_history(works, days=30)

    with pytest.raises(NotFound):
        await again(works, quote)
    async with works.begin() as work:
        assert not await find_candles(
            work, BTC, dt.timedelta(days=1), until=work.now, limit=100, livemode=True
        )


async def test_candles_say_first_highest_lowest_and_last(works: Works, clock: ManualClock) -> None:
    clock.advance(-clock.now().timestamp() % 3600)
    await minutes(works, clock, 100, 130, 90, 110, 120, 200)

    async with works.begin() as work:
        newest, oldest = await find_candles(
            work, BTC, dt.timedelta(minutes=5), until=work.now, limit=10, livemode=True
        )
        [only] = await find_candles(
            work, BTC, dt.timedelta(minutes=5), until=work.now, limit=1, livemode=True
        )
        assert not await find_candles(
            work, BTC, dt.timedelta(minutes=5), until=work.now, limit=9, livemode=False
        )

    assert [oldest.open, oldest.high, oldest.low, oldest.close] == [100, 130, 90, 120]
    assert (oldest.points, newest.points) == (5, 1)
    assert newest.close == 200
    assert newest.at - oldest.at == dt.timedelta(minutes=5)
    assert only == newest


async def test_a_minute_has_one_price_and_no_spread(works: Works, clock: ManualClock) -> None:
    await say(works, clock, coinbase="btc/usd=100", kraken="btc/usd=100")
    await record_ticks(works, policy())
    await say(works, clock, coinbase="btc/usd=150", kraken="btc/usd=150")
    await record_ticks(works, policy())

    async with works.begin() as work:
        [now] = await rates_now(work, ["btc", "stx"], "usd", livemode=True)

    assert now.tick.price == Decimal(100)
    assert now.volatility_bps is None


async def test_without_agreement_the_chart_has_a_gap(works: Works, clock: ManualClock) -> None:
    await say(works, clock, coinbase="btc/usd=100", kraken="btc/usd=110")

    await record_ticks(works, policy())

    async with works.begin() as work:
        assert not await rates_now(work, ["btc"], "usd", livemode=True)


async def test_a_day_s_moves_are_told_when_an_hour_is_known(
    works: Works, clock: ManualClock
) -> None:
    await minutes(works, clock, *(100 + minute % 2 for minute in range(70)))

    async with works.begin() as work:
        [now] = await rates_now(work, ["btc"], "usd", livemode=True)

    assert [now.low, now.high] == [100, 101]
    assert now.volatility_bps is not None
    assert now.volatility_bps > 0


async def judged(works: Works, clock: ManualClock, price: str) -> list[PegChange]:
    clock.advance(1)
    await say(works, clock, coinbase=f"usdc/usd={price}", kraken=f"usdc/usd={price}")
    async with works.begin() as work:
        return await note_pegs(work)


async def test_q05_a_peg_that_breaks_is_noted_once_and_its_mending_when_it_lasts(
    works: Works, clock: ManualClock
) -> None:
    assert await judged(works, clock, "1") == []
    [off] = await judged(works, clock, "0.99")
    assert (off.asset, off.state, off.before) == ("usdc", Peg.WARN, Peg.PAR)
    [broken] = await judged(works, clock, "0.88")
    assert (broken.state, broken.before) == (Peg.DISABLED, Peg.WARN)
    assert await judged(works, clock, "0.88") == []

    clock.advance(60)
    assert await judged(works, clock, "1") == []
    clock.advance(600)
    [mended] = await judged(works, clock, "1")

    assert (mended.state, mended.before) == (Peg.PAR, Peg.DISABLED)
    assert mended.price == 1


async def test_a_peg_that_is_broken_at_first_sight_is_noted(
    works: Works, clock: ManualClock
) -> None:
    [broken] = await judged(works, clock, "0.5")

    assert broken.state is Peg.DISABLED
