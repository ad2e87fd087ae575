"""The levers: what each one makes the chain do, and what it refuses."""

import pytest

from sluice.base.actor import Actor
from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.errors import IllegalMove, Invalid, NotFound
from sluice.base.ids import Ids, MerchantId
from sluice.base.outbox.model import NO_ROUTES
from sluice.base.work import Works
from sluice.engine.chains.model import Header
from sluice.engine.chains.sandbox import levers
from sluice.engine.chains.sandbox.model import Include, Lie, LieKind, Output
from tests.contract.sandbox_under_test import SandboxUnderTest


async def branch(sandbox: SandboxUnderTest) -> list[Header]:
    """Return the headers of the best branch, the first block's left out."""
    tip = await sandbox.reader.tip()
    return [block.header for block in await sandbox.reader.blocks(0, tip.header.height)][1:]


async def included(sandbox: SandboxUnderTest) -> dict[str, int]:
    """Return the height of every transaction on the best branch."""
    tip = await sandbox.reader.tip()
    blocks = await sandbox.reader.blocks(0, tip.header.height)
    return {transfer.tx_id: block.header.height for block in blocks for transfer in block.transfers}


async def waiting(sandbox: SandboxUnderTest) -> list[str]:
    """Return the transactions in the mempool, in order and each once."""
    return list(dict.fromkeys(transfer.tx_id for transfer in await sandbox.reader.pending()))


async def test_a_payment_waits_until_a_block_takes_it(sandbox: SandboxUnderTest) -> None:
    tx_id = await sandbox.pay(sandbox.new_address(), 5)
    assert await waiting(sandbox) == [tx_id]

    [block] = await sandbox.mine()

    assert await waiting(sandbox) == []
    assert await included(sandbox) == {tx_id: block.height}


async def test_the_first_of_several_new_blocks_takes_what_waits(sandbox: SandboxUnderTest) -> None:
    tx_id = await sandbox.pay(sandbox.new_address(), 5)

    headers = await sandbox.mine(3)

    assert [header.height for header in headers] == [1, 2, 3]
    assert await branch(sandbox) == headers
    assert await included(sandbox) == {tx_id: 1}


async def test_a_block_may_take_nothing_or_only_what_is_named(sandbox: SandboxUnderTest) -> None:
    one, two, three = [await sandbox.pay(sandbox.new_address(), 5) for _ in range(3)]

    await sandbox.mine(include=Include.NONE)
    assert await included(sandbox) == {}
    await sandbox.mine(include=[three, one])

    block = (await sandbox.reader.blocks(2, 2))[0]
    assert [transfer.tx_id for transfer in block.transfers] == [three, one]
    assert await waiting(sandbox) == [two]


@pytest.mark.parametrize("count", [0, -1, 1_001])
async def test_blocks_come_in_sensible_numbers(sandbox: SandboxUnderTest, count: int) -> None:
    with pytest.raises(Invalid):
        await sandbox.mine(count)


async def test_the_same_transaction_is_never_twice_on_one_branch(sandbox: SandboxUnderTest) -> None:
    tx_id = await sandbox.pay(sandbox.new_address(), 5)
    await sandbox.mine()

    for named in ([tx_id], [tx_id, tx_id]):
        with pytest.raises(IllegalMove) as refused:
            await sandbox.mine(include=named)
        assert refused.value.code == "already_spent"

    assert len(await branch(sandbox)) == 1


async def test_one_block_takes_a_transaction_once(sandbox: SandboxUnderTest) -> None:
    tx_id = await sandbox.pay(sandbox.new_address(), 5)

    with pytest.raises(IllegalMove):
        await sandbox.mine(include=[tx_id, tx_id])


async def test_an_unknown_transaction_or_block_is_refused(sandbox: SandboxUnderTest) -> None:
    with pytest.raises(NotFound):
        await sandbox.mine(include=["f" * 64])
    with pytest.raises(NotFound):
        await sandbox.mine(on="f" * 64)
    with pytest.raises(NotFound):
        await sandbox.switch_to("f" * 64)
    with pytest.raises(NotFound):
        await sandbox.drop("f" * 64)
    with pytest.raises(NotFound):
        await sandbox.replace("f" * 64, sandbox.new_address(), 5)


