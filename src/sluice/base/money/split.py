"""Divide money and lose nothing."""

from collections.abc import Sequence

from sluice.base.errors import Invalid
from sluice.base.money.money import Money


def split(whole: Money, weights: Sequence[int]) -> list[Money]:
    """Divide by weight; each share is rounded down and earlier shares take the odd units."""
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise Invalid(
            "weights must not be negative and must not all be zero", code="weights_invalid"
        )
    shares = [whole.units * weight // total for weight in weights]
    for odd in range(whole.units - sum(shares)):
        shares[odd] += 1
    return [Money(share, whole.asset) for share in shares]
