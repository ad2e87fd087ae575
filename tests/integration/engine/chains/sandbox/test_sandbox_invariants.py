"""The sandbox against a chain made of sets: whatever is pulled, both tell the same story."""

import asyncio
import contextlib
import datetime as dt
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sluice.base.actor import SYSTEM
from sluice.base.clock import ManualClock
from sluice.base.database import Connection, Database, Transaction
from sluice.base.errors import IllegalMove
from sluice.base.ids import Ids
from sluice.base.work import Work
from sluice.engine.chains.model import Header
from sluice.engine.chains.sandbox import levers
from sluice.engine.chains.sandbox.model import Include, Output

T = TypeVar("T")
START = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
PLACES = st.integers(min_value=0, max_value=1_000)
COUNTS = st.integers(min_value=1, max_value=3)


class SetChain:
    """What should be true, kept in sets and lists alone."""

    def __init__(self, genesis: Header) -> None:
        self.headers = {genesis.hash: genesis}
        self.content: dict[str, list[str]] = {genesis.hash: []}
        self.best = genesis.hash
        self.spends: dict[str, str] = {}  # every transaction, oldest first
        self.forgotten: set[str] = set()  # dropped, or replaced by another
        self.final = 0

    def branch(self, tip: str) -> list[str]:
        """Return the hashes from the first block to this one."""
        hashes = [tip]
        while self.headers[hashes[-1]].height:
            hashes.append(self.headers[hashes[-1]].parent)
        return hashes[::-1]

    def on_branch(self, tip: str) -> list[str]:
        """Return the transactions from the first block to this one."""
        return [tx_id for block in self.branch(tip) for tx_id in self.content[block]]

    def spent(self, tip: str) -> set[str]:
        return {self.spends[tx_id] for tx_id in self.on_branch(tip)}

    def mempool(self) -> list[str]:
        on_branch = set(self.on_branch(self.best))
        return [t for t in self.spends if t not in on_branch and t not in self.forgotten]

    def add(self, headers: Sequence[Header], content: Sequence[str]) -> None:
        for place, header in enumerate(headers):
            self.headers[header.hash] = header
            self.content[header.hash] = [] if place else list(content)

    def adopt(self, tip: str, *, keep: bool) -> None:
        """Change the best branch."""
        before, after = set(self.on_branch(self.best)), set(self.on_branch(tip))
        entered = after - before
        self.best = tip
        self.forgotten -= entered
        spent = {self.spends[tx_id] for tx_id in entered}
        self.forgotten |= {t for t, what in self.spends.items() if what in spent} - after
        if not keep:
            self.forgotten |= before - after

    def reaches_below_final(self, tip: str) -> bool:
        shared = set(self.branch(self.best)) & set(self.branch(tip))
        return max(self.headers[block].height for block in shared) < self.final


