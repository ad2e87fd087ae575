"""SandboxReader: whole answers from one snapshot, and each provider's own story."""

import asyncio
import itertools

import pytest

from sluice.base.database import Database, open_database
from sluice.base.errors import Invalid, NotFound
from sluice.engine.chains.chain import ProviderTrouble, WrongNetwork
from sluice.engine.chains.model import Block, Transfer
from sluice.engine.chains.sandbox.levers import FAUCET
from sluice.engine.chains.sandbox.model import (
    GENESIS_PARENT,
    Include,
    Lie,
    LieKind,
    Output,
    Payment,
)
from sluice.engine.chains.sandbox.network import sandbox_network
from sluice.engine.chains.sandbox.reader import Finalizing, SandboxReader
from tests.contract.sandbox_under_test import SandboxUnderTest

TRANSFERS = 1_000


def assert_linked(blocks: list[Block]) -> None:
    """Check that each block stands on the one before."""
    for below, above in itertools.pairwise(blocks):
        assert above.header.parent == below.header.hash
        assert above.header.height == below.header.height + 1


async def test_a_new_chain_holds_its_first_block(sandbox: SandboxUnderTest) -> None:
    tip = await sandbox.reader.tip()

    assert (tip.header.height, tip.header.parent) == (0, GENESIS_PARENT)
    assert await sandbox.reader.header(0) == tip.header
    assert await sandbox.reader.blocks(0, 0) == [Block(tip.header, ())]
    assert await sandbox.reader.pending() == []
    await sandbox.reader.check()


async def test_there_is_no_header_above_the_tip_or_below_the_first(
    sandbox: SandboxUnderTest,
) -> None:
    [block] = await sandbox.mine()

    assert await sandbox.reader.header(1) == block
    assert await sandbox.reader.header(2) is None
    assert await sandbox.reader.header(-1) is None


async def test_blocks_come_whole_and_linked(sandbox: SandboxUnderTest) -> None:
    await sandbox.mine(5)
    await sandbox.fork(2)

    blocks = list(await sandbox.reader.blocks(1, 6))

    assert [block.header.height for block in blocks] == [1, 2, 3, 4, 5, 6]
    assert_linked(blocks)


@pytest.mark.parametrize(("first", "last"), [(0, 3), (3, 3), (-1, 1), (2, 1)])
async def test_a_range_that_cannot_be_given_whole_is_an_error(
    sandbox: SandboxUnderTest, first: int, last: int
) -> None:
    await sandbox.mine(2)

    with pytest.raises(ProviderTrouble):
        await sandbox.reader.blocks(first, last)


async def test_transfers_come_in_the_order_of_the_block(sandbox: SandboxUnderTest) -> None:
    to = sandbox.new_address()
    one = await sandbox.pay_outputs([Output("usdc", to, 1), Output("btc", to, 2, "m")])
    two = await sandbox.pay(to, 3)
    await sandbox.mine(include=[two, one])

    [block] = await sandbox.reader.blocks(1, 1)

    assert list(block.transfers) == [
        Transfer(two, 0, "usdc", FAUCET, to, 3),
        Transfer(one, 0, "usdc", FAUCET, to, 1),
        Transfer(one, 1, "btc", FAUCET, to, 2, "m"),
    ]


async def test_finality_is_told_by_depth_by_lever_or_not_at_all(sandbox: SandboxUnderTest) -> None:
    by_lever = sandbox.reader_of("a", finalizing=Finalizing.BY_LEVER)
    unknown = sandbox.reader_of("a", finalizing=Finalizing.UNKNOWN)
    await sandbox.mine(5)
    assert (await sandbox.reader.tip()).finalized_height == 0

    await sandbox.mine(3)
    await sandbox.finalize(7)

    assert (await sandbox.reader.tip()).finalized_height == 2
    assert (await by_lever.tip()).finalized_height == 7
    assert (await unknown.tip()).finalized_height is None


async def test_the_wrong_network_is_noticed(sandbox: SandboxUnderTest, database: Database) -> None:
    async with database.transaction() as transaction:
        await transaction.connection.execute("UPDATE sandbox_chain SET network = 'another'")

    with pytest.raises(WrongNetwork):
        await sandbox.reader.check()


async def test_a_database_that_does_not_answer_is_a_silent_provider(database_url: str) -> None:
    database = await open_database(database_url, pool_max=1)
    reader = SandboxReader(database, sandbox_network())

    async with database.connection():
        with pytest.raises(ProviderTrouble):
            await reader.tip()
    await database.close()


