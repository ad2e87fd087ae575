"""However the jitter falls and however late we are, a timetable moves forward and ends."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from sluice.business.webhooks.deliveries.retry import PROFILES, Profile, next_attempt

FIRST = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)

profiles = st.sampled_from(sorted(PROFILES.values(), key=lambda profile: profile.name))
jitters = st.floats(min_value=0, max_value=1, exclude_max=True)
delays = st.lists(st.integers(min_value=0, max_value=86_400), min_size=20, max_size=20)


def walk(profile: Profile, draw: list[float], late_s: list[int]) -> list[dt.datetime]:
    """Fail every attempt, each made `late_s` after it was due."""
    attempts = [FIRST]
    while True:
        made = len(attempts)
        at = next_attempt(profile, made, FIRST, attempts[-1], draw[made])
        if at is None:
            return attempts
        attempts.append(at + dt.timedelta(seconds=late_s[made]))


@given(profiles, st.lists(jitters, min_size=20, max_size=20), delays)
def test_every_timetable_ends_after_its_number_of_attempts(
    profile: Profile, draw: list[float], late_s: list[int]
) -> None:
    attempts = walk(profile, draw, late_s)

    assert len(attempts) == profile.attempts_max


@given(profiles, st.lists(jitters, min_size=20, max_size=20), delays)
def test_every_attempt_is_later_than_the_one_before_by_the_gap_give_or_take_a_fifth(
    profile: Profile, draw: list[float], late_s: list[int]
) -> None:
    attempts = walk(profile, draw, [0] * 20)

    for number, gap_s in enumerate(profile.gaps_s, start=1):
        waited_s = (attempts[number] - attempts[number - 1]).total_seconds()
        assert waited_s >= 0.8 * gap_s - 1e-5
        if number < len(profile.gaps_s):
            assert waited_s <= 1.2 * gap_s + 1e-5

    assert walk(profile, draw, late_s) == sorted(walk(profile, draw, late_s))


@given(st.lists(jitters, min_size=20, max_size=20), delays)
def test_three_days_are_never_given_up_before_three_days(
    draw: list[float], late_s: list[int]
) -> None:
    for attempts in (
        walk(PROFILES["stripe-3d"], draw, [0] * 20),
        walk(PROFILES["stripe-3d"], draw, late_s),
    ):
        assert attempts[-1] - FIRST >= dt.timedelta(hours=72)


@given(profiles, st.integers(min_value=1, max_value=50), jitters)
def test_the_same_failure_always_gets_the_same_answer(
    profile: Profile, made: int, jitter: float
) -> None:
    answers = {next_attempt(profile, made, FIRST, FIRST, jitter) for _ in range(3)}

    assert len(answers) == 1
    assert (answers == {None}) == (made >= profile.attempts_max)