@pytest.mark.parametrize("depth", [1, 2, 3, 6])
async def test_a_fork_replaces_as_many_blocks_as_asked_by_one_more(
    sandbox: SandboxUnderTest, depth: int
) -> None:
    old = await sandbox.mine(6)

    new = await sandbox.fork(depth)

    assert len(new) == depth + 1
    assert await branch(sandbox) == old[: 6 - depth] + new
    assert not {header.hash for header in old} & {header.hash for header in new}


@pytest.mark.parametrize("depth", [1, 4])
async def test_a_switch_replaces_blocks_by_as_many(sandbox: SandboxUnderTest, depth: int) -> None:
    old = await sandbox.mine(4)

    new = await sandbox.fork(depth, switch=True)

    assert await branch(sandbox) == old[: 4 - depth] + new
    assert new[-1].height == old[-1].height


@pytest.mark.parametrize("depth", [-1, 0, 3])
async def test_a_fork_cannot_reach_below_the_first_block(
    sandbox: SandboxUnderTest, depth: int
) -> None:
    await sandbox.mine(2)

    with pytest.raises(Invalid) as refused:
        await sandbox.fork(depth)

    assert refused.value.param == "depth"


async def test_a_fork_returns_transactions_to_the_mempool_in_their_order(
    sandbox: SandboxUnderTest,
) -> None:
    one = await sandbox.pay(sandbox.new_address(), 5)
    await sandbox.mine()
    two = await sandbox.pay(sandbox.new_address(), 5)
    await sandbox.mine()
    three = await sandbox.pay(sandbox.new_address(), 5)

    await sandbox.fork(2)

    assert await waiting(sandbox) == [one, two, three]
    assert await included(sandbox) == {}


async def test_a_fork_may_lose_transactions(sandbox: SandboxUnderTest) -> None:
    one, two = [await sandbox.pay(sandbox.new_address(), 5) for _ in range(2)]
    await sandbox.mine()

    await sandbox.fork(1, keep=[two])
    await sandbox.mine()
    assert await included(sandbox) == {two: 3}
    await sandbox.fork(1, keep=False)
    await sandbox.mine()

    assert await waiting(sandbox) == []
    assert await included(sandbox) == {}
    assert one != two


async def test_a_fork_may_include_the_same_transaction_elsewhere(sandbox: SandboxUnderTest) -> None:
    await sandbox.mine(include=Include.NONE)
    tx_id = await sandbox.pay(sandbox.new_address(), 5)
    await sandbox.mine()
    later = await sandbox.pay(sandbox.new_address(), 5)

    await sandbox.fork(2, include=Include.ALL)

    assert await included(sandbox) == {tx_id: 1, later: 1}
    assert await waiting(sandbox) == []


async def test_what_a_fork_loses_is_not_what_it_includes(sandbox: SandboxUnderTest) -> None:
    lost = await sandbox.pay(sandbox.new_address(), 5)
    await sandbox.mine()
    waits = await sandbox.pay(sandbox.new_address(), 5)

    await sandbox.fork(1, keep=False, include=Include.ALL)

    assert await included(sandbox) == {waits: 1}
    assert lost != waits


async def test_the_longest_branch_is_the_best_and_of_equals_the_first_seen(
    sandbox: SandboxUnderTest,
) -> None:
    [root] = await sandbox.mine()
    ours = await sandbox.mine(2)

    theirs = await sandbox.mine(2, on=root.hash)
    assert await branch(sandbox) == [root, *ours]
    theirs += await sandbox.mine(on=theirs[-1].hash)

    assert await branch(sandbox) == [root, *theirs]


async def test_an_abandoned_branch_can_win_again(sandbox: SandboxUnderTest) -> None:
    tx_id = await sandbox.pay(sandbox.new_address(), 5)
    old = await sandbox.mine(2)
    await sandbox.fork(2, keep=False)
    assert await included(sandbox) == {}

    back = await sandbox.mine(2, on=old[-1].hash)

    assert await branch(sandbox) == old + back
    assert await included(sandbox) == {tx_id: 1}


