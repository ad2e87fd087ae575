"""World: the whole system around one database, as the composition root builds it.

Only what lies outside is replaced: the driver's connections (they take turns and break), the
clock, the providers of the chain (they lie), and the internet (receivers that misbehave).
"""

import contextlib
import dataclasses
import datetime as dt
import random
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import asyncpg
from litestar import Litestar

from sluice.app.app import App
from sluice.app.build import Ground, assemble
from sluice.app.reactions import routes
from sluice.app.schedule import SCHEDULE
from sluice.app.settings import Settings
from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.errors import Conflict
from sluice.base.ids import Ids
from sluice.base.jobs.run import Every, Jobs
from sluice.base.relay import BATCH_MAX
from sluice.base.work import Work, Works
from sluice.business.accounts.api_keys.edit import create_key
from sluice.business.accounts.merchants.edit import as_merchant, create_merchant, set_wallet
from sluice.business.accounts.merchants.model import FeePlan, LatePolicy
from sluice.business.accounts.merchants.model import Settings as Terms
from sluice.business.webhooks.endpoints.edit import create_endpoint
from sluice.business.webhooks.endpoints.model import NewEndpoint
from sluice.doors.api.server import make_server
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.quorum import QuorumReader
from sluice.engine.chains.sandbox.addresses import address_of
from sluice.engine.chains.sandbox.reader import SandboxReader
from tests.simulation.lines import Breaks, Lines, QuietLines, open_lines
from tests.simulation.locks import Locks
from tests.simulation.receiver import Listener, Receiver
from tests.simulation.turns import Process, Stuck, Turns

T = TypeVar("T")

START: Final = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
DEPTH: Final = 2
REORG_MAX: Final = 5
PROVIDERS: Final = ("a", "b", "c")
AGREE: Final = 2
# Never a secret: it makes the same addresses in every run.
_MASTER: Final = "k1:" + "c2x1aWNlIHNpbXVsYXRpb24gbWFzdGVyIGtleSAwMDE=\n"

_TERMS: Final = {
    "plain": Terms(late_grace_s=60, quote_valid_s=300),
    "fee": Terms(
        fee=FeePlan(bps=250, fixed=30, least=50, most=5000),
        tolerance_bps=100,
        late=LatePolicy.HOLD,
        quote_valid_s=120,
    ),
    "percent": Terms(fee=FeePlan(bps=50), late_grace_s=0, quote_valid_s=600),
}
_CHECK_S: Final = 1800
_TRIES_MAX: Final = 2000
WITH_WALLET: Final = "fee"


@dataclass
class Shop:
    """A merchant as the simulation knows it."""

    name: str
    merchant_id: str
    token: str
    wallet: str | None = None


@dataclass(kw_only=True)
class World:
    """The system around one database."""

    seed: int
    app: App
    server: Litestar
    quiet: Works  # never breaks: for what lies outside, and for looking
    quiet_lines: QuietLines
    clock: ManualClock
    ids: Ids
    receiver: Receiver
    shops: list[Shop] = field(default_factory=list)

    async def advance(self, seconds: float) -> None:
        """Let time pass, for us and for the database."""
        self.clock.advance(seconds)
        async with self.quiet.begin() as work:
            await work.execute("UPDATE sim.clock SET at = $1", self.clock.now())

    async def act(self, lever: Callable[[Work], Awaitable[T]]) -> T:
        """Do something outside, on the chain."""
        async with self.quiet.begin() as work:
            return await lever(work)


@dataclass(kw_only=True)
class FaultyWorld(World):
    """A world of several processes that take turns, whose connections break."""

    turns: Turns
    lines: Lines
    breaks: Breaks
    api: list[Process]
    workers: list[Process]
    chains: dict[str, Chain] = field(default_factory=dict)  # by worker: each has its own quorum
    providers: Sequence[str] = PROVIDERS
    agree: int = AGREE

    batch_max: Callable[[], int] = lambda: BATCH_MAX  # how many facts a relay takes at once

    async def act(self, lever: Callable[[Work], Awaitable[T]]) -> T:
        """Do something outside, on the chain; whoever holds it just now comes first."""
        for _ in range(_TRIES_MAX):
            try:
                return await super().act(lever)
            except Conflict as conflict:
                if conflict.code != "lock_timeout" or self.turns.is_idle:
                    raise
                await self.turns.advance()
        raise Stuck("the chain was never free")

    def new_quorum(self, worker: str) -> None:
        """Give a worker that starts a view of the chain without memory."""
        known = self.app.chains.find("sandbox")
        database = self.app.database
        readers = [SandboxReader(database, known.network, provider=name) for name in self.providers]
        reader = QuorumReader(readers, self.agree, self.clock)
        self.chains[worker] = dataclasses.replace(known, reader=reader)


