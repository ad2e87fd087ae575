"""The sandbox with its levers within reach: each call is a committed Work of its own."""

import contextlib
from collections.abc import AsyncIterator, Sequence

from sluice.base.clock import Clock
from sluice.base.database import Database
from sluice.base.ids import Ids
from sluice.base.outbox.model import NO_ROUTES
from sluice.base.work import Work, Works
from sluice.engine.chains.model import Header, Network
from sluice.engine.chains.sandbox import levers
from sluice.engine.chains.sandbox.addresses import SandboxAddresses, address_of
from sluice.engine.chains.sandbox.model import Include, Keep, Lie, Output, Payment
from sluice.engine.chains.sandbox.network import sandbox_network
from sluice.engine.chains.sandbox.reader import Finalizing, SandboxReader


class SandboxUnderTest:
    """One sandbox chain, a reader of it, its addresses, and every lever."""

    assets = ("usdc", "usdt")

    def __init__(
        self, database: Database, clock: Clock, ids: Ids, *, network: Network | None = None
    ) -> None:
        self.database = database
        self.network = network or sandbox_network()
        self.addresses = SandboxAddresses(b"a seed for tests only")
        self.reader = SandboxReader(database, self.network)
        self._ids = ids
        self._works = Works(database, clock, ids, NO_ROUTES, lambda _topics: None)

    @contextlib.asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        """Open a Work, for several levers in one commit."""
        async with self._works.begin() as work:
            yield work

    def reader_of(
        self, provider: str, *, finalizing: Finalizing = Finalizing.BY_DEPTH
    ) -> SandboxReader:
        """Return a reader that asks another provider."""
        return SandboxReader(self.database, self.network, provider=provider, finalizing=finalizing)

    def new_address(self) -> str:
        """Return an address nobody has used."""
        return address_of(self._ids.bytes(20))

    async def pay(
        self,
        recipient: str,
        units: int,
        *,
        asset: str = "usdc",
        memo: str | None = None,
        sender: str = levers.FAUCET,
    ) -> str:
        """Send one transfer to the mempool and return its transaction's id."""
        return await self.pay_outputs([Output(asset, recipient, units, memo)], sender=sender)

    async def pay_outputs(self, outputs: Sequence[Output], *, sender: str = levers.FAUCET) -> str:
        """Send one transaction with several outputs to the mempool and return its id."""
        async with self.work() as work:
            return (await levers.pay(work, outputs, sender=sender)).tx_id

    async def pay_many(self, payments: Sequence[Payment]) -> list[str]:
        """Send many transactions at once and return their ids."""
        async with self.work() as work:
            return [sent.tx_id for sent in await levers.pay_many(work, payments)]

    async def mine(
        self,
        count: int = 1,
        *,
        include: Include | Sequence[str] = Include.ALL,
        on: str | None = None,
    ) -> list[Header]:
        """Add blocks."""
        async with self.work() as work:
            return await levers.mine(work, count, include=include, on=on)

    async def fork(
        self,
        depth: int,
        *,
        keep: Keep = True,
        include: Include | Sequence[str] = Include.NONE,
        switch: bool = False,
    ) -> list[Header]:
        """Replace the newest blocks."""
        async with self.work() as work:
            return await levers.fork(work, depth, keep=keep, include=include, switch=switch)

    async def switch_to(self, block_hash: str) -> Header:
        """Prefer another branch of the same length."""
        async with self.work() as work:
            return await levers.switch_to(work, block_hash)

    async def replace(self, tx_id: str, recipient: str, units: int, *, asset: str = "usdc") -> str:
        """Replace a waiting transaction by one with this transfer and return the new one's id."""
        async with self.work() as work:
            return (await levers.replace(work, tx_id, [Output(asset, recipient, units)])).tx_id

    async def drop(self, tx_id: str) -> None:
        """Let the network forget a waiting transaction."""
        async with self.work() as work:
            await levers.drop(work, tx_id)

    async def finalize(self, height: int | None = None) -> int:
        """Declare the branch final up to a height."""
        async with self.work() as work:
            return await levers.finalize(work, height)

    async def stall(self) -> None:
        """Let no block appear by itself."""
        async with self.work() as work:
            await levers.stall(work)

    async def resume(self) -> None:
        """Let blocks appear by themselves again."""
        async with self.work() as work:
            await levers.resume(work)

    async def tick(self, *, idle_s: float = 10) -> Header | None:
        """Let a block appear if it is time."""
        async with self.work() as work:
            return await levers.tick(work, idle_s=idle_s)

    async def lie(self, provider: str, told: Lie, *, uses: int | None = None) -> None:
        """Let a provider depart from the truth."""
        async with self.work() as work:
            await levers.lie(work, provider, told, uses=uses)

    async def stop_lying(self, provider: str | None = None) -> None:
        """Let providers tell the truth again."""
        async with self.work() as work:
            await levers.stop_lying(work, provider)
