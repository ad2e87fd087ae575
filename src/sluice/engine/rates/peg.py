"""What a coin that promises to be worth another thing is worth, while the promise holds."""

from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from sluice.engine.rates.aggregate import BPS

PAR_BPS: Final = 50
DISABLE_BPS: Final = 200
WRAPPED_BPS: Final = 100


class Peg(StrEnum):
    """How a promise stands."""

    PAR = "par"  # near enough: one is one
    WARN = "warn"  # off: the market's price, and the merchant is told
    DISABLED = "disabled"  # broken: no new quotes; open ones keep their amounts


class Pegged(NamedTuple):
    """What one is worth; None when nothing may be quoted."""

    state: Peg
    price: Fraction | None


def judge_peg(
    market: Fraction, *, par_bps: int = PAR_BPS, disable_bps: int = DISABLE_BPS
) -> Pegged:
    """Judge the market's price of a coin that promises one.

    Above par it stays at one, so that a payer never pays fewer coins than the sum asked for.
    """
    off_bps = abs(market - 1) * BPS
    if off_bps >= disable_bps:
        return Pegged(Peg.DISABLED, None)
    if off_bps <= par_bps:
        return Pegged(Peg.PAR, Fraction(1))
    return Pegged(Peg.WARN, min(market, Fraction(1)))


def judge_wrapped(ratio: Fraction, *, off_max_bps: int = WRAPPED_BPS) -> Pegged:
    """Judge what a wrapped coin is worth in the coin it wraps: one, or nothing is quoted."""
    if abs(ratio - 1) * BPS >= off_max_bps:
        return Pegged(Peg.DISABLED, None)
    return Pegged(Peg.PAR, Fraction(1))
