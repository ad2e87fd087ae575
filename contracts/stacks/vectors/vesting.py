"""The arithmetic of sluice-streams and sluice-flow in plain integers.

Every function is the twin of the read-only function of the same name in the contracts and of
`vesting.ts`; `//` on non-negative integers is Clarity's division. The vectors in
`spec/vectors/streams` hold the three to the same results.
"""

from collections.abc import Sequence

MAX_PAUSE = 7_776_000
"""Seconds a stream may be paused in all."""
MAX_SECONDS = 2**32 - 1
"""Longest time over which a flow accrues in one piece."""
SCALE = 10**12
"""Parts of a unit in which a flow counts its debt."""


def own_time(paused_at: int | None, paused_total: int, t: int) -> int:
    """The clock of a stream: chain time `t` less the seconds it was paused."""
    since = max(0, t - (t if paused_at is None else paused_at))
    left = max(0, MAX_PAUSE - paused_total)
    return max(0, t - paused_total - min(since, left))


def linear_vested(
    deposit: int,
    start: int,
    cliff: int,
    end: int,
    unlock_start: int,
    unlock_cliff: int,
    step: int,
    t: int,
) -> int:
    """What a line, with or without cliff and steps, has vested at own time `t`."""
    if t < start:
        return 0
    if t >= end:
        return deposit
    if t < cliff:
        return unlock_start
    unlocked = unlock_start + unlock_cliff
    elapsed = (t - cliff) // step * step
    return unlocked + (deposit - unlocked) * elapsed // (end - cliff)


def tranched_vested(steps: Sequence[tuple[int, int]], t: int) -> int:
    """What tranches of (date, amount) have vested at own time `t`."""
    return sum(amount for at, amount in steps if at <= t)


def extended_end(left: int, amount: int, t: int, end: int) -> int:
    """Where a top-up at own time `t` moves the end: the rate does not rise."""
    return t + ((left + amount) * (end - t) + left - 1) // left


def scaled_debt(snap_debt: int, snap_time: int, rate: int, most: int | None, t: int) -> int:
    """The scaled debt of a flow at `t`; `most` bounds what may accrue, not what is owed."""
    grown = snap_debt + rate * min(MAX_SECONDS, max(0, t - snap_time))
    return grown if most is None else max(snap_debt, min(grown, most))


def first_uncovered(balance: int, snap_debt: int, snap_time: int, rate: int) -> int | None:
    """The first second at which a flow owes a unit that its balance does not hold."""
    missing = max(0, (balance + 1) * SCALE - snap_debt)
    if missing == 0:
        return snap_time
    if rate == 0:
        return None
    return snap_time + (missing + rate - 1) // rate
