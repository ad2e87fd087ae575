"""Retry: when to tell again, on a fixed timetable, and what an answer means; pure."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from sluice.base.errors import Invalid

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE

# Gaps stretch and shrink by up to a fifth, so that a receiver that was down is not hit at once.
JITTER: Final = 0.2


class Outcome(StrEnum):
    """What one attempt came to."""

    DELIVERED = "delivered"
    FAILED = "failed"
    GONE = "gone"  # the receiver says that it will never want this again


@dataclass(frozen=True, slots=True)
class Profile:
    """A timetable: the first attempt at once, then these gaps; and how long an answer may take.

    Nothing is given up before `least_s` after the first attempt, however the jitter falls.
    """

    name: str
    gaps_s: Sequence[int]
    timeout_s: int
    least_s: int = 0

    @property
    def attempts_max(self) -> int:
        """Return how many attempts there are at most."""
        return len(self.gaps_s) + 1

    @property
    def span_s(self) -> int:
        """Return the time from the first to the last attempt, before jitter."""
        return sum(self.gaps_s)


# stripe-3d: quick at first, then half a day apart; never given up within three days: 82 h 11 min.
# sgate-5: five tries, each gap twice the last: 10 min.
# stablecoin-4: at once, +10 s, +60 s, +600 s: 11 min 10 s.
# svix-27h: Svix's own timetable: 27 h 35 min.
PROFILES: Final[Mapping[str, Profile]] = {
    profile.name: profile
    for profile in (
        Profile(
            "stripe-3d",
            (10, _MINUTE, 10 * _MINUTE, _HOUR, 3 * _HOUR, 6 * _HOUR, *(6 * [12 * _HOUR])),
            timeout_s=10,
            least_s=72 * _HOUR,
        ),
        Profile("sgate-5", (40, 80, 160, 320), timeout_s=10),
        Profile("stablecoin-4", (10, _MINUTE, 10 * _MINUTE), timeout_s=30),
        Profile(
            "svix-27h",
            (5, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 10 * _HOUR),
            timeout_s=15,
        ),
    )
}
DEFAULT_PROFILE: Final = "stripe-3d"


def profile_named(name: str) -> Profile:
    """Return the profile of this name, or refuse."""
    profile = PROFILES.get(name)
    if profile is None:
        raise Invalid(
            f"Choose a retry profile of: {', '.join(PROFILES)}.",
            code="parameter_invalid_enum",
            param="retry_profile",
        )
    return profile


def next_attempt(
    profile: Profile, attempts_made: int, first_at: dt.datetime, now: dt.datetime, jitter: float
) -> dt.datetime | None:
    """Return when to try again after this many failed attempts, or None when it is given up.

    `first_at` is when the first attempt was made and `now` when the last one failed. `jitter` is a
    random number from 0 up to but not including 1.
    """
    if attempts_made < 1:
        return first_at
    if attempts_made >= profile.attempts_max:
        return None
    gap_s = profile.gaps_s[attempts_made - 1] * (1 - JITTER + 2 * JITTER * jitter)
    at = now + dt.timedelta(seconds=gap_s)
    if attempts_made < profile.attempts_max - 1:
        return at
    return max(at, first_at + dt.timedelta(seconds=profile.least_s))


def judge(status: int | None) -> Outcome:
    """Say what an answer means; None when there was none. Only 2xx counts: redirects do not."""
    if status is None:
        return Outcome.FAILED
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Outcome.DELIVERED
    return Outcome.GONE if status == HTTPStatus.GONE else Outcome.FAILED
