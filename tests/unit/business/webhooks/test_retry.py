"""The timetables are the documented ones, and an answer means what we say it means."""

import datetime as dt
import json
from pathlib import Path

import pytest

from sluice.base.errors import Invalid
from sluice.business.webhooks.deliveries.retry import (
    DEFAULT_PROFILE,
    PROFILES,
    Outcome,
    judge,
    next_attempt,
    profile_named,
)

VECTORS = Path(__file__).parents[4] / "spec" / "vectors" / "webhooks"
TIMETABLES = json.loads((VECTORS / "timetables.json").read_text("utf-8"))["timetables"]
FIRST = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_a_timetable_is_the_documented_one(name: str) -> None:
    profile = profile_named(name)
    at: dt.datetime | None = FIRST
    seconds = []

    while at is not None:
        seconds.append((at - FIRST).total_seconds())
        at = next_attempt(profile, len(seconds), FIRST, at, jitter=0.5)

    assert seconds == TIMETABLES[name]


def test_every_timetable_is_documented() -> None:
    assert sorted(PROFILES) == sorted(TIMETABLES)


def test_the_sums_are_as_documented() -> None:
    spans = {name: dt.timedelta(seconds=profile.span_s) for name, profile in PROFILES.items()}

    assert spans == {
        "stripe-3d": dt.timedelta(hours=82, minutes=11, seconds=10),
        "sgate-5": dt.timedelta(minutes=10),
        "stablecoin-4": dt.timedelta(minutes=11, seconds=10),
        "svix-27h": dt.timedelta(hours=27, minutes=35, seconds=5),
    }
    assert [PROFILES[name].attempts_max for name in spans] == [13, 5, 4, 8]
    assert DEFAULT_PROFILE == "stripe-3d"


def test_the_gap_is_counted_from_the_failure_and_not_from_the_plan() -> None:
    late = FIRST + dt.timedelta(days=2)

    assert next_attempt(PROFILES["stripe-3d"], 1, FIRST, late, 0.5) == late + dt.timedelta(
        seconds=10
    )


def test_the_last_attempt_of_three_days_is_not_early_even_when_all_jitter_falls_short() -> None:
    profile = PROFILES["stripe-3d"]
    short = FIRST + dt.timedelta(hours=54)

    last = next_attempt(profile, profile.attempts_max - 1, FIRST, short, jitter=0.0)

    assert last == FIRST + dt.timedelta(hours=72)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (None, Outcome.FAILED),
        (101, Outcome.FAILED),
        (199, Outcome.FAILED),
        (200, Outcome.DELIVERED),
        (204, Outcome.DELIVERED),
        (299, Outcome.DELIVERED),
        (300, Outcome.FAILED),
        (301, Outcome.FAILED),
        (302, Outcome.FAILED),
        (304, Outcome.FAILED),
        (400, Outcome.FAILED),
        (401, Outcome.FAILED),
        (404, Outcome.FAILED),
        (409, Outcome.FAILED),
        (410, Outcome.GONE),
        (429, Outcome.FAILED),
        (500, Outcome.FAILED),
        (503, Outcome.FAILED),
    ],
)
def test_only_2xx_is_delivered_and_410_means_never_again(
    status: int | None, outcome: Outcome
) -> None:
    assert judge(status) is outcome


def test_an_unknown_profile_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Invalid, match="stripe-3d") as refusal:
        profile_named("hourly")

    assert refusal.value.param == "retry_profile"
