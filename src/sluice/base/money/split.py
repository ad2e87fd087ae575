"""Divide money and lose nothing."""

from collections.abc import Sequence

from sluice.base.errors import Invalid
from sluice.base.money.money import Money


def split(whole: Money, weights: Sequence[int]) -> list[Money]:
    """Divide by weight: each share is rounded down, earlier shares with weight take what is odd."""
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise Invalid(
            "weights must not be negative and must not all be zero", code="weights_invalid"
        )
    shares = [whole.units * weight // total for weight in weights]
    weighty = [place for place, weight in enumerate(weights) if weight]
    for place in weighty[: whole.units - sum(shares)]:
        shares[place] += 1
    return [Money(share, whole.asset) for share in shares]
