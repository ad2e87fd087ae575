"""Pair -> Expression: the rule that fits, with every pair in it replaced by its own rule."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from sluice.engine.rates.rules.model import (
    WILDCARD,
    Binary,
    Call,
    Expression,
    Minus,
    Number,
    Pair,
    Reference,
    Rules,
    Span,
    Trouble,
    Why,
)

NESTING_MAX: Final = 8
# Pairs used many times at every level would multiply; no honest rule comes near.
PARTS_MAX: Final = 512

_ONE: Final = Number("1")
_ANY: Final = Pair(WILDCARD, WILDCARD)


def expand(rules: Rules, pair: Pair, *, spread: Decimal = Decimal(0)) -> Expression:
    """Return what a pair costs, in numbers and prices from outside only.

    A place without a rule becomes a Trouble. A spread widens the price to both sides.
    """
    found = _Expansion(rules).worth_of(pair, 0)
    if not spread:
        return found
    return Binary("*", found, Span(Number(f"{1 - spread:f}"), Number(f"{1 + spread:f}")))


def calls_in(expression: Expression) -> Iterator[Call]:
    """Yield the prices from outside that an expression needs, from left to right."""
    if isinstance(expression, Call):
        yield expression
    elif isinstance(expression, Minus):
        yield from calls_in(expression.of)
    elif isinstance(expression, Binary):
        yield from calls_in(expression.left)
        yield from calls_in(expression.right)


class _Expansion:
    """One expansion; it may only grow so far."""

    def __init__(self, rules: Rules) -> None:
        self._rules = {rule.pair: rule.expression for rule in reversed(rules.rules)}
        self._order = [rule.pair for rule in rules.rules]
        self._parts = 0

    def worth_of(self, pair: Pair, nesting: int) -> Expression:
        """Return a pair's rule, written out."""
        if pair.is_wild:
            return Trouble(Why.PAIR, pair)
        if pair.left == pair.right:
            return Number("1.0")
        if nesting > NESTING_MAX or self._parts > PARTS_MAX:
            return Trouble(Why.NESTED, pair)
        for rule, asked in self._candidates(pair):
            if rule in self._rules:
                found = self._filled(self._rules[rule], asked, nesting)
                return found if asked == pair else Binary("/", _ONE, found)
        return Trouble(Why.NO_RULE, pair)

    def _candidates(self, pair: Pair) -> Iterator[tuple[Pair, Pair]]:
        """Yield rules that would fit and the pair they are asked for, the best first."""
        yield pair, pair
        yield pair.inverse, pair.inverse
        for asked in (pair, pair.inverse):
            fitting = {Pair(asked.left, WILDCARD), Pair(WILDCARD, asked.right)}
            yield from ((rule, asked) for rule in self._order if rule in fitting)
        yield _ANY, pair

    def _filled(self, part: Expression, asked: Pair, nesting: int) -> Expression:
        self._parts += 1
        if isinstance(part, Minus):
            return Minus(self._filled(part.of, asked, nesting))
        if isinstance(part, Binary):
            left = self._filled(part.left, asked, nesting)
            return Binary(part.sign, left, self._filled(part.right, asked, nesting))
        if isinstance(part, Call):
            pair = part.pair.filled(asked)
            return Trouble(Why.PAIR, pair) if pair.is_wild else Call(part.source, pair)
        if isinstance(part, Reference):
            return self._followed(part.pair.filled(asked), nesting + 1)
        return part

    def _followed(self, pair: Pair, nesting: int) -> Expression:
        """Write a reference out; what nests too deep below it is its own trouble."""
        found = self.worth_of(pair, nesting)
        return Trouble(Why.NESTED, pair) if _is_too_deep(found) else found


def _is_too_deep(part: Expression) -> bool:
    if isinstance(part, Binary):
        return _is_too_deep(part.left) or _is_too_deep(part.right)
    if isinstance(part, Minus):
        return _is_too_deep(part.of)
    return isinstance(part, Trouble) and part.why is Why.NESTED