@contextlib.asynccontextmanager
async def open_world(url: str, seed: int) -> AsyncIterator[World]:
    """Build the system in a fresh database, where nothing breaks."""
    async with contextlib.AsyncExitStack() as stack:
        parts = await _parts(stack, url, seed, None)
        world = World(**parts)
        await _furnish(world)
        yield world


@contextlib.asynccontextmanager
async def open_faulty_world(
    url: str, seed: int, *, admin_url: str | None = None, shops: Sequence[Shop] = ()
) -> AsyncIterator[FaultyWorld]:
    """Build the system as processes that take turns; in a used database, with its shops."""
    async with contextlib.AsyncExitStack() as stack:
        admin = await asyncpg.connect(admin_url or url)
        stack.push_async_callback(admin.close)
        turns = Turns(Locks(admin, url), random.Random(f"{seed} turns"))
        breaks = Breaks(random.Random(f"{seed} breaks"))
        lines = Lines(url, turns, breaks, await _patience(admin))
        stack.push_async_callback(lines.close)
        parts = await _parts(stack, url, seed, open_lines(lines, url))
        world = FaultyWorld(
            **parts,
            turns=turns,
            lines=lines,
            breaks=breaks,
            api=[Process(f"api{number}") for number in (1, 2, 3)],
            workers=[Process(f"worker{number}") for number in (1, 2)],
        )
        world.shops += shops
        if not shops:
            await _furnish(world)
        for worker in world.workers:
            world.new_quorum(worker.name)
        yield world


async def _patience(admin: asyncpg.Connection) -> dict[str, str]:
    """Let deadlocks be found by the run, not by PostgreSQL's timer, where we may say so."""
    may = await admin.fetchval("SHOW is_superuser") == "on"
    return {"deadlock_timeout": "1h"} if may else {}


async def _parts(
    stack: contextlib.AsyncExitStack, url: str, seed: int, database: Database | None
) -> dict[str, Any]:
    clock = ManualClock(START)
    ids = Ids(clock, seed=seed)
    quiet_lines = QuietLines(url)
    stack.push_async_callback(quiet_lines.close)
    plain = open_lines(quiet_lines, url)
    quiet = Works(plain, clock, ids, routes(), lambda _topics: None)
    app = await _assemble(stack, database or plain, clock, ids)
    receiver = Receiver(clock, random.Random(f"{seed} receiver"))
    receivers = {True: receiver, False: receiver}
    deliverer = dataclasses.replace(app.deliverer, receivers=receivers, rest_s=1.0)
    # The simulation asks the promises itself, without taking turns for each of their queries.
    rarely = {**SCHEDULE, "check_promises": Every(_CHECK_S)}
    jobs = Jobs(app.works, app.jobs._verbs, rarely)
    app = dataclasses.replace(app, deliverer=deliverer, jobs=jobs)
    return {
        "seed": seed,
        "app": app,
        "server": make_server(app),
        "quiet": quiet,
        "quiet_lines": quiet_lines,
        "clock": clock,
        "ids": ids,
        "receiver": receiver,
    }


async def _assemble(
    stack: contextlib.AsyncExitStack, database: Database, clock: ManualClock, ids: Ids
) -> App:
    home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    keys = home / "master.keys"
    keys.touch(0o600)
    keys.write_text(_MASTER)
    settings = Settings(
        home=home,
        limits="off",
        sandbox_depth=DEPTH,
        sandbox_reorg_max=REORG_MAX,
        public_url="https://pay.sluice.example",
    )
    ground = Ground(settings, database, clock, ids)
    return await stack.enter_async_context(assemble(ground))


async def _furnish(world: World) -> None:
    """Make merchants, keys, wallets and endpoints."""
    async with world.quiet.begin() as work:
        await work.execute("INSERT INTO sim.clock (at) VALUES ($1)", world.clock.now())
    for name, terms in _TERMS.items():
        async with world.quiet.begin() as work:
            merchant = await create_merchant(work, name, terms)
        actor = as_merchant(merchant.id, livemode=False)
        async with world.quiet.begin(actor) as work:
            _, token = await create_key(work, "sk", sealer=world.app.sealer)
            shop = Shop(name, merchant.id, token)
            if name == WITH_WALLET:
                chain = world.app.chains.find("sandbox")
                shop.wallet = await set_wallet(work, chain, address_of(b"wallet of the fees__"))
            await _listen(world, work, name)
        world.shops.append(shop)


async def _listen(world: World, work: Any, name: str) -> None:  # noqa: ANN401 - a Work
    urls = [f"https://{name}.shops.sluice.dev/hook"]
    if name == "plain":
        urls.append("https://quitter.shops.sluice.dev/hook")
    for url in urls:
        new = NewEndpoint(url=url, enabled_events=["*"])
        _, secret = await create_endpoint(
            work, new, sealer=world.app.sealer, reach=world.app.reach[False]
        )
        world.receiver.listeners[url] = Listener(url, secret, gone="quitter" in url)
