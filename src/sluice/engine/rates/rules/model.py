"""Pair, Expression, Sided: what a rule says, and the two sides of its worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final, TypeAlias

from sluice.base.errors import Invalid

WILDCARD: Final = "X"


class Why(StrEnum):
    """Why a rule gives no price; the names are BTCPay's where it has one."""

    NO_RULE = "ERR_NO_RULE_MATCH"
    UNAVAILABLE = "ERR_RATE_UNAVAILABLE"
    NESTED = "ERR_TOO_MUCH_NESTED_CALLS"
    PAIR = "ERR_INVALID_CURRENCY_PAIR"
    ZERO = "DivideByZero"
    NEGATIVE = "InvalidNegative"
    QUOTE = "INVALID_QUOTE"


class RuleInvalid(Invalid):
    """Rules that cannot be read; `position` counts characters from 0."""

    def __init__(self, message: str, position: int, text: str) -> None:
        line = text.count("\n", 0, position) + 1
        column = position - text.rfind("\n", 0, position)
        super().__init__(f"Line {line}, column {column}: {message}", code="rate_rule_invalid")
        self.position = position


class RuleFailed(Exception):
    """An expression without a worth; `error` is what BTCPay would print."""

    def __init__(self, why: Why, subject: str = "") -> None:
        self.error = f"{why}({subject})" if subject else str(why)
        self.why = why
        super().__init__(self.error)


@dataclass(frozen=True, slots=True)
class Pair:
    """One `left` costs so many `right`; codes in capitals, X stands for any."""

    left: str
    right: str

    @property
    def is_wild(self) -> bool:
        """Say whether a side stands for any asset."""
        return WILDCARD in (self.left, self.right)

    @property
    def inverse(self) -> "Pair":
        """Return the pair the other way round."""
        return Pair(self.right, self.left)

    def filled(self, asked: "Pair") -> "Pair":
        """Return this pair with each X replaced by the same side of the asked pair."""
        left = asked.left if self.left == WILDCARD else self.left
        right = asked.right if self.right == WILDCARD else self.right
        return Pair(left, right)

    def __str__(self) -> str:
        return f"{self.left}_{self.right}"


@dataclass(frozen=True, slots=True)
class Sided:
    """What is paid for one (bid) and what is asked for one (ask)."""

    bid: Fraction
    ask: Fraction

    @property
    def is_quote(self) -> bool:
        """Say whether this can be a price: above zero and not crossed."""
        return 0 < self.bid <= self.ask


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written."""

    text: str

    @property
    def value(self) -> Fraction:
        """Return its exact worth."""
        return Fraction(self.text)


@dataclass(frozen=True, slots=True)
class Span:
    """A bid and an ask written down: `(0.9, 1.1)`."""

    bid: Number
    ask: Number


@dataclass(frozen=True, slots=True)
class Minus:
    """The negative of something."""

    of: "Expression"


@dataclass(frozen=True, slots=True)
class Binary:
    """Two expressions and one of `+ - * /` between them."""

    sign: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Reference:
    """A pair whose own rule is to be used."""

    pair: Pair


@dataclass(frozen=True, slots=True)
class Call:
    """A price from outside: `kraken(BTC_USD)`."""

    source: str
    pair: Pair


@dataclass(frozen=True, slots=True)
class Trouble:
    """A place where no rule fits."""

    why: Why
    pair: Pair


Expression: TypeAlias = Number | Span | Minus | Binary | Reference | Call | Trouble


@dataclass(frozen=True, slots=True)
class Rule:
    """What a pair costs."""

    pair: Pair
    expression: Expression


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules in the order they were written; of two for the same pair the first counts."""

    rules: Sequence[Rule]
    digest: str
    text: str


def read_pair(text: str) -> Pair | None:
    """Read `btc_usd` in any case; None when it is no pair."""
    left, line, right = text.upper().partition("_")
    well = all(
        side.isascii() and side.isalnum() and len(side) <= _CODE_MAX for side in (left, right)
    )
    return Pair(left, right) if line and well else None


_CODE_MAX: Final = 12