async def test_forks_never_mix_two_branches_in_one_answer(sandbox: SandboxUnderTest) -> None:
    for _ in range(6):
        await sandbox.pay(sandbox.new_address(), 5)
        await sandbox.mine()
    done = asyncio.Event()

    async def read() -> set[str]:
        tips: set[str] = set()
        while not done.is_set():
            blocks = list(await sandbox.reader.blocks(1, 6))
            assert_linked(blocks)
            payments = [t.tx_id for block in blocks for t in block.transfers]
            assert len(payments) == len(set(payments)) == 6
            tips.add(blocks[-1].header.hash)
        return tips

    async def reorganise() -> None:
        for depth in (1, 4, 2, 6, 3, 5) * 8:
            await sandbox.fork(depth, include=Include.ALL, switch=True)
        done.set()

    async with asyncio.timeout(30), asyncio.TaskGroup() as both:
        readers = [both.create_task(read()) for _ in range(2)]
        both.create_task(reorganise())

    assert all(len(reader.result()) > 2 for reader in readers)


async def test_levers_pulled_at_the_same_moment_wait_for_each_other(
    sandbox: SandboxUnderTest,
) -> None:
    for _ in range(4):
        await sandbox.pay(sandbox.new_address(), 5)
    await sandbox.mine()

    async with asyncio.TaskGroup() as all_at_once:
        for _ in range(5):
            all_at_once.create_task(sandbox.mine())
            all_at_once.create_task(sandbox.pay(sandbox.new_address(), 5))
            all_at_once.create_task(sandbox.fork(1))

    await sandbox.mine()
    tip = (await sandbox.reader.tip()).header
    blocks = list(await sandbox.reader.blocks(0, tip.height))
    payments = [t.tx_id for block in blocks for t in block.transfers]
    assert_linked(blocks)
    assert tip.height == 1 + 5 + 5 + 1
    assert len(payments) == len(set(payments)) == 9


async def test_a_block_of_a_thousand_transfers_is_read_whole(sandbox: SandboxUnderTest) -> None:
    to = sandbox.new_address()
    payments = [Payment(FAUCET, [Output("usdc", to, units)]) for units in range(1, TRANSFERS + 1)]
    await sandbox.pay_many(payments)
    await sandbox.mine()

    [block] = await sandbox.reader.blocks(1, 1)

    assert [transfer.units for transfer in block.transfers] == list(range(1, TRANSFERS + 1))


async def test_only_the_provider_that_lies_lies(sandbox: SandboxUnderTest) -> None:
    tx_id = await sandbox.pay(sandbox.new_address(), 5)
    await sandbox.mine()
    truth = await sandbox.reader.blocks(0, 1)
    liar = sandbox.reader_of("b")

    await sandbox.lie("b", Lie(LieKind.HIDE, tx_id=tx_id))
    assert [list(block.transfers) for block in await liar.blocks(0, 1)] == [[], []]
    assert await sandbox.reader.blocks(0, 1) == truth
    await sandbox.stop_lying("a")
    assert await liar.blocks(0, 1) != truth
    await sandbox.stop_lying("b")

    assert await liar.blocks(0, 1) == truth
    assert (sandbox.reader.name, liar.name) == ("a", "b")


async def test_every_provider_can_be_made_honest_at_once(sandbox: SandboxUnderTest) -> None:
    await sandbox.lie("a", Lie(LieKind.ERROR_BEFORE))
    await sandbox.lie("b", Lie(LieKind.ERROR_BEFORE))

    await sandbox.stop_lying()

    assert (await sandbox.reader.tip()).header.height == 0
    assert (await sandbox.reader_of("b").tip()).header.height == 0


async def test_a_lie_ends_when_its_uses_are_over(sandbox: SandboxUnderTest) -> None:
    tx_id = await sandbox.pay(sandbox.new_address(), 5)
    await sandbox.mine()
    await sandbox.lie("a", Lie(LieKind.UNITS, tx_id=tx_id, units=10**30), uses=2)

    told = []
    for _ in range(4):
        await sandbox.reader.tip()
        await sandbox.reader.blocks(0, 0)
        told.append((await sandbox.reader.blocks(1, 1))[0].transfers[0].units)

    assert told == [10**30, 10**30, 5, 5]


