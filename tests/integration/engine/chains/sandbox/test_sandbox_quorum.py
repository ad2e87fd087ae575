"""One lying provider among three: whatever it says, two who agree tell the truth."""

from collections.abc import Sequence

import pytest

from sluice.base.clock import ManualClock
from sluice.engine.chains.model import Block, Header, Transfer
from sluice.engine.chains.quorum import QuorumReader
from sluice.engine.chains.sandbox.model import Lie, LieKind
from tests.contract.sandbox_under_test import SandboxUnderTest

FORGED = Transfer("f" * 64, 0, "usdc", "nobody", "somebody", 10**12)
LIES = [
    Lie(LieKind.HIDE),
    Lie(LieKind.INVENT, transfer=FORGED),
    Lie(LieKind.DOUBLE),
    Lie(LieKind.REPEAT),
    Lie(LieKind.UNITS),
    Lie(LieKind.PARENT),
    Lie(LieKind.PARENT, height=4),
    Lie(LieKind.PARTIAL),
    Lie(LieKind.STALE, lag_blocks=2),
    Lie(LieKind.ERROR_BEFORE),
    Lie(LieKind.ERROR_AFTER),
]


def in_order(blocks: Sequence[Block]) -> list[tuple[Header, list[Transfer]]]:
    """Return blocks whose transfers stand in the order of their keys."""
    return [
        (block.header, sorted(block.transfers, key=lambda one: (one.tx_id, one.index)))
        for block in blocks
    ]


async def assert_harmless(sandbox: SandboxUnderTest, quorum: QuorumReader) -> None:
    """Check that the quorum tells what an honest provider tells."""
    tip = await sandbox.reader.tip()
    top = tip.header.height

    assert await quorum.tip() == tip
    assert in_order(await quorum.blocks(0, top)) == in_order(await sandbox.reader.blocks(0, top))
    assert [await quorum.header(height) for height in range(top + 1)] == [
        await sandbox.reader.header(height) for height in range(top + 1)
    ]
    assert list(await quorum.pending()) == list(await sandbox.reader.pending())


@pytest.mark.parametrize("liar", ["x", "y", "z"])
@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.kind)
async def test_one_liar_among_three_is_harmless(
    sandbox: SandboxUnderTest, clock: ManualClock, lie: Lie, liar: str
) -> None:
    for _ in range(2):
        await sandbox.pay(sandbox.new_address(), 5)
        await sandbox.mine(2)
    await sandbox.pay(sandbox.new_address(), 6)
    quorum = QuorumReader([sandbox.reader_of(name) for name in "xyz"], 2, clock)

    await sandbox.lie(liar, lie)

    await assert_harmless(sandbox, quorum)


@pytest.mark.parametrize("liar", ["x", "y", "z"])
async def test_one_provider_on_the_branch_everybody_left_is_harmless(
    sandbox: SandboxUnderTest, clock: ManualClock, liar: str
) -> None:
    await sandbox.pay(sandbox.new_address(), 5)
    old = await sandbox.mine(4)
    await sandbox.fork(3)
    quorum = QuorumReader([sandbox.reader_of(name) for name in "xyz"], 2, clock)

    await sandbox.lie(liar, Lie(LieKind.BRANCH, tip=old[-1].hash))

    await assert_harmless(sandbox, quorum)
