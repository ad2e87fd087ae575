"""What an open send needs next: every case of what nodes say and chains hold."""

import dataclasses
import datetime as dt
from typing import Final

import pytest

from sluice.engine.chains.writer import Fate, State, Unsigned, Verdict
from sluice.engine.sender.model import (
    Attempt,
    Bump,
    End,
    SendState,
    Sign,
    Step,
    Stop,
    Tell,
    Void,
    Wait,
    next_step,
)
from tests.builders import NOON, minutes

BUILT: Final = Attempt("snd_1", 1, False, {"fee": 1}, Unsigned(b"p", (b"d" * 32,), 1), NOON)  # noqa: FBT003
SEALED: Final = dataclasses.replace(BUILT, raw=b"r", tx_id="t1", sealed_at=NOON)
SENT: Final = dataclasses.replace(SEALED, told_at=NOON, verdict=Verdict.SENT, tellings=1)


def step_of(*pairs: tuple[Attempt, Fate | None], after: float = 1) -> Step:
    attempts = [dataclasses.replace(one, n=n) for n, (one, _) in enumerate(pairs, start=1)]
    fates = {n: fate for n, (_, fate) in enumerate(pairs, start=1) if fate is not None}
    return next_step(
        attempts, fates, NOON + minutes(after), patience=minutes(10), again=dt.timedelta(minutes=3)
    )


def fate(state: State, *, final: bool = False) -> Fate:
    return Fate(state, 1, "b", 1, is_final=final)


UNKNOWN: Final = fate(State.UNKNOWN)
PENDING: Final = fate(State.PENDING)


def test_what_was_written_down_is_signed_then_told() -> None:
    assert isinstance(step_of((BUILT, None)), Sign)
    assert isinstance(step_of((SEALED, UNKNOWN)), Tell)


@pytest.mark.parametrize("verdict", [Verdict.SENT, Verdict.UNKNOWN, Verdict.USED, Verdict.HOLD])
def test_silence_repeats_the_same_bytes_and_never_makes_others(verdict: Verdict) -> None:
    """R01."""
    told = dataclasses.replace(SENT, verdict=verdict)

    assert isinstance(step_of((told, UNKNOWN)), Wait)
    again = step_of((told, UNKNOWN), after=4)
    assert isinstance(again, Tell)
    assert [one.raw for one in again.attempts] == [b"r"]


def test_a_waiting_transaction_is_bumped_once_patience_is_over() -> None:
    """R04."""
    assert isinstance(step_of((SENT, PENDING)), Wait)
    assert isinstance(step_of((SENT, PENDING), after=11), Bump)
    assert isinstance(step_of((dataclasses.replace(SENT, verdict=Verdict.BUMP), UNKNOWN)), Bump)


@pytest.mark.parametrize("winner", [0, 1])
def test_whichever_attempt_is_included_for_good_ends_it(winner: int) -> None:
    """R04."""
    fates = [fate(State.REPLACED), fate(State.REPLACED)]
    fates[winner] = fate(State.INCLUDED, final=True)

    ended = step_of((SENT, fates[0]), (SENT, fates[1]))

    assert isinstance(ended, End)
    assert (ended.state, ended.attempt.n) == (SendState.DONE, winner + 1)


def test_included_but_not_for_good_waits() -> None:
    assert isinstance(step_of((SENT, fate(State.INCLUDED)), after=99), Wait)


def test_a_failed_or_void_transaction_moved_nothing() -> None:
    void = dataclasses.replace(SENT, is_void=True)
    failed = step_of((SENT, fate(State.FAILED, final=True)))
    voided = step_of((SENT, UNKNOWN), (void, fate(State.INCLUDED, final=True)))

    assert isinstance(failed, End)
    assert isinstance(voided, End)
    assert (failed.state, voided.state) == (SendState.FAILED, SendState.FAILED)


def test_a_strangers_transaction_stops_everything() -> None:
    """R05."""
    assert isinstance(step_of((SENT, fate(State.REPLACED)), after=99), Stop)


def test_a_slot_nobody_takes_is_used_for_nothing_and_then_stops() -> None:
    dead = dataclasses.replace(SENT, verdict=Verdict.DEAD)
    void = dataclasses.replace(dead, is_void=True)

    assert isinstance(step_of((dead, UNKNOWN)), Void)
    assert isinstance(step_of((SENT, UNKNOWN), (dead, UNKNOWN)), Wait)
    assert isinstance(step_of((dead, UNKNOWN), (void, UNKNOWN)), Stop)
