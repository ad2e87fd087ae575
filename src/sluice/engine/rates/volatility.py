"""How much a price moves: realised volatility of a history, and the largest move in it."""

import datetime as dt
from collections.abc import Sequence
from decimal import Context, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final, TypeAlias

from sluice.base.errors import Invalid

# Prices and their instants, oldest first.
History: TypeAlias = Sequence[tuple[dt.datetime, Fraction]]

_BPS: Final = 10_000
_POINTS_MIN: Final = 3
_CONTEXT: Final = Context(prec=28)


def volatility_bps(history: History, *, over: dt.timedelta) -> int:
    """Return the realised volatility over a span, in basis points.

    It is the root of the sum of squared logarithmic returns, scaled by the span to the time that
    the history covers, so points need not be evenly spaced. Raises Invalid with code
    `history_invalid` for fewer than three points, times that do not rise, or prices not above zero.
    """
    _check(history)
    logs = [_logarithm(price) for _, price in history]
    squares = sum(((late - early) ** 2 for early, late in pairwise(logs)), Decimal(0))
    covered_us = (history[-1][0] - history[0][0]) // _MICROSECOND
    scaled = _CONTEXT.divide(squares * (over // _MICROSECOND), Decimal(covered_us))
    return int((_CONTEXT.sqrt(scaled) * _BPS).to_integral_value())


def largest_move_bps(history: History) -> int:
    """Return how far apart the lowest and the highest price are, in basis points of the lowest."""
    _check(history)
    prices = [price for _, price in history]
    return round((max(prices) - min(prices)) / min(prices) * _BPS)


_MICROSECOND: Final = dt.timedelta(microseconds=1)


def _check(history: History) -> None:
    if len(history) < _POINTS_MIN:
        raise Invalid(f"give at least {_POINTS_MIN} prices", code="history_invalid")
    if any(late <= early for (early, _), (late, _) in pairwise(history)):
        raise Invalid("give prices with rising times", code="history_invalid")
    if any(price <= 0 for _, price in history):
        raise Invalid("give prices above zero", code="history_invalid")


def _logarithm(price: Fraction) -> Decimal:
    return _CONTEXT.divide(Decimal(price.numerator), Decimal(price.denominator)).ln(_CONTEXT)
