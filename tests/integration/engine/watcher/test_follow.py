"""The watcher on a real chain: it follows, turns back, and stops where a person must decide."""

import asyncio
import dataclasses
import random  # noqa: TID251 - a chain that repeats

import msgspec
import pytest

from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.errors import Conflict
from sluice.base.ids import Ids
from sluice.base.work import Work
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.model import FINALIZED
from sluice.engine.chains.sandbox.model import Include, Lie, LieKind
from sluice.engine.chains.sandbox.network import sandbox_network
from sluice.engine.chains.sandbox.reader import Finalizing, SandboxReader
from sluice.engine.watcher.cursors import has_unsettled, read_cursors
from sluice.engine.watcher.follow import follow_once, resume
from sluice.engine.watcher.progress import find_progress
from tests.integration.engine.watcher.conftest import DEPTH, REORG_MAX, Watch

SEEN, CONFIRMED, FINAL, ORPHANED = (
    f"Transfer{what}" for what in ("Seen", "Confirmed", "Finalized", "Orphaned")
)


async def branch(watch: Watch) -> list[tuple[int, str]]:
    """Return our best branch, lowest first."""
    async with watch.works.begin() as work:
        rows = await work.rows("SELECT height, hash FROM blocks WHERE canonical ORDER BY height")
    return [(row["height"], row["hash"]) for row in rows]


async def best_branch(watch: Watch, first: int = 1) -> list[tuple[int, str]]:
    """Return the chain's own best branch."""
    tip = await watch.sandbox.reader.tip()
    blocks = await watch.sandbox.reader.blocks(first, tip.header.height)
    return [(block.header.height, block.header.hash) for block in blocks]


async def test_following_starts_a_little_below_the_tip(watch: Watch) -> None:
    assert (await watch.cursor()).height == 5
    assert await branch(watch) == await best_branch(watch, first=5 - REORG_MAX)
    assert await watch.follow() == 0


async def test_a_watcher_that_was_away_catches_up(watch: Watch) -> None:
    target = await watch.expect()
    await watch.sandbox.mine(20)
    tx_id = await watch.sandbox.pay(target.address, 7)
    await watch.sandbox.mine(25)

    assert await watch.follow() == 3

    assert (await watch.cursor()).height == 50
    assert await branch(watch) == await best_branch(watch)
    assert await watch.states() == {tx_id: "final"}
    assert await watch.facts() == [(SEEN, tx_id), (CONFIRMED, tx_id), (FINAL, tx_id)]


async def test_a_transfer_is_seen_then_confirmed_then_final(watch: Watch) -> None:
    target = await watch.expect()
    tx_id = await watch.sandbox.pay(target.address, 7)

    told = []
    for _ in range(REORG_MAX + 2):
        await watch.mine()
        told.append([name for name, _ in await watch.facts()])

    assert told == [[SEEN], [CONFIRMED], [], [], [FINAL], []]
    assert await watch.states() == {tx_id: "final"}


async def test_what_waits_for_the_networks_own_word_is_final_with_it(
    watch: Watch, database: Database
) -> None:
    network = sandbox_network(depth=FINALIZED, reorg_max=REORG_MAX)
    reader = SandboxReader(database, network, finalizing=Finalizing.BY_LEVER)
    watch.chain = dataclasses.replace(watch.chain, network=network, reader=reader)
    target = await watch.expect()
    tx_id = await watch.sandbox.pay(target.address, 7)
    await watch.mine(REORG_MAX - 1)
    assert await watch.states() == {tx_id: "included"}

    await watch.sandbox.finalize()
    await watch.mine()

    assert await watch.states() == {tx_id: "final"}
    assert [name for name, _ in await watch.facts()] == [SEEN, CONFIRMED, FINAL]


async def test_nobody_hears_of_transfers_nobody_waits_for(watch: Watch) -> None:
    await watch.expect()
    await watch.sandbox.pay(watch.sandbox.new_address(), 7)

    await watch.mine()

    assert await watch.states() == {}
    assert await watch.facts() == []


