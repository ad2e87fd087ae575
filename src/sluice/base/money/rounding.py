"""Named ways to round an exact fraction to whole units; none is the default."""

from fractions import Fraction


def up(value: Fraction) -> int:
    """Round towards more: for what a payer owes."""
    return -(-value.numerator // value.denominator)


def down(value: Fraction) -> int:
    """Round towards less: for fees, and for what was received."""
    return value.numerator // value.denominator
