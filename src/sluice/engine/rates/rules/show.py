"""Expression -> text, as BTCPay prints it; what is shown can be read again."""

from typing import Final

from sluice.engine.rates.rules.model import (
    Binary,
    Call,
    Expression,
    Minus,
    Number,
    Span,
    Trouble,
)

_RANK: Final = {"+": 1, "-": 1, "*": 2, "/": 2}
_RANK_OF_MINUS: Final = 3
_RANK_OF_ONE: Final = 4


def show(part: Expression) -> str:
    """Write an expression with no more parentheses than it needs; a spread stands apart."""
    if isinstance(part, Number):
        return part.text
    if isinstance(part, Span):
        return f"({part.bid.text}, {part.ask.text})"
    if isinstance(part, Call | Trouble):
        return f"{part.source if isinstance(part, Call) else part.why}({part.pair})"
    if isinstance(part, Minus):
        return f"-{_within(part.of, _RANK_OF_MINUS)}"
    if isinstance(part, Binary):
        rank = _RANK[part.sign]
        left = f"({show(part.left)})" if isinstance(part.right, Span) else _within(part.left, rank)
        return f"{left} {part.sign} {_within(part.right, rank + 1)}"
    return str(part.pair)


def _within(part: Expression, rank: int) -> str:
    """Enclose what binds less than its place asks for."""
    return show(part) if _rank(part) >= rank else f"({show(part)})"


def _rank(part: Expression) -> int:
    if isinstance(part, Binary):
        return _RANK[part.sign]
    return _RANK_OF_MINUS if isinstance(part, Minus) else _RANK_OF_ONE
