"""What a payment costs the merchant; pure."""

from fractions import Fraction

from sluice.base.money import rounding
from sluice.base.money.money import Money
from sluice.business.accounts.merchants.model import FeePlan


def fee_for(amount: Money, plan: FeePlan) -> Money:
    """Return the fee on an amount in its own currency: bps and fixed part, kept between the bounds.

    Rounded down to the platform's cost, and never more than the amount itself.
    """
    fee = rounding.down(Fraction(amount.units * plan.bps, 10_000)) + plan.fixed
    if plan.least is not None:
        fee = max(fee, plan.least)
    if plan.most is not None:
        fee = min(fee, plan.most)
    return Money(min(fee, amount.units), amount.asset)


def fee_share(received: Money, amount: Money, plan: FeePlan) -> Money:
    """Return the fee's part of money received in another asset for an amount of the currency.

    The fee is set in the currency and taken from what arrived in the same proportion, rounded down;
    a pure percentage is taken from what arrived directly, so that it is exact in the asset.
    """
    if plan.fixed == 0 and plan.least is None and plan.most is None:
        return Money(rounding.down(Fraction(received.units * plan.bps, 10_000)), received.asset)
    fee = fee_for(amount, plan)
    return Money(rounding.down(Fraction(received.units * fee.units, amount.units)), received.asset)
