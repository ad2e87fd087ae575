"""Several sources as one, over sources whose every word the test chooses."""

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.base.clock import ManualClock
from sluice.base.errors import Invalid
from sluice.engine.chains.chain import ProvidersDisagree, ProviderTrouble, WrongNetwork
from sluice.engine.chains.model import Block, Header, Tip, Transfer
from sluice.engine.chains.quorum import QuorumReader

START: Final = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
LENGTH: Final = 6


def chain_of(length: int, *, branch: str = "a") -> list[Block]:
    """Make a chain with a transfer in every block."""
    blocks: list[Block] = []
    for height in range(length):
        parent = blocks[-1].header.hash if blocks else "-"
        header = Header(height, f"{branch}{height}", parent, START + dt.timedelta(seconds=height))
        paid = Transfer(f"tx{height}", 0, "usdc", "payer", "shop", 100 + height, "memo")
        blocks.append(Block(header, (paid, replace(paid, index=1, recipient="other"))))
    return blocks


@dataclass
class Source:
    """One source: the blocks it tells, and what it raises instead."""

    name: str
    chain: list[Block]
    finalized_height: int | None = 1
    trouble: Exception | None = None
    asked: list[str] = field(default_factory=list)

    async def check(self) -> None:
        self._ask("check")

    async def tip(self) -> Tip:
        self._ask("tip")
        return Tip(self.chain[-1].header, self.finalized_height)

    async def header(self, height: int) -> Header | None:
        self._ask("header")
        return self.chain[height].header if height < len(self.chain) else None

    async def blocks(self, first: int, last: int) -> Sequence[Block]:
        self._ask("blocks")
        if last >= len(self.chain):
            raise ProviderTrouble("not there yet", code="provider_behind")
        return self.chain[first : last + 1]

    async def pending(self) -> Sequence[Transfer]:
        self._ask("pending")
        return self.chain[-1].transfers

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.trouble is not None:
            raise self.trouble


def sources(count: int = 3) -> list[Source]:
    return [Source("abcde"[at], chain_of(LENGTH)) for at in range(count)]


def reader_of(readers: Sequence[Source], agree: int = 2) -> QuorumReader:
    return QuorumReader(readers, agree, ManualClock(START))


Lie = Callable[[Block], Block]


def _changed(block: Block, transfers: Sequence[Transfer]) -> Block:
    return Block(block.header, tuple(transfers))


LIES: Final[dict[str, Lie]] = {
    "hides": lambda block: _changed(block, block.transfers[1:]),
    "hides all": lambda block: _changed(block, ()),
    "adds": lambda block: _changed(block, [*block.transfers, replace(block.transfers[0], index=9)]),
    "changes units": lambda block: _changed(
        block, [replace(block.transfers[0], units=10**9), *block.transfers[1:]]
    ),
    "changes asset": lambda block: _changed(
        block, [replace(block.transfers[0], asset="usdt"), *block.transfers[1:]]
    ),
    "changes recipient": lambda block: _changed(
        block, [replace(block.transfers[0], recipient="thief"), *block.transfers[1:]]
    ),
    "changes sender": lambda block: _changed(
        block, [replace(block.transfers[0], sender="nobody"), *block.transfers[1:]]
    ),
    "changes memo": lambda block: _changed(
        block, [replace(block.transfers[0], memo=None), *block.transfers[1:]]
    ),
    "changes id": lambda block: _changed(
        block, [replace(block.transfers[0], tx_id="other"), *block.transfers[1:]]
    ),
    "repeats": lambda block: _changed(block, [*block.transfers, block.transfers[0]]),
    "changes time": lambda block: replace(
        block, header=replace(block.header, time=START - dt.timedelta(days=1))
    ),
    "changes hash": lambda block: replace(block, header=replace(block.header, hash="ff")),
    "changes parent": lambda block: replace(block, header=replace(block.header, parent="ff")),
    "changes height": lambda block: replace(block, header=replace(block.header, height=99)),
}


