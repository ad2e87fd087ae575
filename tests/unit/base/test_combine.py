"""Gathered statements become one, their parameters numbered on."""

import re

from sluice.base.outbox.store import ADD_FACTS, ADD_REACTIONS
from sluice.base.work import _combine


def numbers(text: str) -> list[int]:
    """Return the parameters of a statement as they are written."""
    return [int(number) for number in re.findall(r"\$(\d+)", text)]


def test_one_statement_stays_as_it_is() -> None:
    assert _combine(("INSERT INTO a VALUES ($1)",)) == "INSERT INTO a VALUES ($1)"


def test_parameters_are_numbered_on_and_repeated_ones_stay_the_same() -> None:
    one = "INSERT INTO a VALUES ($1, $2, $1)"
    other = "INSERT INTO b VALUES ($2, $1, $2, $3)"

    combined = _combine((one, other, one))

    assert numbers(combined) == [1, 2, 1, 4, 3, 4, 5, 6, 7, 6]


def test_a_statement_without_parameters_moves_nobody() -> None:
    combined = _combine(("INSERT INTO a DEFAULT VALUES", "INSERT INTO b VALUES ($1)"))

    assert numbers(combined) == [1]


def test_two_digits_are_one_number() -> None:
    many = "INSERT INTO a VALUES (" + ", ".join(f"${n}" for n in range(1, 13)) + ")"

    combined = _combine((many, many))

    assert numbers(combined) == list(range(1, 25))


def test_a_comment_ends_with_its_line() -> None:
    combined = _combine(("INSERT INTO a VALUES ($1) -- every merchant", "SELECT $1"))

    assert "-- every merchant\n)" in combined


def test_reactions_find_the_facts_of_their_own_commit() -> None:
    combined = _combine(("INSERT INTO a VALUES ($1, $2)", ADD_FACTS, ADD_REACTIONS))

    assert "facts_added AS (" in combined
    assert combined.index("facts_added AS (") < combined.index("FROM facts_added")
    assert sorted(set(numbers(combined))) == list(range(1, 10))
