"""Which address is next, so that a wallet that looks twenty ahead still sees every payment."""

import datetime as dt
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from sluice.engine.keys.receiving.gaps import (
    GAP_MAX,
    GAP_WARN,
    NEVER_USED,
    REST,
    Choice,
    Exhausted,
    GapPolicy,
    Released,
    choose_index,
)

NOW: Final = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
POLICY: Final = GapPolicy()


def expired(index: int, *, ago: dt.timedelta = REST, was_seen: bool = False) -> Released:
    return Released(index, NOW - ago, was_seen)


def test_the_first_payment_gets_the_first_address() -> None:
    assert choose_index(0, NEVER_USED, [], NOW, POLICY) == Choice(
        0, 1, is_reused=False, is_wide=False
    )


def test_a_small_gap_never_gives_an_address_twice() -> None:
    choice = choose_index(10, 0, [expired(3)], NOW, POLICY)

    assert choice == Choice(10, 10, is_reused=False, is_wide=False)


def test_b06_thirty_unpaid_payments_do_not_hide_the_next_one() -> None:
    released = [expired(index) for index in range(30)]

    choice = choose_index(30, NEVER_USED, released, NOW, POLICY)

    assert choice == Choice(0, 1, is_reused=True, is_wide=False)


def test_an_address_rests_before_somebody_else_gets_it() -> None:
    fresh = expired(20, ago=REST - dt.timedelta(seconds=1))

    choice = choose_index(30, 10, [fresh, expired(25)], NOW, POLICY)

    assert choice == Choice(25, 15, is_reused=True, is_wide=False)


def test_an_address_that_was_ever_seen_is_never_given_out_again() -> None:
    choice = choose_index(30, 10, [expired(20, was_seen=True)], NOW, POLICY)

    assert choice == Choice(30, 20, is_reused=False, is_wide=True)


def test_the_gap_is_wide_from_sixteen_on() -> None:
    for gap, is_wide in ((GAP_WARN, False), (GAP_WARN + 1, True)):
        choice = choose_index(100 + gap, 100, [], NOW, POLICY)

        assert isinstance(choice, Choice)
        assert choice.is_wide is is_wide


def test_beyond_the_limit_nothing_new_is_given_out() -> None:
    assert choose_index(GAP_MAX, 0, [], NOW, POLICY) == Choice(
        GAP_MAX, GAP_MAX, is_reused=False, is_wide=True
    )
    assert choose_index(GAP_MAX + 1, 0, [], NOW, POLICY) == Exhausted(GAP_MAX + 1)
    reused = choose_index(GAP_MAX + 1, 0, [expired(5)], NOW, POLICY)
    assert reused == Choice(5, 5, is_reused=True, is_wide=False)


@given(st.lists(st.booleans(), max_size=400))
def test_whoever_pays_or_not_the_wallet_sees_the_next_address(payments: list[bool]) -> None:
    policy = GapPolicy(warn_above=15, gap_max=40, rest=dt.timedelta(0))
    unseen: set[int] = set()
    next_index, last_used = 0, NEVER_USED

    for is_paid in payments:
        released = [Released(index, NOW, was_seen=False) for index in unseen]
        choice = choose_index(next_index, last_used, released, NOW, policy)

        assert isinstance(choice, Choice)
        assert choice.index - last_used <= policy.warn_above + 1
        next_index = max(next_index, choice.index + 1)
        unseen.discard(choice.index)
        if is_paid:
            last_used = max(last_used, choice.index)
        else:
            unseen.add(choice.index)
