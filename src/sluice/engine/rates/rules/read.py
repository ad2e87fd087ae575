"""Text -> Rules: a strict parser of our own; bounded in length, depth and size; nothing is run."""

import hashlib
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from sluice.engine.rates.rules.model import (
    Binary,
    Call,
    Expression,
    Minus,
    Number,
    Pair,
    Reference,
    Rule,
    RuleInvalid,
    Rules,
    Span,
    read_pair,
)

LENGTH_MAX: Final = 16_384
RULES_MAX: Final = 256
PARENS_MAX: Final = 16
PARTS_MAX: Final = 64  # of one rule: bounds the depth of what is made of it
# Known to every set of rules, and said first, so that nobody redefines a satoshi.
IMPLICIT: Final = "SATS_X = SATS_BTC * BTC_X;\nSATS_BTC = 0.00000001;\n"

_NAME_MAX: Final = 32
_TOKEN: Final = re.compile(
    r"(?P<blank>[ \t\r\n]+|//[^\n]*)"
    r"|(?P<number>[0-9]{1,20}(?:\.[0-9]{1,20})?(?![A-Za-z0-9_.]))"
    r"|(?P<name>[A-Za-z0-9]+(?:_[A-Za-z0-9]+)?(?![A-Za-z0-9_.]))"
    r"|(?P<sign>[-+*/(),;=])",
    re.ASCII,
)


def read_rules(text: str) -> Rules:
    """Read rules, or raise RuleInvalid, which names the line and the column."""
    if len(text) > LENGTH_MAX:
        raise RuleInvalid(f"use up to {LENGTH_MAX} characters", LENGTH_MAX, text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Rules((*_Reader(IMPLICIT).read(), *_Reader(text).read()), digest, text)


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise RuleInvalid(f"{text[position]!r} does not belong here", position, text)
        if found.lastgroup != "blank":
            yield _Token(str(found.lastgroup), found[0], position)
        position = found.end()
    yield _Token("end", "the end", len(text))


class _Reader:
    """Reads one text from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._at = 0
        self._parens = 0
        self._parts = 0

    def read(self) -> list[Rule]:
        rules: list[Rule] = []
        while self._next.kind != "end":
            if len(rules) == RULES_MAX:
                raise self._refused(f"write up to {RULES_MAX} rules")
            self._parts = 0
            pair = self._pair()
            self._expect("=")
            rules.append(Rule(pair, self._sum()))
            self._skip(";")
        return rules

    def _sum(self) -> Expression:
        left = self._product()
        while self._next.text in {"+", "-"}:
            left = self._counted(Binary(self._take().text, left, self._product()))
        return left

    def _product(self) -> Expression:
        left = self._factor()
        while self._next.text in {"*", "/"}:
            left = self._counted(Binary(self._take().text, left, self._factor()))
        return left

    def _factor(self) -> Expression:
        minuses = 0
        while self._skip("-"):
            minuses += 1
            self._counted(Number("0"))
        found = self._operand()
        for _ in range(minuses):
            found = Minus(found)
        return found

    def _operand(self) -> Expression:
        token = self._next
        if token.kind == "number":
            return self._counted(self._number())
        if token.text == "(":
            return self._enclosed()
        if token.kind != "name":
            raise self._refused(f"a number, a pair or a source belongs here, not {token.text}")
        if "_" in token.text:
            return self._counted(Reference(self._pair()))
        return self._call()

    def _enclosed(self) -> Expression:
        self._expect("(")
        self._parens += 1
        if self._parens > PARENS_MAX:
            raise self._refused(f"nest up to {PARENS_MAX} parentheses")
        if self._next.kind == "number" and self._tokens[self._at + 1].text == ",":
            found = self._span()
        else:
            found = self._sum()
        self._expect(")")
        self._parens -= 1
        return found

    def _span(self) -> Expression:
        bid = self._number()
        self._expect(",")
        ask = self._number()
        if bid.value > ask.value:
            raise self._refused("the bid comes first and is not above the ask")
        return self._counted(Span(bid, ask))

    def _call(self) -> Expression:
        token = self._take()
        if token.text[0].isdigit() or len(token.text) > _NAME_MAX:
            raise self._refused(f"{token.text[:_NAME_MAX]} is no name of a source", token)
        self._expect("(")
        pair = self._pair()
        self._expect(")")
        return self._counted(Call(token.text.lower(), pair))

    def _pair(self) -> Pair:
        token = self._take()
        pair = read_pair(token.text) if token.kind == "name" else None
        if pair is None:
            raise self._refused(
                f"a pair such as BTC_USD belongs here, not {token.text[:32]}", token
            )
        return pair

    def _number(self) -> Number:
        token = self._take()
        if token.kind != "number":
            raise self._refused(f"a number belongs here, not {token.text[:32]}", token)
        return Number(token.text)

    def _counted(self, part: Expression) -> Expression:
        self._parts += 1
        if self._parts > PARTS_MAX:
            raise self._refused(f"use up to {PARTS_MAX} parts in one rule")
        return part

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._next
        if token.kind != "end":
            self._at += 1
        return token

    def _skip(self, sign: str) -> bool:
        if self._next.text != sign:
            return False
        self._at += 1
        return True

    def _expect(self, sign: str) -> None:
        if not self._skip(sign):
            raise self._refused(f"{sign} belongs here, not {self._next.text[:32]}")

    def _refused(self, message: str, token: _Token | None = None) -> RuleInvalid:
        return RuleInvalid(message, (token or self._next).position, self._text)