class Levers(RuleBasedStateMachine):
    """Pulls levers at random, inside one transaction that is rolled back in the end."""

    database: Database
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self._clock = ManualClock(START)
        self._ids = Ids(self._clock, seed=1)
        self._stack = contextlib.AsyncExitStack()
        self.connection = self._await(self._open())
        self.wallet = levers.FAUCET

    def teardown(self) -> None:
        self._await(self._stack.aclose())

    @initialize()
    def begin(self) -> None:
        [genesis] = self._await(read_headers(self.connection))
        self.truth = SetChain(genesis)

    @rule(outputs=COUNTS)
    def pay(self, outputs: int) -> None:
        paid = [Output("usdc", self.wallet, units) for units in range(outputs)]
        transaction = self._pull(lambda work: levers.pay(work, paid))
        self.truth.spends[transaction.tx_id] = transaction.tx_id

    @rule(count=COUNTS, full=st.booleans())
    def mine(self, *, count: int, full: bool) -> None:
        self._mine(count, full=full, on=None)

    @rule(count=COUNTS, full=st.booleans(), place=PLACES)
    def mine_on_some_block(self, *, count: int, full: bool, place: int) -> None:
        self._mine(count, full=full, on=self._pick(list(self.truth.headers), place))

    @precondition(lambda self: self.truth.spends)
    @rule(places=st.lists(PLACES, min_size=1, max_size=3), parent=PLACES)
    def mine_named(self, places: list[int], parent: int) -> None:
        on = self._pick(list(self.truth.headers), parent)
        named = [self._pick(list(self.truth.spends), place) for place in places]
        what = [self.truth.spends[tx_id] for tx_id in named]
        is_double = len(set(what)) < len(what) or bool(set(what) & self.truth.spent(on))
        expected_tip = self.truth.headers[on].height + 1
        if is_double or self._would_undo_final(on, expected_tip):
            self._refused(lambda work: levers.mine(work, include=named, on=on))
            return
        headers = self._pull(lambda work: levers.mine(work, include=named, on=on))
        self._mined(headers, named)

    @precondition(lambda self: self.truth.headers[self.truth.best].height)
    @rule(place=PLACES, keep=st.booleans(), switch=st.booleans(), full=st.booleans())
    def fork(self, *, place: int, keep: bool, switch: bool, full: bool) -> None:
        tip = self.truth.headers[self.truth.best].height
        depth = 1 + place % tip
        lever = functools.partial(
            levers.fork, depth=depth, keep=keep, switch=switch, include=included(full=full)
        )
        parent = self.truth.branch(self.truth.best)[tip - depth]
        if tip - depth < self.truth.final:
            self._refused(lever)
            return
        left = set(self.truth.on_branch(self.truth.best)) - set(self.truth.on_branch(parent))
        left_in_order = [t for t in self.truth.spends if t in left and keep]
        content = left_in_order + self.truth.mempool() if full else []
        headers = self._pull(lever)
        assert len(headers) == depth + (0 if switch else 1)
        self.truth.add(headers, content)
        self.truth.adopt(headers[-1].hash, keep=keep)

    @rule(place=PLACES)
    def switch(self, place: int) -> None:
        height = self.truth.headers[self.truth.best].height
        equals = [h.hash for h in self.truth.headers.values() if h.height == height]
        block = self._pick(equals, place)
        if self.truth.reaches_below_final(block):
            self._refused(lambda work: levers.switch_to(work, block))
            return
        self._pull(lambda work: levers.switch_to(work, block))
        self.truth.adopt(block, keep=True)

    @precondition(lambda self: self.truth.spends)
    @rule(place=PLACES)
    def replace(self, place: int) -> None:
        old = self._pick(list(self.truth.spends), place)
        what = self.truth.spends[old]
        paid = [Output("usdc", self.wallet, 7)]
        if what in self.truth.spent(self.truth.best):
            self._refused(lambda work: levers.replace(work, old, paid))
            return
        new = self._pull(lambda work: levers.replace(work, old, paid))
        self.truth.forgotten |= {t for t, other in self.truth.spends.items() if other == what}
        self.truth.spends[new.tx_id] = what

    @precondition(lambda self: self.truth.spends)
    @rule(place=PLACES)
    def drop(self, place: int) -> None:
        tx_id = self._pick(list(self.truth.spends), place)
        if tx_id not in self.truth.mempool():
            self._refused(lambda work: levers.drop(work, tx_id))
            return
        self._pull(lambda work: levers.drop(work, tx_id))
        self.truth.forgotten.add(tx_id)

    @rule(above=st.integers(min_value=0, max_value=1))
    def finalize(self, above: int) -> None:
        height = self.truth.headers[self.truth.best].height
        self.truth.final = min(self.truth.final + above, height)
        self._pull(lambda work: levers.finalize(work, self.truth.final))

    @invariant()
    def blocks_and_their_branch_are_as_they_should_be(self) -> None:
        headers = self._await(read_headers(self.connection))
        canonical = self._await(read_canonical(self.connection))

        assert {header.hash: header for header in headers} == self.truth.headers
        assert canonical == self.truth.branch(self.truth.best)
        assert self._await(read_content(self.connection)) == {
            block: content for block, content in self.truth.content.items() if content
        }

    @invariant()
    def every_branch_is_linked_and_spends_nothing_twice(self) -> None:
        for header in self.truth.headers.values():
            if header.height:
                parent = self.truth.headers[header.parent]
                assert header.height == parent.height + 1
                assert header.time >= parent.time
            spent = [self.truth.spends[tx_id] for tx_id in self.truth.on_branch(header.hash)]
            assert len(spent) == len(set(spent))

    @invariant()
    def the_mempool_is_what_is_neither_included_nor_forgotten(self) -> None:
        states = self._await(read_states(self.connection))
        on_branch = set(self.truth.on_branch(self.truth.best))

        assert [t for t, state in states.items() if state == "mempool"] == self.truth.mempool()
        assert {t for t, state in states.items() if state == "included"} == on_branch
        assert self.truth.forgotten.isdisjoint(on_branch)

    def _mine(self, count: int, *, full: bool, on: str | None) -> None:
        parent = on or self.truth.best
        lever = functools.partial(levers.mine, count=count, include=included(full=full), on=on)
        if self._would_undo_final(parent, self.truth.headers[parent].height + count):
            self._refused(lever)
            return
        spent = self.truth.spent(parent)
        content = [t for t in self.truth.mempool() if self.truth.spends[t] not in spent]
        self._mined(self._pull(lever), content if full else [])

    def _would_undo_final(self, parent: str, tip_height: int) -> bool:
        is_best = tip_height > self.truth.headers[self.truth.best].height
        return is_best and self.truth.reaches_below_final(parent)

    def _mined(self, headers: Sequence[Header], content: Sequence[str]) -> None:
        self.truth.add(headers, content)
        if headers[-1].height > self.truth.headers[self.truth.best].height:
            self.truth.adopt(headers[-1].hash, keep=True)

    def _pick(self, choices: Sequence[str], place: int) -> str:
        return choices[place % len(choices)]

    def _refused(self, lever: Callable[[Work], Awaitable[object]]) -> None:
        with pytest.raises(IllegalMove):
            self._pull(lever)

    def _pull(self, lever: Callable[[Work], Awaitable[T]]) -> T:
        """Pull a lever in a savepoint of its own, so that a refused one leaves nothing."""

        async def pull() -> T:
            self._clock.advance(1)
            work = Work(Transaction(self.connection), SYSTEM, self._clock.now(), self._ids)
            await self.connection.execute("SAVEPOINT lever")
            try:
                return await lever(work)
            except BaseException:
                await self.connection.execute("ROLLBACK TO lever")
                raise

        return self._await(pull())

    async def _open(self) -> Connection:
        return await self._stack.enter_async_context(rolled_back(self.database))

    def _await(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout=30)