async def test_an_invented_transfer_is_told_as_it_was_made_up(sandbox: SandboxUnderTest) -> None:
    forged = Transfer("f" * 64, 0, "usdc", "nobody", sandbox.new_address(), 10**70, "memo")
    await sandbox.mine()
    await sandbox.lie("a", Lie(LieKind.INVENT, transfer=forged, height=1))

    assert [list(b.transfers) for b in await sandbox.reader.blocks(0, 1)] == [[], [forged]]
    assert await sandbox.reader.pending() == []


async def test_a_stale_provider_does_not_know_the_newest_blocks(sandbox: SandboxUnderTest) -> None:
    headers = await sandbox.mine(9)
    await sandbox.lie("a", Lie(LieKind.STALE, lag_blocks=2))

    tip = await sandbox.reader.tip()

    assert (tip.header, tip.finalized_height) == (headers[6], 1)
    assert await sandbox.reader.header(7) == headers[6]
    assert await sandbox.reader.header(8) is None
    assert len(await sandbox.reader.blocks(1, 7)) == 7
    with pytest.raises(ProviderTrouble):
        await sandbox.reader.blocks(7, 8)


async def test_a_provider_staler_than_the_chain_is_old_knows_the_first_block(
    sandbox: SandboxUnderTest,
) -> None:
    await sandbox.mine()
    await sandbox.lie("a", Lie(LieKind.STALE, lag_blocks=5))

    assert (await sandbox.reader.tip()).header.height == 0


async def test_a_wrong_parent_is_told_by_every_read_of_the_header(
    sandbox: SandboxUnderTest,
) -> None:
    headers = await sandbox.mine(2)
    await sandbox.lie("a", Lie(LieKind.PARENT, height=2))

    header = await sandbox.reader.header(2)

    assert header is not None
    assert header.hash == headers[1].hash
    assert header.parent != headers[1].parent
    assert (await sandbox.reader.tip()).header == header
    assert (await sandbox.reader.blocks(1, 2))[1].header == header
    assert await sandbox.reader.header(1) == headers[0]


async def test_a_provider_may_stay_on_the_branch_everybody_left(sandbox: SandboxUnderTest) -> None:
    tx_id = await sandbox.pay(sandbox.new_address(), 5)
    old = await sandbox.mine(3)
    new = await sandbox.fork(2)
    await sandbox.lie("b", Lie(LieKind.BRANCH, tip=old[-1].hash))
    liar = sandbox.reader_of("b")

    assert (await liar.tip()).header == old[-1]
    assert [block.header for block in await liar.blocks(1, 3)] == old
    assert await liar.header(2) == old[1]
    assert await liar.header(4) is None
    assert [t.tx_id for t in (await liar.blocks(1, 1))[0].transfers] == [tx_id]
    assert (await sandbox.reader.tip()).header == new[-1]


async def test_a_provider_cannot_follow_a_branch_that_never_was(sandbox: SandboxUnderTest) -> None:
    with pytest.raises(NotFound):
        await sandbox.lie("b", Lie(LieKind.BRANCH, tip="f" * 64))


@pytest.mark.parametrize("kind", [LieKind.ERROR_BEFORE, LieKind.ERROR_AFTER])
async def test_a_silent_provider_is_in_trouble_until_it_speaks_again(
    sandbox: SandboxUnderTest, kind: LieKind
) -> None:
    await sandbox.lie("a", Lie(kind), uses=5)

    for ask in (
        sandbox.reader.check(),
        sandbox.reader.tip(),
        sandbox.reader.header(0),
        sandbox.reader.blocks(0, 0),
        sandbox.reader.pending(),
    ):
        with pytest.raises(ProviderTrouble):
            await ask

    await sandbox.reader.check()


async def test_an_error_after_reading_uses_up_the_other_lies_and_one_before_does_not(
    sandbox: SandboxUnderTest,
) -> None:
    await sandbox.mine(3)
    await sandbox.lie("a", Lie(LieKind.STALE, lag_blocks=1), uses=2)
    await sandbox.lie("a", Lie(LieKind.ERROR_BEFORE), uses=1)

    with pytest.raises(ProviderTrouble):
        await sandbox.reader.tip()
    assert (await sandbox.reader.tip()).header.height == 2
    await sandbox.lie("a", Lie(LieKind.ERROR_AFTER), uses=1)
    with pytest.raises(ProviderTrouble):
        await sandbox.reader.tip()

    assert (await sandbox.reader.tip()).header.height == 3


async def test_a_lie_is_told_at_least_once(sandbox: SandboxUnderTest) -> None:
    with pytest.raises(Invalid):
        await sandbox.lie("a", Lie(LieKind.HIDE), uses=0)
