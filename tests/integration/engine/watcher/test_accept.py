"""A fork too deep for us, accepted by a person; headers that no fork can reach, forgotten."""

import pytest

from sluice.base.errors import Conflict, Invalid
from sluice.engine.chains.chain import ProviderTrouble
from sluice.engine.watcher.accept import accept_fork, find_fork
from sluice.engine.watcher.check_store import forget_blocks
from tests.integration.engine.watcher.conftest import REORG_MAX, Watch
from tests.integration.engine.watcher.test_follow import best_branch, branch


async def test_w03_an_accepted_fork_takes_back_what_was_final(watch: Watch) -> None:
    target = await watch.expect()
    tx_id = await watch.sandbox.pay(target.address, 7)
    await watch.mine(REORG_MAX + 3)
    assert await watch.states() == {tx_id: "final"}
    await watch.sandbox.fork(REORG_MAX + 3)
    await watch.follow()
    await watch.facts()

    fork = await find_fork(watch.works, watch.chain)
    await accept_fork(watch.works, watch.chain, fork)
    await watch.follow()

    assert (fork.keep.height, fork.depth, fork.transfers) == (5, REORG_MAX + 3, 1)
    assert await branch(watch) == await best_branch(watch, first=5 - REORG_MAX)
    assert await watch.states() == {tx_id: "orphaned"}
    assert ("TransferOrphaned", tx_id) in await watch.facts()
    assert (await watch.cursor()).halted_reason is None
    again = await watch.sandbox.pay(target.address, 7)
    await watch.mine(REORG_MAX + 1)
    assert (await watch.states())[again] == "final"


async def test_only_a_halted_network_has_a_fork_to_accept(watch: Watch) -> None:
    with pytest.raises(Invalid) as refused:
        await find_fork(watch.works, watch.chain)

    assert refused.value.code == "chain_not_halted"


async def test_a_fork_that_was_accepted_once_is_not_accepted_again(watch: Watch) -> None:
    await watch.mine(REORG_MAX + 1)
    await watch.sandbox.fork(REORG_MAX + 1)
    await watch.follow()
    fork = await find_fork(watch.works, watch.chain)
    await accept_fork(watch.works, watch.chain, fork)

    with pytest.raises((Invalid, Conflict, ProviderTrouble)):
        await accept_fork(watch.works, watch.chain, fork)


async def test_a_chain_that_shares_no_block_is_another_chain(watch: Watch) -> None:
    await watch.mine(1)
    async with watch.works.begin() as work:
        await work.execute("UPDATE blocks SET hash = 'x' || hash")
        await work.execute("UPDATE chains SET halted_reason = 'a test', hash = 'x' || hash")

    with pytest.raises(Invalid) as refused:
        await find_fork(watch.works, watch.chain)

    assert refused.value.code == "fork_unbounded"


async def test_headers_far_below_are_forgotten_but_for_those_of_transfers(watch: Watch) -> None:
    target = await watch.expect()
    await watch.sandbox.pay(target.address, 7)
    await watch.mine(30)
    [(height, held)] = [one for one in await branch(watch) if one[0] == 6]

    async with watch.works.begin() as work:
        gone = await forget_blocks(work, 10, 1_000)

    left = await branch(watch)
    assert gone > 0
    assert (height, held) in left
    assert [one for one, _ in left if one != height] == list(range(35 - 4 * REORG_MAX, 36))
    await watch.sandbox.fork(REORG_MAX)
    await watch.follow()
    assert (await watch.cursor()).hash == (await watch.sandbox.reader.tip()).header.hash