@given(
    lies=st.dictionaries(
        st.integers(0, LENGTH - 1), st.sampled_from(sorted(LIES)), min_size=1, max_size=3
    ),
    liar=st.integers(0, 2),
    questions=st.lists(
        st.tuples(st.integers(0, LENGTH - 1), st.integers(0, LENGTH - 1), st.integers(0, 90)),
        min_size=1,
        max_size=6,
    ),
)
def test_one_of_three_can_neither_add_nor_hide_nor_change_nor_stop_anything(
    lies: dict[int, str], liar: int, questions: list[tuple[int, int, int]]
) -> None:
    truth = chain_of(LENGTH)
    readers = sources()
    for height, lie in lies.items():
        readers[liar].chain[height] = LIES[lie](readers[liar].chain[height])
    clock = ManualClock(START)
    quorum = QuorumReader(readers, 2, clock)

    async def ask() -> None:
        for low, high, wait_s in questions:
            first, last = sorted((low, high))
            assert await quorum.blocks(first, last) == truth[first : last + 1]
            assert await quorum.header(low) == truth[low].header
            assert (await quorum.tip()).header == truth[-1].header
            clock.advance(wait_s)

    asyncio.run(ask())


@given(
    kept=st.lists(st.integers(1, LENGTH), min_size=3, max_size=3),
    agree=st.integers(1, 3),
)
def test_the_tip_is_the_height_that_so_many_have_reached(kept: list[int], agree: int) -> None:
    readers = [Source("abc"[at], chain_of(length)) for at, length in enumerate(kept)]

    tip = asyncio.run(reader_of(readers, agree).tip())

    assert tip.header == chain_of(sorted(kept, reverse=True)[agree - 1])[-1].header


@given(
    finals=st.lists(st.none() | st.integers(0, 9), min_size=3, max_size=3),
    agree=st.integers(1, 3),
)
def test_final_is_what_so_many_call_final_and_never_above_the_tip(
    finals: list[int | None], agree: int
) -> None:
    readers = [Source("abc"[at], chain_of(LENGTH), final) for at, final in enumerate(finals)]

    tip = asyncio.run(reader_of(readers, agree).tip())

    told = sorted((final for final in finals if final is not None), reverse=True)
    expected = min(told[agree - 1], LENGTH - 1) if len(told) >= agree else None
    assert tip.finalized_height == expected


@given(
    down=st.lists(st.booleans(), min_size=3, max_size=3),
    agree=st.integers(1, 3),
)
def test_as_many_must_answer_as_must_agree(down: list[bool], agree: int) -> None:
    readers = sources()
    for source, is_down in zip(readers, down, strict=True):
        source.trouble = ProviderTrouble("gone") if is_down else None
    quorum = reader_of(readers, agree)
    can = down.count(False) >= agree

    async def ask() -> list[bool]:
        answered = []
        for question in (
            quorum.tip(),
            quorum.blocks(0, 2),
            quorum.header(1),
            quorum.pending(),
            quorum.check(),
        ):
            try:
                await question
            except ProviderTrouble:
                answered.append(False)
            else:
                answered.append(True)
        return answered

    assert asyncio.run(ask()) == [can] * 5


async def test_a_list_and_a_tuple_are_the_same_story_and_the_order_stays() -> None:
    readers = sources(2)
    readers[1].chain = [Block(block.header, list(block.transfers)) for block in readers[1].chain]

    assert await reader_of(readers).blocks(0, 3) == chain_of(LENGTH)[:4]


async def test_two_branches_are_believed_by_nobody() -> None:
    readers = [Source("a", chain_of(LENGTH)), Source("b", chain_of(LENGTH, branch="b"))]
    quorum = reader_of(readers)

    for question in (quorum.blocks, lambda _first, last: quorum.header(last)):
        with pytest.raises(ProvidersDisagree):
            await question(0, 3)
    with pytest.raises(ProvidersDisagree):
        await quorum.tip()


async def test_agreed_blocks_that_are_not_linked_are_believed_by_nobody() -> None:
    """Two tell a2 and two others tell b3: no two of them tell a branch that holds both."""
    one, two = chain_of(LENGTH), chain_of(LENGTH, branch="b")
    own = replace(one[3], header=replace(one[3].header, hash="c3"))
    readers = [
        Source("a", one),
        Source("b", two),
        Source("c", [*one[:3], own]),
        Source("d", two),
    ]

    with pytest.raises(ProvidersDisagree):
        await reader_of(readers).blocks(2, 3)


