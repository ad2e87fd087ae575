"""What many venues say -> one price: the median of those that agree, or why there is none."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from sluice.engine.rates.model import Rate

BPS: Final = 10_000
# Makes the median deviation comparable with a standard deviation of bell-shaped noise.
_MAD_SCALE: Final = Fraction(14_826, 10_000)
_PLACES: Final = 10**8
# Two doors of one house: what both say counts once.
_HOUSES: Final = {"coinbase_spot": "coinbase", "dia_stacks": "dia", "pyth_stacks": "pyth"}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a price must hold to be believed."""

    age_max_s: int = 90
    future_max_s: int = 5
    still_max_s: int = 600  # a price that stands longer while others move is stuck
    outlier_mads: int = 5
    outlier_floor_bps: int = 20
    venues_min: int = 2
    spread_max_bps: int = 150


class Refusal(StrEnum):
    """Why there is no price."""

    UNAVAILABLE = "rate_unavailable"
    DISAGREE = "sources_disagree"


@dataclass(frozen=True, slots=True)
class Agreed:
    """A price, who stands behind it, who was cut off, and how old its oldest part is."""

    price: Fraction
    used: Sequence[str]
    dropped: Sequence[str]
    spread_bps: Fraction
    as_of: dt.datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """No price: too few venues are alive, or they contradict each other."""

    why: Refusal
    live: int
    spread_bps: Fraction | None = None


def aggregate(rates: Iterable[Rate], now: dt.datetime, bounds: Bounds) -> Agreed | Refused:
    """Agree on a price of one pair.

    What is old, from the future or not above zero is not counted. Of the rest, what lies further
    from the median than five median deviations, and than a floor, is cut off. The median of what
    is left is the price, in 8 decimals rounded half to even, if enough venues are close enough.
    """
    live = _one_per_house([rate for rate in rates if is_live(rate, now, bounds)])
    if len(live) < bounds.venues_min:
        return Refused(Refusal.UNAVAILABLE, len(live))
    kept, cut = _without_outliers(live, bounds)
    if len(kept) < bounds.venues_min:
        return Refused(Refusal.UNAVAILABLE, len(kept))
    prices = [rate.price for rate in kept]
    middle = median(prices)
    spread_bps = (max(prices) - min(prices)) / middle * BPS
    if spread_bps > bounds.spread_max_bps:
        return Refused(Refusal.DISAGREE, len(kept), spread_bps)
    price = Fraction(round(middle * _PLACES), _PLACES)
    if price == 0:
        return Refused(Refusal.UNAVAILABLE, len(kept))
    return Agreed(
        price,
        sorted(rate.source for rate in kept),
        sorted(rate.source for rate in cut),
        spread_bps,
        min(rate.observed_at for rate in kept),
    )


def is_live(rate: Rate, now: dt.datetime, bounds: Bounds) -> bool:
    """Say whether a rate is above zero, not old and not from the future."""
    age_s = (now - rate.observed_at).total_seconds()
    return rate.price > 0 and -bounds.future_max_s <= age_s <= bounds.age_max_s


def median(values: Sequence[Fraction]) -> Fraction:
    """Return the middle value, or halfway between the two in the middle."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return (ordered[middle] + ordered[~middle]) / 2


def _one_per_house(rates: Iterable[Rate]) -> list[Rate]:
    """Return the newest rate of each house."""
    newest: dict[str, Rate] = {}
    for rate in sorted(rates, key=lambda one: (one.observed_at, one.source)):
        newest[_HOUSES.get(rate.source, rate.source)] = rate
    return list(newest.values())


def _without_outliers(rates: Sequence[Rate], bounds: Bounds) -> tuple[list[Rate], list[Rate]]:
    middle = median([rate.price for rate in rates])
    deviation = median([abs(rate.price - middle) for rate in rates])
    reach = max(
        bounds.outlier_mads * _MAD_SCALE * deviation,
        middle * bounds.outlier_floor_bps / BPS,
    )
    kept = [rate for rate in rates if abs(rate.price - middle) <= reach]
    return kept, [rate for rate in rates if abs(rate.price - middle) > reach]
