"""How deep a network lies in the chain beneath: what is told is kept, and a switch cuts it."""

import datetime as dt
from collections.abc import AsyncIterator

import pytest

from sluice.base.work import Work
from sluice.engine.chains.model import Header
from sluice.engine.watcher import anchor_store, store
from tests.integration.engine.watcher.conftest import Watch

NOW = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)


def at(height: int) -> Header:
    return Header(height, f"0x{height:02x}", f"0x{height - 1:02x}", NOW)


async def heights(work: Work) -> dict[str, int]:
    anchored: dict[str, int] = await work.value(
        "SELECT anchored FROM chains WHERE network = $1", "stacks"
    )
    return anchored


@pytest.fixture
async def work(watch: Watch) -> AsyncIterator[Work]:
    """Return a transaction in which a network is followed up to height 10."""
    async with watch.works.begin() as opened:
        await store.begin(opened, "stacks", at(10), None, 3)
        yield opened


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ([{1: 8, 6: 3}], {"1": 8, "6": 3}),
        ([{1: 8}, {6: 3}], {"1": 8, "6": 3}),
        ([{1: 8}, {1: 7}], {"1": 8}),
        ([{1: 8}, {1: 9}], {"1": 9}),
        ([{1: 12}], {"1": 10}),
        ([{}], {}),
        ([], {}),
    ],
)
async def test_the_newest_heights_are_kept_and_none_above_the_cursor(
    work: Work, told: list[dict[int, int]], kept: dict[str, int]
) -> None:
    for one in told:
        await anchor_store.anchor(work, "stacks", one)

    assert await heights(work) == kept


async def test_a_cursor_that_goes_back_cuts_them(work: Work) -> None:
    await anchor_store.anchor(work, "stacks", {1: 9, 6: 2})

    await store.move(work, "stacks", at(5), None, 3)
    await anchor_store.anchor(work, "stacks", {})

    assert await heights(work) == {"1": 5, "6": 2}
