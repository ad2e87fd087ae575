"""A whole Sluice for tests: the real server and the real loops on a real database, in a thread.

Tests are ordinary functions that speak HTTP to it, as merchants do; `call` runs a verb inside.
"""

import asyncio
import concurrent.futures
import contextlib
import dataclasses
import io
import itertools
import os
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import psycopg
from granian.constants import Interfaces
from granian.server.embed import Server

from sluice.app.app import App
from sluice.app.build import build
from sluice.app.settings import Settings
from sluice.base.actor import SYSTEM
from sluice.base.clock import Clock, SystemClock
from sluice.base.observe.logs import Sink, configure_logs
from sluice.base.work import Work
from sluice.business.accounts.api_keys.edit import create_key
from sluice.business.accounts.merchants.edit import as_merchant, create_merchant
from sluice.business.accounts.merchants.model import FEE_PRESETS
from sluice.business.accounts.merchants.model import Settings as Terms
from sluice.doors.cli.process import whole_server
from sluice.doors.worker.loops import run_loops
from sluice.engine.chains.sandbox import levers

TERMS: Final = Terms(fee=FEE_PRESETS["stablecoin"])
PATIENCE_S: Final = 45.0

_numbers: Final = itertools.count()

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Merchant:
    """A merchant of the house with keys of its own."""

    id: str
    sk: str
    pk: str
    live_sk: str


class House:
    """One running Sluice. Everything in it is real; only rate limits and blocks by time are off."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self._clock = clock or SystemClock()
        self.url = f"http://{settings.host}:{settings.port}"
        self.logs = io.StringIO()
        self._up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()), name="house")
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._error: BaseException | None = None
        self.app: App

    def start(self) -> None:
        """Start, and return when it answers."""
        self._thread.start()
        self._up.wait(PATIENCE_S)
        if self._error is not None:
            raise self._error
        until(lambda: _answers(self.settings.port), "the house answers")
        until(lambda: self.sql("SELECT 1 FROM rates LIMIT 1"), "there are prices")

    def stop(self) -> None:
        """Stop everything, and tell what went wrong if something did."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE_S)
        if self._error is not None:
            raise self._error

    def take_logs(self) -> None:
        """Send the process's log lines here; of several houses the last that asks gets them."""
        configure_logs(Sink(self.logs, self.app.clock, lambda _name: None))

    def call(self, made: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine where the house lives and return what it returns."""
        future: concurrent.futures.Future[T] = asyncio.run_coroutine_threadsafe(made, self._loop)
        return future.result(PATIENCE_S)

    def within(self, verb: Callable[[Work], Coroutine[Any, Any, T]], owner: str | None = None) -> T:
        """Run a verb in a Work of its own: the system's, or a merchant's in test mode."""

        async def run() -> T:
            actor = as_merchant(owner, livemode=False) if owner else SYSTEM
            async with self.app.works.begin(actor) as work:
                return await verb(work)

        return self.call(run())

    def merchant(self, terms: Terms = TERMS) -> Merchant:
        """Make a merchant."""
        return self.call(self._make_merchant(terms))

    def key(self, merchant: Merchant, kind: str, *permissions: str) -> str:
        """Make a merchant another key, with these permissions."""

        async def make(work: Work) -> str:
            _, token = await create_key(
                work, kind, sealer=self.app.sealer, permissions=permissions or None
            )
            return token

        return self.within(make, merchant.id)

    def mine(self, count: int = 1) -> None:
        """Add blocks to the sandbox with everything that waits."""
        self.within(lambda work: levers.mine(work, count))

    def sql(self, query: str, *args: object) -> list[tuple[Any, ...]]:
        """Look at the database as its owner, past every wall."""
        with psycopg.connect(self.settings.database_url, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), args or None)
            return cursor.fetchall() if cursor.description else []

    async def _make_merchant(self, terms: Terms) -> Merchant:
        sealer = self.app.sealer
        async with self.app.works.begin() as work:
            merchant = await create_merchant(work, "Corner shop", terms)
        async with self.app.works.begin(as_merchant(merchant.id, livemode=False)) as work:
            _, sk = await create_key(work, "sk", sealer=sealer)
            _, pk = await create_key(work, "pk", sealer=sealer)
        async with self.app.works.begin(as_merchant(merchant.id, livemode=True)) as work:
            _, live_sk = await create_key(work, "sk", sealer=sealer)
        return Merchant(merchant.id, sk, pk, live_sk)

    async def _live(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with build(self.settings, clock=self._clock) as self.app:
                self.take_logs()
                await self._serve()
        except BaseException as error:  # noqa: BLE001 - told by start and stop, in the test's thread
            self._error = error
        finally:
            self._up.set()

    async def _serve(self) -> None:
        server = Server(
            whole_server(self.app),
            address=self.settings.host,
            port=self.settings.port,
            interface=Interfaces.ASGI,
            log_enabled=False,
        )
        async with asyncio.TaskGroup() as group:
            loops = group.create_task(run_loops(self.app))
            serving = group.create_task(server.serve())
            self._up.set()
            await self._stop.wait()
            server.stop()  # type: ignore[no-untyped-call]
            await serving
            loops.cancel()


@contextlib.contextmanager
def running_house(
    server: str,
    template: str,
    home: Path,
    clock: Clock | None = None,
    **changes: Any,  # noqa: ANN401
) -> Iterator[House]:
    """Run a house on a database of its own; `changes` are settings."""
    with a_database(server, template) as url:
        port = free_port()
        settings = Settings(
            database_url=url,
            home=home,
            port=port,
            public_url=f"http://127.0.0.1:{port}",
            limits="off",
            webhook_networks="127.0.0.0/8",
            sandbox_block_s=0,
        )
        house = House(dataclasses.replace(settings, **changes), clock)
        try:
            house.start()
            yield house
        finally:
            house.stop()


@contextlib.contextmanager
def a_database(server: str, template: str) -> Iterator[str]:
    """Make a database with the newest schema, and remove it."""
    name = f"sluice_house_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def until(is_so: Callable[[], T], what: str, *, within_s: float = PATIENCE_S) -> T:
    """Ask again and again until the answer is a yes, and return it."""
    deadline = time.monotonic() + within_s
    while not (answer := is_so()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {what}")
        time.sleep(0.01)
    return answer


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False