async def test_a_side_branch_does_not_take_what_it_has_already(sandbox: SandboxUnderTest) -> None:
    tx_id = await sandbox.pay(sandbox.new_address(), 5)
    [old] = await sandbox.mine()
    await sandbox.fork(1)
    assert await waiting(sandbox) == [tx_id]

    [side] = await sandbox.mine(on=old.hash)
    assert await waiting(sandbox) == [tx_id]
    with pytest.raises(IllegalMove):
        await sandbox.mine(on=side.hash, include=[tx_id])
    await sandbox.mine(on=side.hash)

    assert await included(sandbox) == {tx_id: 1}
    assert await waiting(sandbox) == []


async def test_one_may_switch_between_branches_of_equal_length(sandbox: SandboxUnderTest) -> None:
    tx_id = await sandbox.pay(sandbox.new_address(), 5)
    [ours] = await sandbox.mine()
    [theirs] = await sandbox.fork(1, switch=True)
    assert await included(sandbox) == {}

    await sandbox.switch_to(ours.hash)
    assert await branch(sandbox) == [ours]
    assert await included(sandbox) == {tx_id: 1}
    await sandbox.switch_to(ours.hash)
    assert await branch(sandbox) == [ours]
    await sandbox.switch_to(theirs.hash)

    assert await branch(sandbox) == [theirs]
    assert await waiting(sandbox) == [tx_id]


async def test_one_cannot_switch_to_a_shorter_branch(sandbox: SandboxUnderTest) -> None:
    old = await sandbox.mine(2)
    await sandbox.fork(2)

    with pytest.raises(IllegalMove) as refused:
        await sandbox.switch_to(old[-1].hash)

    assert refused.value.code == "branch_too_short"


async def test_a_replaced_transaction_leaves_the_mempool(sandbox: SandboxUnderTest) -> None:
    old = await sandbox.pay(sandbox.new_address(), 5)

    new = await sandbox.replace(old, sandbox.new_address(), 4)
    assert await waiting(sandbox) == [new]
    newer = await sandbox.replace(new, sandbox.new_address(), 3)

    assert await waiting(sandbox) == [newer]
    await sandbox.mine()
    assert await included(sandbox) == {newer: 1}


async def test_the_old_one_can_never_be_included_once_the_new_one_is(
    sandbox: SandboxUnderTest,
) -> None:
    old = await sandbox.pay(sandbox.new_address(), 5)
    new = await sandbox.replace(old, sandbox.new_address(), 4)
    await sandbox.mine()

    for named in ([old], [new]):
        with pytest.raises(IllegalMove):
            await sandbox.mine(include=named)
    with pytest.raises(IllegalMove):
        await sandbox.replace(old, sandbox.new_address(), 3)
    with pytest.raises(IllegalMove):
        await sandbox.replace(new, sandbox.new_address(), 3)


async def test_one_block_cannot_take_both(sandbox: SandboxUnderTest) -> None:
    old = await sandbox.pay(sandbox.new_address(), 5)
    new = await sandbox.replace(old, sandbox.new_address(), 4)

    with pytest.raises(IllegalMove):
        await sandbox.mine(include=[old, new])


async def test_a_miner_may_still_take_the_old_one_and_the_new_one_loses(
    sandbox: SandboxUnderTest,
) -> None:
    old = await sandbox.pay(sandbox.new_address(), 5)
    new = await sandbox.replace(old, sandbox.new_address(), 4)

    await sandbox.mine(include=[old])

    assert await included(sandbox) == {old: 1}
    assert await waiting(sandbox) == []
    with pytest.raises(IllegalMove):
        await sandbox.mine(include=[new])


async def test_a_fork_can_turn_a_payment_into_a_double_spend(sandbox: SandboxUnderTest) -> None:
    old = await sandbox.pay(sandbox.new_address(), 5)
    new = await sandbox.replace(old, sandbox.new_address(), 4)
    blocks = await sandbox.mine()
    assert await included(sandbox) == {new: 1}

    await sandbox.fork(1, include=[old])
    assert await included(sandbox) == {old: 1}
    assert await waiting(sandbox) == []
    await sandbox.mine(2, on=blocks[0].hash)

    assert await included(sandbox) == {new: 1}
    assert await waiting(sandbox) == []