async def test_a_token_we_do_not_know_is_seen_all_the_same(watch: Watch) -> None:
    target = await watch.expect()
    tx_id = await watch.sandbox.pay(target.address, 7, asset="unknown:scam")

    await watch.mine()

    assert await watch.states() == {tx_id: "included"}


async def test_a_pending_transfer_is_shown_and_later_takes_its_place(watch: Watch) -> None:
    target = await watch.expect()
    tx_id = await watch.sandbox.pay(target.address, 7)

    await watch.peek()
    await watch.peek()
    assert await watch.states() == {tx_id: "mempool"}
    assert await watch.facts() == [(SEEN, tx_id)]

    await watch.mine()
    await watch.peek()
    assert await watch.states() == {tx_id: "included"}
    assert await watch.facts() == [(SEEN, tx_id)]


async def test_a_pending_transfer_that_vanished_is_given_up_after_a_while(watch: Watch) -> None:
    target = await watch.expect()
    tx_id = await watch.sandbox.pay(target.address, 7)
    await watch.peek()
    await watch.sandbox.drop(tx_id)

    watch.clock.advance(watch.chain.network.mempool_patience_s)
    await watch.peek()
    assert await watch.states() == {tx_id: "mempool"}

    watch.clock.advance(1)
    await watch.peek()
    assert await watch.states() == {tx_id: "orphaned"}
    assert await watch.facts() == [(SEEN, tx_id), (ORPHANED, tx_id)]


async def test_a_transfer_that_was_given_up_comes_back_when_a_miner_still_had_it(
    watch: Watch,
) -> None:
    target = await watch.expect()
    tx_id = await watch.sandbox.pay(target.address, 7)
    await watch.peek()
    await watch.sandbox.drop(tx_id)
    watch.clock.advance(watch.chain.network.mempool_patience_s + 1)
    await watch.peek()
    await watch.facts()

    await watch.sandbox.mine(include=[tx_id])
    await watch.follow()

    assert await watch.states() == {tx_id: "included"}
    assert await watch.facts() == [(SEEN, tx_id)]


async def test_a_transfer_that_waits_for_long_is_not_given_up(watch: Watch) -> None:
    target = await watch.expect()
    tx_id = await watch.sandbox.pay(target.address, 7)
    await watch.peek()

    watch.clock.advance(3600)
    await watch.peek()

    assert await watch.states() == {tx_id: "mempool"}


@pytest.mark.parametrize("depth", range(1, REORG_MAX + 1))
async def test_w01_a_fork_takes_back_what_was_in_it_and_gives_it_again(
    watch: Watch, depth: int
) -> None:
    target = await watch.expect()
    tx_id = await watch.sandbox.pay(target.address, 7)
    await watch.mine(depth)
    assert await watch.states() == {tx_id: "included" if depth < DEPTH else "confirmed"}
    await watch.facts()

    await watch.sandbox.fork(depth)
    await watch.follow()
    assert await watch.states() == {tx_id: "orphaned"}
    assert await watch.facts() == [(ORPHANED, tx_id)]
    assert await branch(watch) == await best_branch(watch)

    await watch.mine()
    assert await watch.states() == {tx_id: "included"}
    assert await watch.facts() == [(SEEN, tx_id)]


async def test_leaving_a_branch_is_told_with_its_depth(watch: Watch) -> None:
    await watch.mine(3)

    await watch.sandbox.fork(2)
    await watch.follow()

    async with watch.works.look() as work:
        told = await work.rows("SELECT body FROM facts WHERE name = 'ChainSwitched'")
    assert [msgspec.json.decode(row["body"])["depth"] for row in told] == [2]


@pytest.mark.parametrize("depth", range(1, REORG_MAX + 1))
async def test_a_transfer_both_branches_hold_is_never_given_up(watch: Watch, depth: int) -> None:
    target = await watch.expect()
    tx_id = await watch.sandbox.pay(target.address, 7)
    await watch.mine(depth)
    await watch.facts()

    await watch.sandbox.fork(depth, include=Include.ALL)
    await watch.follow()

    assert ORPHANED not in [name for name, _ in await watch.facts()]
    assert await watch.states() == {tx_id: "final" if depth == REORG_MAX else "confirmed"}


