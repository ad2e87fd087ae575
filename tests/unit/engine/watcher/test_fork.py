"""Our headers against theirs."""

from hypothesis import given
from hypothesis import strategies as st

from sluice.engine.chains.model import Header
from sluice.engine.watcher.fork import Plan, TooDeep, plan_switch
from tests.builders import NOON


def branch(name: str, first: int, last: int) -> list[Header]:
    """Headers of a named branch, newest first."""
    return [Header(h, f"{name}{h}", f"{name}{h - 1}", NOON) for h in range(last, first - 1, -1)]


def test_the_newest_block_both_share_is_kept() -> None:
    theirs = {10: "a10", 9: "a9", 11: "b11"}

    assert plan_switch(branch("a", 5, 11), theirs, 6) == Plan(keep=10)


def test_a_fork_as_deep_as_allowed_is_followed() -> None:
    assert plan_switch(branch("a", 4, 10), {4: "a4"}, 6) == Plan(keep=4)


def test_a_fork_one_deeper_is_refused() -> None:
    ours = branch("a", 3, 10)

    assert isinstance(plan_switch(ours, {3: "a3"}, 6), TooDeep)


def test_nothing_in_common_is_refused() -> None:
    assert isinstance(plan_switch(branch("a", 4, 10), {4: "b4", 5: "b5"}, 6), TooDeep)


@given(st.integers(1, 30), st.integers(0, 30), st.integers(1, 30))
def test_a_plan_turns_our_branch_into_theirs_or_is_refused(
    length: int, shared: int, reorg_max: int
) -> None:
    ours = branch("a", 0, length)
    fork = min(shared, length)
    theirs = {h: f"a{h}" if h <= fork else f"b{h}" for h in range(length + 1)}

    plan = plan_switch(ours, theirs, reorg_max)

    assert plan == Plan(fork) if length - fork <= reorg_max else isinstance(plan, TooDeep)
