"""Prices: quoted only when they are fresh, from the sources of the mode, and never made up."""

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction

import pytest

from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.errors import Unavailable
from sluice.base.ids import Ids
from sluice.base.money.catalogue import asset_of, money
from sluice.base.outbox.model import NO_ROUTES
from sluice.base.work import Works
from sluice.engine.rates.model import Quote
from sluice.engine.rates.quote import RatePolicy, quote_assets
from sluice.engine.rates.refresh import refresh_rates
from sluice.engine.rates.sources.fixed import FixedRates, read_prices
from sluice.engine.rates.sources.sandbox import SandboxRates

POLICY = RatePolicy({True: ["fixed"], False: ["sandbox"]}, age_max_s=120)


@pytest.fixture
def works(database: Database, clock: ManualClock, ids: Ids) -> Works:
    return Works(database, clock, ids, NO_ROUTES, lambda _topics: None)


async def quote(
    works: Works, *assets: str, currency: str = "usd", livemode: bool = False
) -> Sequence[Quote]:
    async with works.begin() as work:
        return await quote_assets(
            work,
            [asset_of(code) for code in assets],
            asset_of(currency),
            policy=POLICY,
            livemode=livemode,
            valid_for_s=900,
        )


async def test_a_fresh_price_is_quoted_with_its_source_and_its_end(
    works: Works, clock: ManualClock
) -> None:
    await refresh_rates(works, [SandboxRates(clock)])

    [btc] = await quote(works, "btc")

    assert (btc.price, btc.source) == (Fraction(60_000), "sandbox")
    assert btc.valid_until == clock.now() + dt.timedelta(minutes=15)
    assert btc.due(money(6_000, "usd")) == money(100_000, "btc")


async def test_without_any_price_nothing_is_quoted(works: Works) -> None:
    with pytest.raises(Unavailable) as refused:
        await quote(works, "btc", "usdc")

    assert refused.value.code == "rate_unavailable"


async def test_an_old_price_is_no_price(works: Works, clock: ManualClock) -> None:
    await refresh_rates(works, [SandboxRates(clock)])

    clock.advance(POLICY.age_max_s)
    assert await quote(works, "btc")
    clock.advance(1)
    with pytest.raises(Unavailable):
        await quote(works, "btc")


async def test_assets_without_a_price_are_left_out(works: Works, clock: ManualClock) -> None:
    await refresh_rates(works, [FixedRates(read_prices("usdc/usd=1"), clock)])

    quoted = await quote(works, "btc", "usdc", livemode=True)

    assert [one.asset.code for one in quoted] == ["usdc"]


async def test_an_asset_costs_one_of_itself_without_asking_anybody(works: Works) -> None:
    [usdc] = await quote(works, "usdc", currency="usdc", livemode=True)

    assert (usdc.price, usdc.source) == (Fraction(1), "par")


async def test_prices_of_the_sandbox_never_meet_live_money(
    works: Works, clock: ManualClock
) -> None:
    await refresh_rates(works, [SandboxRates(clock)])

    with pytest.raises(Unavailable):
        await quote(works, "btc", livemode=True)


async def test_a_newer_price_replaces_an_older_one_and_never_the_other_way(
    works: Works, clock: ManualClock
) -> None:
    late = ManualClock(clock.now() - dt.timedelta(seconds=10))
    await refresh_rates(works, [FixedRates(read_prices("btc/usd=2"), clock)])

    await refresh_rates(works, [FixedRates(read_prices("btc/usd=1"), late)])
    assert [one.price for one in await quote(works, "btc", livemode=True)] == [2]

    clock.advance(1)
    await refresh_rates(works, [FixedRates(read_prices("btc/usd=3"), clock)])
    assert [one.price for one in await quote(works, "btc", livemode=True)] == [3]


async def test_an_exact_price_stays_exact_in_the_database(works: Works, clock: ManualClock) -> None:
    await refresh_rates(works, [FixedRates(read_prices("stx/usd=1.23456789"), clock)])

    [stx] = await quote(works, "stx", livemode=True)

    assert stx.price == Fraction(123_456_789, 10**8)


async def test_sandbox_prices_move_when_told_to_and_stablecoins_stay(
    works: Works, clock: ManualClock
) -> None:
    source = SandboxRates(clock)
    source.move(Fraction(11, 10))
    await refresh_rates(works, [source])

    quoted = await quote(works, "btc", "usdt")

    assert [one.price for one in quoted] == [66_000, 1]