async def test_a_late_source_is_asked_again_at_once() -> None:
    readers = sources(2)
    readers[1].chain = chain_of(3)
    told: Counter[str] = Counter()
    quorum = QuorumReader(
        readers,
        2,
        ManualClock(START),
        count=lambda source, fault: told.update([f"{source} {fault}"]),
    )

    with pytest.raises(ProviderTrouble):
        await quorum.blocks(4, 4)
    with pytest.raises(ProviderTrouble):
        await quorum.header(4)
    readers[1].chain = chain_of(LENGTH)

    assert await quorum.blocks(4, 4) == chain_of(LENGTH)[4:5]
    assert told == {"b provider_behind": 1}


async def test_a_late_source_is_not_made_to_rest() -> None:
    readers = sources(2)
    readers[0].chain = chain_of(3)
    quorum = reader_of(readers, 1)

    await quorum.blocks(4, 4)
    readers[0].chain = chain_of(LENGTH)
    readers[1].trouble = ProviderTrouble("gone")
    await quorum.blocks(4, 4)

    assert readers[1].asked == ["check", "blocks"]


@pytest.mark.parametrize("lie", ["repeats", "changes height", "changes parent"])
async def test_an_answer_that_cannot_be_a_branch_is_refused_even_from_one(lie: str) -> None:
    readers = sources(1)
    readers[0].chain[3] = LIES[lie](readers[0].chain[3])

    with pytest.raises(ProviderTrouble):
        await reader_of(readers, 1).blocks(2, 4)


async def test_nothing_is_above_everybodys_tip() -> None:
    readers = sources()

    assert await reader_of(readers).header(LENGTH) is None


async def test_one_ahead_of_the_others_is_not_called_a_liar() -> None:
    readers = sources()
    readers[0].chain = chain_of(LENGTH + 1)
    quorum = reader_of(readers)

    ahead = await quorum.header(LENGTH)
    await quorum.blocks(0, 1)

    assert ahead is None
    assert "blocks" in readers[0].asked


async def test_a_rest_doubles_from_half_a_minute_to_ten_and_ends_with_good_behaviour() -> None:
    readers, clock = sources(2), ManualClock(START)
    quorum = QuorumReader(readers, 1, clock)
    readers[0].trouble = ProviderTrouble("gone")

    for rest_s in (30, 60, 120, 240, 480, 600, 600):
        await quorum.blocks(0, 1)
        asked = len(readers[0].asked)
        clock.advance(rest_s - 1)
        await quorum.blocks(0, 1)
        assert len(readers[0].asked) == asked
        clock.advance(1)
    readers[0].trouble = None
    await quorum.blocks(0, 1)
    readers[0].trouble = ProviderTrouble("gone")
    await quorum.blocks(0, 1)
    clock.advance(30)
    readers[0].trouble = None
    await quorum.blocks(0, 1)

    assert readers[0].asked[-2:] == ["check", "blocks"]


async def test_a_source_is_checked_before_its_first_use_and_after_each_rest() -> None:
    readers, clock = sources(1), ManualClock(START)
    quorum = QuorumReader(readers, 1, clock)

    await quorum.blocks(0, 1)
    await quorum.blocks(0, 1)
    readers[0].trouble = ProviderTrouble("gone")
    with pytest.raises(ProviderTrouble):
        await quorum.blocks(0, 1)
    readers[0].trouble = None
    await quorum.blocks(0, 1)

    assert readers[0].asked == ["check", "blocks", "blocks", "blocks", "check", "blocks"]


async def test_a_stranger_is_named_when_it_leaves_too_few() -> None:
    readers = sources(2)
    readers[1].trouble = WrongNetwork("137")

    with pytest.raises(WrongNetwork, match="b serve another network"):
        await reader_of(readers).check()
    with pytest.raises(ProviderTrouble):
        await reader_of(readers).blocks(0, 1)


@pytest.mark.parametrize("agree", [0, -1, 4])
async def test_a_quorum_that_cannot_be_is_refused(agree: int) -> None:
    with pytest.raises(Invalid):
        reader_of(sources(), agree)


async def test_the_name_tells_who_must_agree() -> None:
    assert reader_of(sources()).name == "2 of a, b, c"
