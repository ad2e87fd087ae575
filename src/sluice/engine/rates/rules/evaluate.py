"""Expression and prices -> worth: exact fractions; division swaps the sides."""

from collections.abc import Callable, Mapping
from typing import Final

from sluice.engine.rates.rules.model import (
    Binary,
    Call,
    Expression,
    Minus,
    Number,
    RuleFailed,
    Sided,
    Span,
    Trouble,
    Why,
)


def evaluate(expression: Expression, prices: Mapping[Call, Sided]) -> Sided:
    """Return what an expression is worth, or raise RuleFailed with the first thing that failed.

    A price that is only there the other way round is inverted. One that is zero or crossed is no
    price, and neither is such a result.
    """
    return _quoted(_worth(expression, prices))


def _worth(part: Expression, prices: Mapping[Call, Sided]) -> Sided:
    if isinstance(part, Number):
        return Sided(part.value, part.value)
    if isinstance(part, Span):
        return Sided(part.bid.value, part.ask.value)
    if isinstance(part, Call):
        return _called(part, prices)
    if isinstance(part, Minus):
        return _subtract(Sided(_ZERO.value, _ZERO.value), _worth(part.of, prices))
    if isinstance(part, Binary):
        left, right = _worth(part.left, prices), _worth(part.right, prices)
        return _uncrossed(_SIGNS[part.sign](left, right))
    why = part.why if isinstance(part, Trouble) else Why.NO_RULE
    raise RuleFailed(why, str(part.pair))


def _called(call: Call, prices: Mapping[Call, Sided]) -> Sided:
    if call in prices:
        return _quoted(prices[call])
    inverse = Call(call.source, call.pair.inverse)
    if inverse in prices:
        return _divide(Sided(_ONE.value, _ONE.value), _quoted(prices[inverse]))
    raise RuleFailed(Why.UNAVAILABLE, f"{call.source}, {call.pair}")


def _quoted(found: Sided) -> Sided:
    if not found.is_quote:
        raise RuleFailed(Why.QUOTE)
    return found


def _uncrossed(found: Sided) -> Sided:
    """Refuse sides that changed places, as they do when multiplied by what is below zero."""
    if found.bid > found.ask:
        raise RuleFailed(Why.QUOTE)
    return found


def _add(left: Sided, right: Sided) -> Sided:
    return Sided(left.bid + right.bid, left.ask + right.ask)


def _subtract(left: Sided, right: Sided) -> Sided:
    if right.bid != right.ask:
        raise RuleFailed(Why.NEGATIVE)
    return Sided(left.bid - right.bid, left.ask - right.ask)


def _multiply(left: Sided, right: Sided) -> Sided:
    return Sided(left.bid * right.bid, left.ask * right.ask)


def _divide(left: Sided, right: Sided) -> Sided:
    if right.bid == 0 or right.ask == 0:
        raise RuleFailed(Why.ZERO)
    return Sided(left.bid / right.ask, left.ask / right.bid)


_ZERO: Final = Number("0")
_ONE: Final = Number("1")
_SIGNS: Final[Mapping[str, Callable[[Sided, Sided], Sided]]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
}
