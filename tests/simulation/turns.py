"""Turns: one database call at a time, and the seed decides whose; so a run repeats exactly.

Tasks of several processes run on one thread. Each database call parks until the driver lets it go;
the next one goes when that one landed, or when PostgreSQL itself says that it waits for a lock.
"""

import asyncio
import contextvars
import itertools
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import asyncpg

T = TypeVar("T")

# A call that takes longer than this may be waiting for a lock: then PostgreSQL is asked.
_PATIENCE_S: Final = 0.004
_STUCK_S: Final = 20.0


class Killed(BaseException):
    """The process was killed: nothing of it runs any further."""


class Stuck(Exception):
    """Every call waits for another one; PostgreSQL did not end it either."""


@dataclass(eq=False)
class Process:
    """One operating system process of the simulated installation."""

    name: str
    dead: bool = False
    busy: int = 0
    deaths: int = 0


PROCESS: Final[contextvars.ContextVar[Process]] = contextvars.ContextVar("process")


@dataclass(eq=False)
class Call:
    """One database call, parked, in flight or landed."""

    number: int
    process: Process
    pid: int | None
    go: asyncio.Future[None]
    landed: asyncio.Event = field(default_factory=asyncio.Event)
    resume: asyncio.Future[None] | None = None


class Locks:
    """Asks PostgreSQL who waits for a lock, and ends what a killed process left behind."""

    def __init__(self, admin: asyncpg.Connection) -> None:
        self._admin = admin
        self._asking = asyncio.Lock()

    async def is_waiting(self, pid: int) -> bool:
        """Say whether a backend waits for a lock somebody else holds."""
        sql = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted)"
        async with self._asking:
            return bool(await self._admin.fetchval(sql, pid))

    async def end(self, pid: int) -> None:
        """End a backend and wait until nothing of it is left."""
        async with self._asking:
            await self._admin.fetchval("SELECT pg_terminate_backend($1)", pid)
            sql = "SELECT true FROM pg_stat_activity WHERE pid = $1"
            while await self._admin.fetchval(sql, pid):
                await asyncio.sleep(0.0005)


class Turns:
    """Parks every call and lets one go at a time."""

    def __init__(self, locks: Locks, choose: random.Random) -> None:
        self.locks = locks
        self._choose = choose
        self._numbers = itertools.count()
        self._loop: Any = asyncio.get_running_loop()
        self._parked: list[Call] = []
        self._held: list[Call] = []  # in flight, waiting for a lock
        self._is_over = False
        self.lock_waits = 0
        self.deadlocks = 0

    @property
    def is_idle(self) -> bool:
        """Say whether nobody waits for a turn."""
        return not self._parked

    @property
    def is_empty(self) -> bool:
        """Say whether nobody waits for anything."""
        return not self._parked and not self._held

    async def take(self, pid: int | None, send: Callable[[], Awaitable[T]]) -> T:
        """Wait for a turn, make the call, and return its answer."""
        process = PROCESS.get()
        if process.dead or self._is_over:
            raise Killed
        call = Call(next(self._numbers), process, pid, self._loop.create_future())
        self._parked.append(call)
        try:
            await call.go
        finally:
            if call in self._parked:
                self._parked.remove(call)
        try:
            return await send()
        except Exception:
            if process.dead:
                raise Killed from None
            raise
        finally:
            call.landed.set()
            if call.resume is not None:
                await call.resume

    async def settle(self) -> None:
        """Let every task run until it parks, waits for a lock, or ends."""
        while self._loop._ready:
            await asyncio.sleep(0)

    async def advance(self) -> None:
        """Let one parked call go, and wait until it landed or waits for a lock."""
        call = self._choose.choice(self._parked)
        self._parked.remove(call)
        call.go.set_result(None)
        await self._land(call)
        await self._free()
        await self.settle()

    async def wait_for_locks(self) -> None:
        """Nobody is parked but some wait for locks: only PostgreSQL can end a deadlock."""
        self.deadlocks += 1
        waits = [asyncio.ensure_future(call.landed.wait()) for call in self._held]
        done, _ = await asyncio.wait(waits, timeout=_STUCK_S, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if not done:
            raise Stuck(f"{len(self._held)} calls wait for each other")
        await self._free()
        await self.settle()

    async def kill(self, process: Process) -> None:
        """End everything a process is doing; its connections were ended before."""
        process.dead = True
        process.deaths += 1
        for call in [call for call in self._parked if call.process is process]:
            self._parked.remove(call)
            call.go.set_exception(Killed())
        # Whoever of it waits for a lock may be the one that was just killed: it is not waited for.
        for call in [call for call in self._held if call.process is process]:
            self._held.remove(call)
            if call.resume is not None:
                call.resume.set_result(None)
        await self._free()

    def abandon(self) -> None:
        """The run itself failed: nobody gets a turn any more."""
        self._is_over = True
        for call in self._parked:
            call.go.set_exception(Killed())
        self._parked.clear()

    async def _land(self, call: Call) -> None:
        while not call.landed.is_set():
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    await call.landed.wait()
            except TimeoutError:
                if call.pid is not None and await self.locks.is_waiting(call.pid):
                    if not call.landed.is_set():
                        call.resume = self._loop.create_future()
                        self._held.append(call)
                        self.lock_waits += 1
                    return

    async def _free(self) -> None:
        """Take back the calls whose locks were let go meanwhile, in the order they went."""
        for call in list(self._held):
            while call in self._held and not call.landed.is_set():
                if call.pid is not None and await self.locks.is_waiting(call.pid):
                    break
                try:
                    async with asyncio.timeout(_PATIENCE_S):
                        await call.landed.wait()
                except TimeoutError:
                    continue
            if call in self._held and call.landed.is_set():
                self._held.remove(call)
                if call.resume is not None:
                    call.resume.set_result(None)