async def test_a_branch_of_the_same_length_is_followed_too(watch: Watch) -> None:
    target = await watch.expect()
    tx_id = await watch.sandbox.pay(target.address, 7)
    await watch.mine(2)

    await watch.sandbox.fork(2, switch=True)
    await watch.follow()

    assert (await watch.cursor()).height == 7
    assert await branch(watch) == await best_branch(watch)
    assert await watch.states() == {tx_id: "orphaned"}


async def test_a_chain_that_flips_between_two_branches_is_followed_each_time(
    watch: Watch,
) -> None:
    target = await watch.expect()
    tx_id = await watch.sandbox.pay(target.address, 7)
    [_, ours] = await watch.sandbox.mine(2)
    await watch.follow()
    [_, theirs] = await watch.sandbox.fork(2, switch=True)

    for _ in range(3):
        await watch.follow()
        assert await watch.states() == {tx_id: "orphaned"}
        await watch.sandbox.switch_to(ours.hash)
        await watch.follow()
        assert await watch.states() == {tx_id: "confirmed"}
        await watch.sandbox.switch_to(theirs.hash)


async def test_a_transfer_that_another_branch_replaced_is_gone_and_the_other_is_there(
    watch: Watch,
) -> None:
    target = await watch.expect()
    first = await watch.sandbox.pay(target.address, 7)
    await watch.mine()
    await watch.sandbox.fork(1)
    second = await watch.sandbox.replace(first, target.address, 5)

    await watch.mine()

    assert await watch.states() == {first: "orphaned", second: "included"}


async def halted(watch: Watch, tx_id: str) -> None:
    """Check that the network stands still and that nothing was undone."""
    assert "deeper than reorg_max 4" in str((await watch.cursor()).halted_reason)
    assert await watch.states() == {tx_id: "final"}
    assert await watch.follow() == 0


async def test_a_fork_that_is_too_deep_stops_the_network(watch: Watch) -> None:
    target = await watch.expect()
    tx_id = await watch.sandbox.pay(target.address, 7)
    await watch.mine(REORG_MAX + 1)
    before = await branch(watch)
    await watch.facts()

    await watch.sandbox.fork(REORG_MAX + 1)
    await watch.follow()

    await halted(watch, tx_id)
    assert [name for name, _ in await watch.facts()] == ["ChainHalted"]
    assert await branch(watch) == before


async def test_a_halted_network_goes_on_when_the_chain_is_ours_again(watch: Watch) -> None:
    target = await watch.expect()
    tx_id = await watch.sandbox.pay(target.address, 7)
    [*_, ours] = await watch.sandbox.mine(REORG_MAX + 1)
    await watch.follow()
    await watch.sandbox.fork(REORG_MAX + 1)
    await watch.follow()
    await halted(watch, tx_id)

    async with watch.works.begin() as work:
        await resume(work, "sandbox")
    await watch.follow()
    await halted(watch, tx_id)

    await watch.sandbox.mine(2, on=ours.hash)
    async with watch.works.begin() as work:
        await resume(work, "sandbox")
    await watch.follow()
    assert await branch(watch) == await best_branch(watch)
    assert (await watch.cursor()).halted_reason is None


async def test_a_person_may_follow_a_deep_fork_by_allowing_it(watch: Watch) -> None:
    await watch.mine(REORG_MAX + 1)
    await watch.sandbox.fork(REORG_MAX + 1)
    await watch.follow()

    network = sandbox_network(depth=DEPTH, reorg_max=REORG_MAX + 2)
    watch.chain = dataclasses.replace(watch.chain, network=network)
    async with watch.works.begin() as work:
        await resume(work, "sandbox")
    await watch.follow()

    assert await branch(watch) == await best_branch(watch)


async def test_a_source_that_is_behind_moves_nothing(watch: Watch) -> None:
    await watch.mine(3)
    await watch.sandbox.lie("main", Lie(LieKind.STALE, lag_blocks=2))

    assert await watch.follow() == 0
    assert (await watch.cursor()).height == 8


