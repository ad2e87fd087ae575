"""Posting, Entry; an Entry that does not balance cannot exist."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sluice.base.errors import Invalid
from sluice.base.money.money import Money
from sluice.engine.ledger.chart import Side, normal_side


@dataclass(frozen=True, slots=True)
class Posting:
    """Money on one side of one account."""

    account: str
    side: Side
    money: Money


@dataclass(frozen=True, slots=True)
class Entry:
    """Postings that belong together. (kind, source, seq) is written at most once, ever."""

    merchant_id: str
    livemode: bool
    kind: str
    source: str
    seq: int
    description: str
    postings: Sequence[Posting]
    reverses: str | None = None

    def __post_init__(self) -> None:
        sums: Counter[str] = Counter()
        for posting in self.postings:
            if posting.money.units <= 0:
                raise Invalid("a posting must move something", code="posting_empty")
            sign = 1 if posting.side is Side.DEBIT else -1
            sums[posting.money.asset.code] += sign * posting.money.units
            normal_side(posting.account)
        if not self.postings or any(sums.values()):
            raise Invalid(
                f"entry {self.kind} {self.source} does not balance", code="entry_unbalanced"
            )


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account holds."""

    account: str
    money: Money


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement; positive when the account grew."""

    entry_id: str
    kind: str
    source: str
    description: str
    at: dt.datetime
    change: Money


def debit(account: str, money: Money) -> Posting:
    """Return a posting on the debit side."""
    return Posting(account, Side.DEBIT, money)


def credit(account: str, money: Money) -> Posting:
    """Return a posting on the credit side."""
    return Posting(account, Side.CREDIT, money)
