"""Identifiers: sorted by time, well formed, and the same again from the same seed."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.base.clock import ManualClock
from sluice.base.ids import ALPHABET, BODY_LENGTH, Ids, encode, is_well_formed
from tests.builders import NOON

LATER_MS = st.integers(0, 10**13)


def some_ids(at: dt.datetime = NOON, seed: int | None = None) -> Ids:
    """Identifiers made at one instant."""
    return Ids(ManualClock(at), seed=seed)


def test_an_identifier_is_a_prefix_and_24_characters() -> None:
    made = some_ids().new("pi")

    prefix, _, body = made.partition("_")
    assert prefix == "pi"
    assert len(body) == BODY_LENGTH
    assert set(body) <= set(ALPHABET)
    assert is_well_formed(made, "pi")


@given(LATER_MS, LATER_MS)
def test_later_identifiers_sort_later(one: int, other: int) -> None:
    first, second = (NOON + dt.timedelta(milliseconds=ms) for ms in sorted([one, other]))

    before, after = some_ids(first).new("pi"), some_ids(second).new("pi")

    assert len(before) == len(after)
    assert before < after or one == other


@given(st.integers(0, 2**140), st.integers(0, 2**140))
def test_encoded_numbers_sort_as_they_count(one: int, other: int) -> None:
    assert (encode(one) < encode(other)) is (one < other)


def test_the_same_seed_makes_the_same_identifiers() -> None:
    one, again, other = some_ids(seed=7), some_ids(seed=7), some_ids(seed=8)

    made = [one.new("pi") for _ in range(50)]

    assert made == [again.new("pi") for _ in range(50)]
    assert not set(made) & {other.new("pi") for _ in range(50)}
    assert len(set(made)) == 50


def test_without_a_seed_nothing_repeats() -> None:
    assert some_ids().bytes(16) != some_ids().bytes(16)


def test_an_identifier_in_a_link_carries_128_more_bits() -> None:
    ids = some_ids(seed=1)

    links = {ids.new_unguessable("cs_test") for _ in range(50)}

    assert {len(link) for link in links} == {len("cs_test_") + BODY_LENGTH + 22}
    assert len({link[-22:] for link in links}) == 50
    assert all(is_well_formed(link, "cs_test") for link in links)


def test_random_numbers_stay_below_their_limit() -> None:
    ids = some_ids(seed=1)

    drawn = {ids.below(3) for _ in range(100)}

    assert drawn == {0, 1, 2}


@pytest.mark.parametrize(
    "text",
    [
        "ch_" + "1" * 24,
        "pi_" + "1" * 23,
        "pi_" + "1" * 65,
        "pi_" + "1" * 23 + "0",
        "pi_" + "1" * 23 + "l",
        "pi_" + "1" * 24 + "\n",
        "pi_" + "1" * 24 + "' OR true",
        "pi_",
        "",
    ],
)
def test_what_cannot_be_an_identifier_is_told(text: str) -> None:
    assert not is_well_formed(text, "pi")