async def test_w14_two_followers_at_once_write_every_block_and_fact_once(
    watch: Watch, database: Database, clock: ManualClock, ids: Ids
) -> None:
    other = Watch(database, clock, ids)
    target = await watch.expect()
    sent = []
    for _ in range(12):
        sent.append(await watch.sandbox.pay(target.address, 7))
        await watch.sandbox.mine()

    refusals: set[str] = set()

    async def follow(one: Watch) -> None:
        while (await one.cursor()).height < 17:
            try:
                await follow_once(one.works, one.chain)
            except Conflict as error:
                refusals.add(error.code)

    await asyncio.gather(follow(watch), follow(other), follow(watch))

    assert refusals <= {"cursor_moved"}
    assert await branch(watch) == await best_branch(watch)
    facts = await watch.facts()
    assert [tx_id for name, tx_id in facts if name == SEEN] == sent
    assert len(facts) == len(set(facts))


async def test_how_deep_a_transfer_is_can_be_watched(watch: Watch) -> None:
    target = await watch.expect()
    assert target.reference
    await watch.sandbox.pay(target.address, 7)

    async def depth() -> int:
        async with watch.works.begin() as work:
            [one] = await find_progress(work, [target.reference or ""])
        return one.depth

    await watch.peek()
    depths = [await depth()]
    for _ in range(3):
        await watch.mine()
        depths.append(await depth())
    await watch.sandbox.fork(3)
    await watch.follow()
    depths.append(await depth())

    assert depths == [0, 1, 2, 3, 0]


async def test_it_is_known_whether_anything_still_wants_depth(watch: Watch) -> None:
    async def ask(work: Work) -> bool:
        return await has_unsettled(work, "sandbox")

    async def unsettled() -> bool:
        async with watch.works.begin() as work:
            return await ask(work)

    target = await watch.expect()
    assert not await unsettled()
    await watch.sandbox.pay(target.address, 7)
    await watch.mine()
    assert await unsettled()
    await watch.mine(REORG_MAX)
    assert not await unsettled()


async def test_every_network_shows_how_far_it_was_followed(watch: Watch) -> None:
    async with watch.works.begin() as work:
        [cursor] = await read_cursors(work)

    assert (cursor.network, cursor.height, cursor.moved_at) == ("sandbox", 5, watch.clock.now())


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_the_chain_does_our_rows_end_as_its_best_branch(
    watch: Watch, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a chain that repeats
    targets = [await watch.expect() for _ in range(3)]
    for _ in range(40):
        turn = chance.random()
        if turn < 0.4:
            await watch.sandbox.pay(chance.choice(targets).address, chance.randint(1, 9))
        elif turn < 0.7:
            include = chance.choice([Include.ALL, Include.NONE])
            await watch.sandbox.mine(chance.randint(1, 2), include=include)
        elif turn < 0.8:
            depth = min(chance.randint(1, REORG_MAX), (await watch.cursor()).height - 1)
            keep, switch = chance.random() < 0.7, chance.random() < 0.3
            await watch.sandbox.fork(depth, keep=keep, switch=switch)
            await watch.follow()
        else:
            await watch.peek()
            await watch.follow()
        if chance.random() < 0.5:
            await watch.follow()
    await watch.sandbox.mine(include=Include.NONE)
    await watch.follow()

    await agrees_with_the_chain(watch, watch.chain)


async def agrees_with_the_chain(watch: Watch, chain: Chain) -> None:
    """Check every row we hold against the chain's own best branch."""
    tip = await chain.reader.tip()
    blocks = await chain.reader.blocks(1, tip.header.height)
    heights = {tr.tx_id: block.header.height for block in blocks for tr in block.transfers}
    assert await branch(watch) == [(block.header.height, block.header.hash) for block in blocks]
    async with watch.works.begin() as work:
        rows = await work.rows("SELECT tx_id, state, height FROM transfers")
    assert {row["tx_id"] for row in rows if row["height"] is not None} == set(heights)
    for row in rows:
        height = heights.get(row["tx_id"])
        assert row["height"] == height
        if height is None:
            assert row["state"] in {"mempool", "orphaned"}
        elif height <= tip.header.height - REORG_MAX:
            assert row["state"] == "final"
        else:
            deep = tip.header.height - height + 1 >= DEPTH
            assert row["state"] == ("confirmed" if deep else "included")
