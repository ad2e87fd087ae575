"""Legal moves: one table for each kind of thing, and nothing outside it."""

from enum import StrEnum

import pytest

from sluice.base.errors import IllegalMove
from sluice.base.states import States
from sluice.business.payments.checkout import model as checkout
from sluice.business.payments.intents import model as intents
from sluice.engine.chains.sandbox import model as sandbox


class Door(StrEnum):
    """A door's states."""

    OPEN = "open"
    SHUT = "shut"
    BROKEN = "broken"


MOVES = States(
    "front door",
    {
        Door.OPEN: frozenset({Door.SHUT, Door.BROKEN}),
        Door.SHUT: frozenset({Door.OPEN}),
        Door.BROKEN: frozenset(),
    },
)


def test_a_legal_move_returns_the_new_state() -> None:
    assert MOVES.check(Door.OPEN, Door.SHUT) is Door.SHUT


@pytest.mark.parametrize("then", [Door.BROKEN, Door.SHUT])
def test_an_illegal_move_is_refused_by_name(then: Door) -> None:
    with pytest.raises(IllegalMove, match=f"front door is shut and cannot become {then}") as told:
        MOVES.check(Door.SHUT, then)

    assert told.value.code == "front_door_unexpected_state"


def test_a_state_without_moves_is_final() -> None:
    assert MOVES.is_final(Door.BROKEN)
    assert not MOVES.is_final(Door.SHUT)


@pytest.mark.parametrize(
    ("moves", "states"),
    [
        (intents.MOVES, intents.Status),
        (checkout.MOVES, checkout.Status),
        (sandbox.MOVES, sandbox.State),
    ],
)
def test_every_state_has_its_line_in_the_table(
    moves: States[StrEnum], states: type[StrEnum]
) -> None:
    assert set(moves.moves) == set(states)
    assert all(then is not now for now, thens in moves.moves.items() for then in thens)
