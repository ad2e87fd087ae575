"""A price that holds for a while; a missing or old price refuses, it is never made up."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sluice.base.errors import Unavailable
from sluice.base.money.asset import Asset
from sluice.base.work import Work
from sluice.engine.rates import store
from sluice.engine.rates.model import Quote


@dataclass(frozen=True, slots=True)
class RatePolicy:
    """Which sources count in which mode, and how old a price may be."""

    sources: Mapping[bool, Sequence[str]]  # by livemode
    age_max_s: float = 120.0


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

    An asset costs one of itself. Raises Unavailable with code `rate_unavailable` when none is left.
    """
    until = work.now + dt.timedelta(seconds=valid_for_s)
    prices: dict[str, tuple[Fraction, str]] = {
        asset.code: (Fraction(1), "par") for asset in assets if asset.code == currency.code
    }
    wanted = [asset.code for asset in assets if asset.code not in prices]
    if wanted:
        oldest = work.now - dt.timedelta(seconds=policy.age_max_s)
        for rate in await store.find(work, wanted, currency.code, policy.sources[livemode]):
            if rate.observed_at >= oldest and rate.base not in prices:
                prices[rate.base] = (rate.price, rate.source)
    if not prices:
        raise Unavailable(
            f"There is no fresh price in {currency.code.upper()} right now; try again in a minute.",
            code="rate_unavailable",
        )
    return [
        Quote(asset, currency, *prices[asset.code], work.now, until)
        for asset in assets
        if asset.code in prices
    ]
