"""Turns: one database call at a time, and the seed decides whose; so a run repeats exactly.

Tasks of several processes run on one thread. Each database call parks until the driver lets it go;
the next one goes when that one landed, or when PostgreSQL itself says that it waits for a lock.
Nothing depends on how long anything takes: of several calls that a commit wakes up, one goes on at
a time; a deadlock is broken where it arises; what a task undoes beside its calls is done in turn.
"""

import asyncio
import contextvars
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

import asyncpg

from tests.simulation.locks import Locks

T = TypeVar("T")

# A call that takes longer than this may be waiting for a lock: then PostgreSQL is asked.
_PATIENCE_S: Final = 0.01
_STUCK_S: Final = 120.0
STEPS_MAX: Final = 40_000


class Killed(BaseException):
    """The process was killed: nothing of it runs any further."""


class Stuck(Exception):
    """The run goes on for ever, or nothing in it goes on."""


@dataclass(eq=False)
class Process:
    """One operating system process of the simulated installation."""

    name: str
    dead: bool = False
    busy: int = 0
    deaths: int = 0


PROCESS: Final[contextvars.ContextVar[Process]] = contextvars.ContextVar("process")


class Line(Protocol):
    """What a call goes over."""

    @property
    def pid(self) -> int | None:
        """Return the process of the server that serves it now."""
        ...


@dataclass(eq=False)
class Call:
    """One database call, parked, in flight or landed."""

    what: str
    process: Process
    line: Line
    go: asyncio.Future[None]
    landed: asyncio.Event = field(default_factory=asyncio.Event)
    resume: asyncio.Future[None] | None = None
    is_victim: bool = False  # of a deadlock

    @property
    def pid(self) -> int | None:
        """Return the server's process that it is with."""
        return self.line.pid


class Turns:
    """Parks every call and lets one go at a time."""

    def __init__(self, locks: Locks, choose: random.Random) -> None:
        self.locks = locks
        self._choose = choose
        self._loop: Any = asyncio.get_running_loop()
        self._parked: list[Call] = []
        self._held: list[Call] = []  # in flight, waiting for a lock
        self._aside: list[tuple[Callable[[], Awaitable[None]], asyncio.Future[None]]] = []
        self._is_over = False
        self._steps = 0
        self.trail: list[str] = []  # every call in its order, to compare two runs by
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

    async def take(self, what: str, line: Line, send: Callable[[], Awaitable[T]]) -> T:
        """Wait for a turn, make the call, and return its answer."""
        process = PROCESS.get()
        if process.dead or self._is_over:
            raise Killed
        call = Call(what, process, line, self._loop.create_future())
        self._parked.append(call)
        try:
            await call.go
        finally:
            if call in self._parked:
                self._parked.remove(call)
        try:
            return await send()
        except Exception as error:
            if process.dead:
                raise Killed from None
            if call.is_victim:
                raise asyncpg.DeadlockDetectedError("deadlock detected") from error
            raise
        finally:
            call.landed.set()
            if call.resume is not None:
                await call.resume

    async def do_aside(self, step: Callable[[], Awaitable[None]]) -> None:
        """Do something that is no call, when nobody else does anything."""
        if self._is_over:
            await step()
            return
        done = self._loop.create_future()
        self._aside.append((step, done))
        await done

    async def settle(self) -> None:
        """Let every task run until it parks, waits for a lock, or ends."""
        while True:
            while self._loop._ready:
                await asyncio.sleep(0)
            if self._aside:
                self._hold()
                step, done = self._aside.pop(0)
                await step()
                if not done.done():
                    done.set_result(None)
            elif not await self._free():
                self.locks.let_go()
                return

    def begin(self) -> None:
        """Start counting anew: another life begins in the same world."""
        self._steps = 0
        self.trail.clear()

    async def advance(self) -> None:
        """Let one parked call go, and wait until it landed or waits for a lock."""
        self._steps += 1
        if self._steps > STEPS_MAX:
            raise Stuck(f"no end after {STEPS_MAX} calls; the last: {self.trail[-5:]}")
        call = self._choose.choice(self._parked)
        self._parked.remove(call)
        self.trail.append(f"{call.process.name} {call.what}")
        self._hold()
        call.go.set_result(None)
        if not await self._land(call):
            call.resume = self._loop.create_future()
            self._held.append(call)
            self.lock_waits += 1
            self.trail.append("  waits")
            await self._break_deadlock(call)
        await self.settle()

    async def wait_for_locks(self) -> None:
        """Nobody is parked but some wait for locks, of whom nobody is left to let them go."""
        held = [call.what for call in self._held]
        raise Stuck(f"{len(held)} calls wait for locks that nobody lets go: {held}")

    def kill(self, process: Process) -> None:
        """End everything a process is doing; its connections were ended before."""
        for call in [call for call in self._parked if call.process is process]:
            self._parked.remove(call)
            if not call.go.done():
                call.go.set_exception(Killed())
        # Whoever of it waits for a lock may be the one that was just killed: it is not waited for.
        for call in [call for call in self._held if call.process is process]:
            self._resume(call)

    def abandon(self) -> None:
        """The run itself failed: nobody gets a turn any more."""
        self._is_over = True
        self.locks.let_go()
        for call in self._parked:
            if not call.go.done():
                call.go.set_exception(Killed())
        self._parked.clear()
        for _, done in self._aside:
            done.cancel()
        for call in list(self._held):
            self._resume(call)

    def _hold(self) -> None:
        """Of several calls that one commit may wake up, let none go on by itself."""
        if len(self._held) > 1:
            self.locks.hold([call.pid for call in self._held if call.pid is not None])

    async def _land(self, call: Call) -> bool:
        """Wait until a call landed; say no when it waits for a lock."""
        end = self._loop.time() + _STUCK_S
        while not call.landed.is_set():
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    await call.landed.wait()
            except TimeoutError:
                is_waiting = call.pid is not None and await self.locks.waiting([call.pid])
                if is_waiting and not call.landed.is_set():
                    return False
                if self._loop.time() > end:
                    raise Stuck(f"no answer in {_STUCK_S:.0f} s: {call.what}") from None
        return True

    async def _break_deadlock(self, call: Call) -> None:
        """Let the call that closed a circle fail, as PostgreSQL would after a second."""
        assert call.pid is not None
        if await self.locks.is_deadlocked(call.pid):
            self.deadlocks += 1
            call.is_victim = True
            await self.locks.cancel(call.pid)
            await asyncio.wait_for(call.landed.wait(), _STUCK_S)

    async def _free(self) -> bool:
        """Take back the first call whose lock was let go; say whether there was one."""
        if not self._held:
            return False
        for call in self._held:
            if call.landed.is_set():
                self._resume(call)
                return True
        waiting = await self.locks.waiting(call.pid for call in self._held if call.pid is not None)
        for call in list(self._held):
            if call.pid not in waiting:
                self.locks.let_go([call.pid] if call.pid is not None else [])
                if await self._land(call):
                    self._resume(call)
                    return True
        return False

    def _resume(self, call: Call) -> None:
        if call in self._held:  # else it killed its own process, and was let go with it
            self._held.remove(call)
        if call.resume is not None and not call.resume.done():
            call.resume.set_result(None)
