"""The sandbox's own liars, against providers of which two must agree."""

from typing import Final

import pytest

from sluice.base.clock import ManualClock
from sluice.engine.chains.chain import ProvidersDisagree, ProviderTrouble
from sluice.engine.chains.model import Transfer
from sluice.engine.chains.quorum import QuorumReader
from sluice.engine.chains.sandbox.model import Lie, LieKind
from tests.contract.sandbox_under_test import SandboxUnderTest

INVENTION: Final = Transfer("ff" * 32, 0, "usdc", "sb1nobody", "sb1shop", 10**9)
LIES: Final = {
    "hide": Lie(LieKind.HIDE),
    "invent": Lie(LieKind.INVENT, transfer=INVENTION),
    "double": Lie(LieKind.DOUBLE),
    "repeat": Lie(LieKind.REPEAT),
    "units": Lie(LieKind.UNITS),
    "parent": Lie(LieKind.PARENT),
    "partial": Lie(LieKind.PARTIAL),
    "stale": Lie(LieKind.STALE, lag_blocks=2),
    "error_before": Lie(LieKind.ERROR_BEFORE),
    "error_after": Lie(LieKind.ERROR_AFTER),
}


async def paid(sandbox: SandboxUnderTest) -> int:
    await sandbox.pay(sandbox.new_address(), 5, memo="one")
    await sandbox.pay(sandbox.new_address(), 6)
    await sandbox.mine(3)
    return (await sandbox.reader.tip()).header.height


@pytest.mark.parametrize("told", LIES)
@pytest.mark.parametrize("liar", ["a", "b", "c"])
async def test_one_liar_of_three_changes_nothing(
    sandbox: SandboxUnderTest, clock: ManualClock, told: str, liar: str
) -> None:
    top = await paid(sandbox)
    truth = await sandbox.reader_of("honest").blocks(0, top)
    three = QuorumReader([sandbox.reader_of(name) for name in "abc"], 2, clock)
    await sandbox.lie(liar, LIES[told])

    tip = await three.tip()
    blocks = await three.blocks(0, top)

    assert tip.header == truth[-1].header
    assert [(block.header, list(block.transfers)) for block in blocks] == [
        (block.header, list(block.transfers)) for block in truth
    ]


async def test_one_on_a_branch_of_its_own_changes_nothing(
    sandbox: SandboxUnderTest, clock: ManualClock
) -> None:
    top = await paid(sandbox)
    old = (await sandbox.reader.tip()).header
    await sandbox.fork(3, keep=False)
    three = QuorumReader([sandbox.reader_of(name) for name in "abc"], 2, clock)
    await sandbox.lie("a", Lie(LieKind.BRANCH, tip=old.hash))

    blocks = await three.blocks(0, top)

    assert [block.header for block in blocks] == [
        block.header for block in await sandbox.reader_of("honest").blocks(0, top)
    ]
    assert old not in [block.header for block in blocks]


@pytest.mark.parametrize("told", LIES)
async def test_two_of_whom_one_lies_are_never_believed(
    sandbox: SandboxUnderTest, clock: ManualClock, told: str
) -> None:
    top = await paid(sandbox)
    both = QuorumReader([sandbox.reader_of(name) for name in "ab"], 2, clock)
    await sandbox.lie("b", LIES[told])

    with pytest.raises((ProvidersDisagree, ProviderTrouble)):
        await both.blocks(0, top)
