"""Lies: each bends exactly what it says, and is counted only when it was told."""

import datetime as dt

import pytest

from sluice.engine.chains.model import Block, Header, Transfer
from sluice.engine.chains.sandbox.lies import Story
from sluice.engine.chains.sandbox.model import Lie, LieKind

NOON = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)


def a_transfer(tx_id: str, index: int = 0, units: int = 5) -> Transfer:
    return Transfer(tx_id, index, "usdc", "from", "to", units)


A0, A1, B0 = a_transfer("a"), a_transfer("a", 1), a_transfer("b")
FORGED = a_transfer("forged", units=10**9)
CHAIN = [
    Block(Header(1, "h1", "h0", NOON), (A0, A1)),
    Block(Header(2, "h2", "h1", NOON), ()),
    Block(Header(3, "h3", "h2", NOON), (B0,)),
]


def told(lie: Lie) -> tuple[list[list[Transfer]], set[int]]:
    """Return the transfers of each block as told, and the lies that were used."""
    story = Story({7: lie})
    return [list(block.transfers) for block in story.bend_blocks(CHAIN)], story.told


def test_without_lies_the_truth_is_told() -> None:
    story = Story({})

    assert story.bend_blocks(CHAIN) == CHAIN
    assert (story.lag(), story.branch(), story.told) == (0, None, set())
    assert not story.is_silent(LieKind.ERROR_BEFORE)


@pytest.mark.parametrize(
    ("lie", "blocks"),
    [
        (Lie(LieKind.HIDE), [[A1], [], [B0]]),
        (Lie(LieKind.HIDE, tx_id="a"), [[], [], [B0]]),
        (Lie(LieKind.HIDE, tx_id="b"), [[A0, A1], [], []]),
        (Lie(LieKind.INVENT, transfer=FORGED), [[A0, A1, FORGED], [], [B0]]),
        (Lie(LieKind.INVENT, transfer=FORGED, height=2), [[A0, A1], [FORGED], [B0]]),
        (Lie(LieKind.DOUBLE), [[A0, A1, a_transfer("a", 2)], [], [B0]]),
        (Lie(LieKind.DOUBLE, tx_id="b"), [[A0, A1], [], [B0, a_transfer("b", 1)]]),
        (Lie(LieKind.REPEAT, tx_id="b"), [[A0, A1], [], [B0, B0]]),
        (Lie(LieKind.UNITS), [[a_transfer("a", units=6), A1], [], [B0]]),
        (Lie(LieKind.UNITS, tx_id="b", units=0), [[A0, A1], [], [a_transfer("b", units=0)]]),
        (Lie(LieKind.PARTIAL), [[A0, A1], []]),
    ],
)
def test_a_lie_bends_what_it_says_and_nothing_else(lie: Lie, blocks: list[list[Transfer]]) -> None:
    assert told(lie) == (blocks, {7})


@pytest.mark.parametrize(
    "lie",
    [
        Lie(LieKind.HIDE, tx_id="elsewhere"),
        Lie(LieKind.DOUBLE, tx_id="elsewhere"),
        Lie(LieKind.UNITS, tx_id="elsewhere"),
        Lie(LieKind.INVENT, transfer=FORGED, height=9),
        Lie(LieKind.PARENT, height=9),
        Lie(LieKind.STALE, lag_blocks=2),
        Lie(LieKind.ERROR_AFTER),
    ],
)
def test_a_lie_about_something_else_is_kept_for_later(lie: Lie) -> None:
    assert told(lie) == ([[A0, A1], [], [B0]], set())


@pytest.mark.parametrize(("height", "place"), [(None, 0), (3, 2)])
def test_a_wrong_parent_breaks_the_link_and_nothing_else(height: int | None, place: int) -> None:
    story = Story({7: Lie(LieKind.PARENT, height=height)})

    bent = story.bend_blocks(CHAIN)

    assert [n for n in range(3) if bent[n] != CHAIN[n]] == [place]
    assert bent[place].header.parent != CHAIN[place].header.parent
    assert bent[place].header.hash == CHAIN[place].header.hash
    assert story.told == {7}


def test_lies_add_up() -> None:
    story = Story(
        {
            1: Lie(LieKind.HIDE, tx_id="a"),
            2: Lie(LieKind.INVENT, transfer=FORGED, height=1),
            3: Lie(LieKind.STALE, lag_blocks=1),
            4: Lie(LieKind.STALE, lag_blocks=2),
        }
    )

    assert [list(block.transfers) for block in story.bend_blocks(CHAIN)] == [[FORGED], [], [B0]]
    assert story.lag() == 3
    assert story.told == {1, 2, 3, 4}


def test_nothing_can_be_hidden_in_an_empty_answer() -> None:
    story = Story({7: Lie(LieKind.HIDE), 8: Lie(LieKind.PARTIAL), 9: Lie(LieKind.PARENT)})

    assert story.bend_blocks([]) == []
    assert story.bend_headers([]) == []
    assert story.told == set()


def test_the_mempool_is_bent_too() -> None:
    story = Story({1: Lie(LieKind.HIDE, tx_id="a"), 2: Lie(LieKind.UNITS, tx_id="b", units=9)})

    assert story.bend_pending([A0, A1, B0]) == [a_transfer("b", units=9)]
    assert story.told == {1, 2}


def test_an_invention_for_a_block_is_no_hint() -> None:
    story = Story({1: Lie(LieKind.INVENT, transfer=FORGED, height=3)})

    assert story.bend_pending([A0]) == [A0]
    assert story.told == set()


@pytest.mark.parametrize("kind", [LieKind.ERROR_BEFORE, LieKind.ERROR_AFTER])
def test_silence_falls_where_it_was_meant_to(kind: LieKind) -> None:
    story = Story({7: Lie(kind)})

    assert [other for other in LieKind if story.is_silent(other)] == [kind]
    assert story.told == {7}


def test_a_provider_may_follow_another_branch() -> None:
    story = Story({7: Lie(LieKind.BRANCH, tip="h9")})

    assert story.branch() == "h9"
    assert story.told == {7}
