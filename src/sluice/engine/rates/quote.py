"""A price that holds for a while; a missing or old price refuses, it is never made up.

A price of the market is made when it is asked for, of what each venue said last.
"""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import structlog

from sluice.base.errors import Unavailable
from sluice.base.money.asset import Asset
from sluice.base.work import Work
from sluice.engine.rates import store
from sluice.engine.rates.market import FIXED, Market, Priced, pairs_needed, price_pair
from sluice.engine.rates.model import Quote
from sluice.engine.rates.rules.model import Pair

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RatePolicy:
    """Which sources count in which mode, and how old a price may be.

    With a market, live prices are what its venues agree on, instead of the newest of the sources.
    """

    sources: Mapping[bool, Sequence[str]]  # by livemode
    age_max_s: float = 120.0
    market: Market | None = None


async def quote_assets(
    work: Work,
    assets: Sequence[Asset],
    currency: Asset,
    *,
    policy: RatePolicy,
    livemode: bool,
    valid_for_s: int,
) -> list[Quote]:
    """Price assets in a currency; assets without a fresh price are left out.

    An asset costs one of itself. A price of the market holds no longer than the market's lock.
    Raises Unavailable with code `rate_unavailable` when none is left.
    """
    prices, odd = await price_assets(work, assets, currency, policy=policy, livemode=livemode)
    for one in odd:
        log.warning("rates.odd", pair=one.pair, error=one.error, notes=list(one.notes))
    quotes = []
    for asset in assets:
        if asset.code in prices:
            price, source, lock_max_s = prices[asset.code]
            until = work.now + dt.timedelta(seconds=min(valid_for_s, lock_max_s))
            quotes.append(Quote(asset, currency, price, source, work.now, until))
    if not quotes:
        raise Unavailable(
            f"There is no fresh price in {currency.code.upper()} right now; try again in a minute.",
            code="rate_unavailable",
        )
    return quotes


class Price(NamedTuple):
    """A price, who said it, and for how many seconds it may be promised at most."""

    price: Fraction
    source: str
    lock_max_s: float


class Odd(NamedTuple):
    """What is strange about a pair: what was noticed, and why it has no price if it has none."""

    pair: str
    error: str | None
    notes: Sequence[str]


async def price_assets(
    work: Work, assets: Sequence[Asset], currency: Asset, *, policy: RatePolicy, livemode: bool
) -> tuple[dict[str, Price], Sequence[Odd]]:
    """Return the price now of each asset that has one, and what is odd."""
    wanted = [asset.code for asset in assets if asset.code != currency.code]
    prices = {currency.code: Price(Fraction(1), "par", math.inf)}
    odd: Sequence[Odd] = ()
    if wanted and livemode and policy.market is not None:
        agreed, odd = await _agreed(work, wanted, currency.code, policy.market)
        prices |= agreed
    elif wanted:
        prices |= await _newest(work, wanted, currency.code, policy, policy.sources[livemode])
    return prices, odd


async def _newest(
    work: Work, wanted: Sequence[str], currency: str, policy: RatePolicy, sources: Sequence[str]
) -> dict[str, Price]:
    """Return the newest fresh price of each asset."""
    oldest = work.now - dt.timedelta(seconds=policy.age_max_s)
    prices: dict[str, Price] = {}
    for rate in await store.find(work, wanted, currency, sources):
        if rate.observed_at >= oldest:
            prices.setdefault(rate.base, Price(rate.price, rate.source, math.inf))
    return prices


async def _agreed(
    work: Work, wanted: Sequence[str], currency: str, market: Market
) -> tuple[dict[str, Price], list[Odd]]:
    """Return the market's price of each asset that has one; each says where it is kept."""
    pairs = {code: Pair(code.upper(), currency.upper()) for code in wanted}
    needed = pairs_needed(market, pairs.values())
    rates, snapshot_id = await store.find_pairs(work, needed, [*market.venues, FIXED])
    prices: dict[str, Price] = {}
    odd = []
    for code, pair in pairs.items():
        found = price_pair(market, pair, rates, work.now)
        error = None if isinstance(found, Priced) else found.error
        if found.notes or error is not None:
            odd.append(Odd(str(pair), error, found.notes))
        if isinstance(found, Priced):
            kept = f"{found.source} of {snapshot_id}" if snapshot_id else found.source
            prices[code] = Price(found.price, kept, found.lock_max_s)
    return prices, odd
