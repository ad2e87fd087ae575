"""A watcher on a sandbox chain, with a target or two to wait for."""

import dataclasses
import datetime as dt
from typing import Any

import msgspec
import pytest

from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.ids import Ids
from sluice.base.outbox.model import NO_ROUTES
from sluice.base.work import Works
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.model import Style
from sluice.engine.chains.sandbox.network import sandbox_network
from sluice.engine.watcher import store
from sluice.engine.watcher.follow import follow_once, follow_pending
from sluice.engine.watcher.model import Cursor, Target
from sluice.engine.watcher.targets import expect
from tests.contract.sandbox_under_test import SandboxUnderTest

MERCHANT = "acct_a"
DEPTH = 2
REORG_MAX = 4


class Watch:
    """The chain, whoever follows it, and what was written down of it."""

    def __init__(self, database: Database, clock: ManualClock, ids: Ids) -> None:
        network = sandbox_network(depth=DEPTH, reorg_max=REORG_MAX)
        self.sandbox = SandboxUnderTest(database, clock, ids, network=network)
        self.clock = clock
        self.works = Works(database, clock, ids, NO_ROUTES, lambda _topics: None)
        self.chain = Chain(network, self.sandbox.reader, self.sandbox.addresses)

    async def follow(self) -> int:
        """Follow the chain until nothing is new; return how many steps that took."""
        steps = 0
        while await follow_once(self.works, self.chain):
            steps += 1
        return steps

    async def peek(self) -> None:
        """Look into the mempool."""
        await follow_pending(self.works, self.chain)

    async def mine(self, count: int = 1) -> None:
        """Add blocks and follow them."""
        await self.sandbox.mine(count)
        await self.follow()

    async def expect(self, style: Style = Style.ADDRESS, **changes: Any) -> Target:  # noqa: ANN401
        """Wait for money at a new address."""
        async with self.works.begin() as work:
            target = Target(
                id=work.new_id("tgt"),
                merchant_id=MERCHANT,
                livemode=False,
                network="sandbox",
                style=style,
                address=self.sandbox.new_address(),
                reference=work.new_id("off"),
                watch_until=work.now + dt.timedelta(days=1),
            )
            target = dataclasses.replace(target, **changes)
            expect(work, target)
        return target

    async def cursor(self) -> Cursor:
        """Return where we stand."""
        async with self.works.begin() as work:
            found = await store.cursor(work, "sandbox")
        assert found is not None
        return found

    async def states(self) -> dict[str, str]:
        """Return how every transfer stands, by transaction."""
        async with self.works.begin() as work:
            rows = await work.rows("SELECT tx_id, state FROM transfers")
        return {row["tx_id"]: row["state"] for row in rows}

    async def facts(self) -> list[tuple[str, str]]:
        """Return what became true of transfers, as (fact, transaction), and forget it."""
        async with self.works.begin() as work:
            rows = await work.rows("SELECT name, body FROM facts ORDER BY id")
            await work.execute("DELETE FROM facts")
        rows = [row for row in rows if row["name"] != "ChainSwitched"]
        return [(row["name"], msgspec.json.decode(row["body"]).get("tx_id", "")) for row in rows]


@pytest.fixture
async def watch(database: Database, clock: ManualClock, ids: Ids) -> Watch:
    """Follow a new chain from its fifth block on."""
    watch = Watch(database, clock, ids)
    async with watch.works.begin() as work:
        work.insert(
            "INSERT INTO merchants (id, name, created_at) VALUES ($1, $2, $3)",
            MERCHANT, "A shop", work.now,
        )  # fmt: skip
    await watch.sandbox.mine(5)
    await watch.follow()
    return watch