@contextlib.asynccontextmanager
async def rolled_back(database: Database) -> AsyncIterator[Connection]:
    """Lend a connection in a transaction that leaves nothing."""
    async with database.connection() as connection:
        await connection.execute("BEGIN")
        yield connection
        await connection.execute("ROLLBACK")


def included(*, full: bool) -> Include:
    return Include.ALL if full else Include.NONE


async def read_headers(connection: Connection) -> list[Header]:
    rows = await connection.fetch(
        "SELECT height, hash, coalesce(parent, repeat('0', 64)) AS parent, time FROM sandbox_blocks"
    )
    return [Header(*row) for row in rows]


async def read_canonical(connection: Connection) -> list[str]:
    rows = await connection.fetch("SELECT hash FROM sandbox_blocks WHERE canonical ORDER BY height")
    return [row["hash"] for row in rows]


async def read_content(connection: Connection) -> dict[str, list[str]]:
    rows = await connection.fetch(
        """SELECT block_hash, array_agg(tx_id ORDER BY n) AS content
           FROM sandbox_block_transactions GROUP BY block_hash"""
    )
    return {row["block_hash"]: row["content"] for row in rows}


async def read_states(connection: Connection) -> dict[str, str]:
    rows = await connection.fetch("SELECT tx_id, state FROM sandbox_transactions ORDER BY seq")
    return {row["tx_id"]: row["state"] for row in rows}


async def test_whatever_levers_are_pulled_the_chain_stays_a_chain(database: Database) -> None:
    class Here(Levers):
        pass

    Here.database, Here.loop = database, asyncio.get_running_loop()
    effort = settings(
        max_examples=60,
        stateful_step_count=30,
        deadline=None,
        derandomize=True,
        # A failure is shown as it was found: looking for the shortest one takes minutes.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    await asyncio.to_thread(run_state_machine_as_test, Here, settings=effort)