async def test_a_transaction_that_left_the_branch_can_be_replaced(
    sandbox: SandboxUnderTest,
) -> None:
    old = await sandbox.pay(sandbox.new_address(), 5)
    await sandbox.mine()
    await sandbox.fork(1)

    new = await sandbox.replace(old, sandbox.new_address(), 4)
    await sandbox.mine()

    assert list(await included(sandbox)) == [new]


async def test_a_dropped_transaction_is_forgotten_unless_a_miner_still_has_it(
    sandbox: SandboxUnderTest,
) -> None:
    tx_id = await sandbox.pay(sandbox.new_address(), 5)
    await sandbox.drop(tx_id)
    await sandbox.mine()
    assert await included(sandbox) == {}

    await sandbox.mine(include=[tx_id])

    assert await included(sandbox) == {tx_id: 2}


async def test_only_what_waits_can_be_dropped(sandbox: SandboxUnderTest) -> None:
    tx_id = await sandbox.pay(sandbox.new_address(), 5)
    await sandbox.mine()

    with pytest.raises(IllegalMove) as refused:
        await sandbox.drop(tx_id)

    assert refused.value.code == "transaction_not_waiting"


async def test_a_dropped_payment_can_be_spent_elsewhere(sandbox: SandboxUnderTest) -> None:
    old = await sandbox.pay(sandbox.new_address(), 5)
    await sandbox.drop(old)

    new = await sandbox.replace(old, sandbox.new_address(), 4)
    await sandbox.mine()

    assert list(await included(sandbox)) == [new]
    with pytest.raises(IllegalMove):
        await sandbox.mine(include=[old])


async def test_no_fork_reaches_below_what_is_final(sandbox: SandboxUnderTest) -> None:
    blocks = await sandbox.mine(4)
    assert await sandbox.finalize(2) == 2

    with pytest.raises(IllegalMove) as refused:
        await sandbox.fork(3)
    with pytest.raises(IllegalMove):
        await sandbox.mine(4, on=blocks[0].hash)

    assert refused.value.code == "block_finalized"
    assert await branch(sandbox) == blocks
    await sandbox.fork(2)


async def test_finality_never_goes_back_nor_ahead_of_the_tip(sandbox: SandboxUnderTest) -> None:
    await sandbox.mine(4)
    assert await sandbox.finalize() == 4

    for height in (3, 5):
        with pytest.raises(Invalid):
            await sandbox.finalize(height)


async def test_a_block_appears_by_itself_when_something_waits(sandbox: SandboxUnderTest) -> None:
    await sandbox.mine()
    assert await sandbox.tick() is None

    tx_id = await sandbox.pay(sandbox.new_address(), 5)
    block = await sandbox.tick()

    assert block is not None
    assert await included(sandbox) == {tx_id: block.height}
    assert await sandbox.tick() is None


async def test_a_block_appears_by_itself_when_the_last_one_is_old(
    sandbox: SandboxUnderTest, clock: ManualClock
) -> None:
    await sandbox.mine()

    clock.advance(9.9)
    assert await sandbox.tick(idle_s=10) is None
    clock.advance(0.1)
    block = await sandbox.tick(idle_s=10)

    assert block is not None
    assert block.time == clock.now()


async def test_a_stalled_chain_stands_still_but_obeys_the_hand(
    sandbox: SandboxUnderTest, clock: ManualClock
) -> None:
    await sandbox.pay(sandbox.new_address(), 5)
    clock.advance(1_000)

    await sandbox.stall()
    assert await sandbox.tick() is None
    assert len(await sandbox.mine()) == 1
    clock.advance(1_000)
    assert await sandbox.tick() is None
    await sandbox.resume()

    assert await sandbox.tick() is not None


