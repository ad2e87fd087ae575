"""Which address the next payment gets, so that the merchant's wallet still sees it. Pure.

A wallet looks some twenty unused addresses ahead of the last used one (BIP-44), and unpaid
payments use them up. So addresses are numbered afresh while the gap is small, and beyond that
those of expired payments are given out again, once nobody can be about to pay them.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

REST: Final = dt.timedelta(hours=24)
GAP_WARN: Final = 15
GAP_MAX: Final = 200
NEVER_USED: Final = -1


@dataclass(frozen=True, slots=True)
class GapPolicy:
    """How far ahead of the last used address new ones may be, and how long an expired one rests."""

    warn_above: int = GAP_WARN
    gap_max: int = GAP_MAX
    rest: dt.timedelta = REST


@dataclass(frozen=True, slots=True)
class Released:
    """The address of an expired payment; `was_seen` as of now, in the mempool or on the chain."""

    index: int
    expired_at: dt.datetime
    was_seen: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """The index to give out, how far it lies ahead of the last used one, and what to say of it."""

    index: int
    gap: int
    is_reused: bool
    is_wide: bool  # the merchant should raise his wallet's gap limit


@dataclass(frozen=True, slots=True)
class Exhausted:
    """No address can be given out without losing sight of it: wait, or raise the limit."""

    gap: int


def choose_index(
    next_index: int,
    last_used: int,
    released: Sequence[Released],
    at: dt.datetime,
    policy: GapPolicy,
) -> Choice | Exhausted:
    """Return the index for a payment asked for now; `last_used` is NEVER_USED before the first.

    1. A new index, while its gap is at most `warn_above`.
    2. Else the lowest index that expired `rest` ago and was never seen.
    3. Else a new index, up to `gap_max`.
    """
    gap = next_index - last_used
    fresh = Choice(next_index, gap, is_reused=False, is_wide=gap > policy.warn_above)
    if not fresh.is_wide:
        return fresh
    rested = [
        one.index
        for one in released
        if not one.was_seen and one.index < next_index and at - one.expired_at >= policy.rest
    ]
    if rested:
        index = min(rested)
        ahead = index - last_used
        return Choice(index, ahead, is_reused=True, is_wide=ahead > policy.warn_above)
    return fresh if gap <= policy.gap_max else Exhausted(gap)