async def test_one_transaction_may_pay_several_people_in_several_assets(
    sandbox: SandboxUnderTest,
) -> None:
    one, two = sandbox.new_address(), sandbox.new_address()
    outputs = [
        Output("btc", one, 1),
        Output("btc", one, 1),
        Output("unknown:0xfeed", two, 2**256 - 1, "reference"),
        Output("stx", two, 0),
    ]

    tx_id = await sandbox.pay_outputs(outputs, sender=one)
    await sandbox.mine()

    [block] = await sandbox.reader.blocks(1, 1)
    assert [(t.tx_id, t.index, t.sender) for t in block.transfers] == [
        (tx_id, index, one) for index in range(4)
    ]
    assert [Output(t.asset, t.recipient, t.units, t.memo) for t in block.transfers] == outputs


async def test_a_lever_that_fails_leaves_nothing(sandbox: SandboxUnderTest) -> None:
    tx_id = await sandbox.pay(sandbox.new_address(), 5)

    async def mine_and_drop() -> None:
        async with sandbox.work() as work:
            await levers.mine(work)
            await levers.drop(work, tx_id)

    with pytest.raises(IllegalMove):
        await mine_and_drop()

    assert await branch(sandbox) == []
    assert await waiting(sandbox) == [tx_id]


async def test_a_merchant_may_pull_the_levers(
    sandbox: SandboxUnderTest, database: Database, clock: ManualClock, ids: Ids
) -> None:
    merchant = Actor(MerchantId(ids.new("acct")), livemode=False, permissions=frozenset())
    works = Works(database, clock, ids, NO_ROUTES, lambda _topics: None)

    async with works.begin(merchant) as work:
        old = await levers.pay(work, [Output("usdc", sandbox.new_address(), 5)])
        new = await levers.replace(work, old.tx_id, [Output("usdc", sandbox.new_address(), 4)])
        await levers.mine(work, 2)
        await levers.fork(work, 2)
        await levers.drop(work, new.tx_id)
        await levers.lie(work, "a", Lie(LieKind.STALE, lag_blocks=1))
        await levers.stop_lying(work)
        await levers.stall(work)
        await levers.finalize(work)

    assert (await sandbox.reader.tip()).header.height == 3
    assert await waiting(sandbox) == []


async def test_whatever_changes_the_chain_rings_its_bell(
    sandbox: SandboxUnderTest, database: Database, clock: ManualClock, ids: Ids
) -> None:
    rung: list[str] = []
    works = Works(database, clock, ids, NO_ROUTES, rung.extend)

    async with works.begin() as work:
        await levers.pay(work, [Output("usdc", sandbox.new_address(), 5)])
    async with works.begin() as work:
        await levers.mine(work)
    async with works.begin() as work:
        await levers.stall(work)

    assert rung == ["sandbox", "sandbox"]


async def test_two_databases_with_one_seed_hold_the_same_chain(
    sandbox: SandboxUnderTest, database: Database, clock: ManualClock
) -> None:
    async def live(chain: SandboxUnderTest) -> list[Header]:
        first = await chain.pay(chain.new_address(), 5)
        await chain.mine(2)
        await chain.replace(await chain.pay(chain.new_address(), 6), chain.new_address(), 7)
        await chain.fork(2, include=[first])
        await chain.mine()
        return await branch(chain)

    once = await live(sandbox)
    async with database.transaction() as transaction:
        await transaction.connection.execute(
            """DELETE FROM sandbox_block_transactions; DELETE FROM sandbox_outputs;
               DELETE FROM sandbox_transactions; DELETE FROM sandbox_blocks WHERE height > 0"""
        )
    again = await live(SandboxUnderTest(database, clock, Ids(clock, seed=1)))

    assert again == once


async def test_another_seed_makes_other_blocks(
    sandbox: SandboxUnderTest, database: Database, clock: ManualClock
) -> None:
    [one] = await sandbox.mine()

    [other] = await SandboxUnderTest(database, clock, Ids(clock, seed=2)).fork(1, switch=True)

    assert (one.height, one.parent, one.time) == (other.height, other.parent, other.time)
    assert one.hash != other.hash
