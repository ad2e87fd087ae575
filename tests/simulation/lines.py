"""Lines: database connections that take turns and break where the run wants; real PostgreSQL."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Final, NamedTuple, TypeVar, cast

import asyncpg

from sluice.base.database import WORKER_ROLE, Database, Session, _prepare
from tests.simulation.turns import PROCESS, Killed, Process, Turns

T = TypeVar("T")

_SETTINGS: Final = {
    "application_name": "sluice-simulated",
    "role": WORKER_ROLE,
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
}
# Nobody may wait for ever for those who take turns: then nothing would go on.
_QUIET: Final = {"lock_timeout": "60000"}


class _Known(NamedTuple):
    name: str


class _Session(Session):
    """A connection that learns about types what others learnt in copies of the same database.

    Asking PostgreSQL takes a new connection ten times as long as everything else it begins with.
    """

    types: ClassVar[dict[frozenset[int], Any]] = {}

    async def _introspect_types(self, typeoids: Collection[int], timeout: float | None) -> Any:
        asked = frozenset(typeoids)
        if asked not in self.types:
            found = await super()._introspect_types(typeoids, timeout)  # type: ignore[misc]
            self.types[asked] = found[0]
            return found
        return self.types[asked], _Known("not asked")


class Break(StrEnum):
    """What goes wrong at a call."""

    CUT_BEFORE = "cut_before"  # the connection breaks and the call never arrives
    CUT_AFTER = "cut_after"  # the call arrives, its answer does not
    KILL_BEFORE = "kill_before"  # the process dies before the call
    KILL_AFTER = "kill_after"  # the call arrives, the process dies at once


@dataclass
class Breaks:
    """Which calls break: by chance, or exactly the ones named."""

    random: random.Random
    chance: float = 0.0
    at: Collection[int] = ()
    kind: Break | None = None
    only: Collection[str] | None = None  # names of the processes that may break
    calls: int = 0
    commits: list[int] = field(default_factory=list)  # the calls that ended a transaction
    made: dict[Break, int] = field(default_factory=lambda: dict.fromkeys(Break, 0))

    def next(self, process: Process, *, commits: bool) -> Break | None:
        """Count a call and say whether, and how, it breaks."""
        self.calls += 1
        if commits:
            self.commits.append(self.calls)
        if self.only is not None and process.name not in self.only:
            return None
        if self.calls in self.at:
            return self.kind
        if self.chance and self.random.random() < self.chance:
            return self.random.choice(list(Break))
        return None


class Line:
    """One connection, as a Work sees it."""

    def __init__(
        self, raw: asyncpg.Connection, process: Process, turns: Turns, lines: "Lines"
    ) -> None:
        self.raw = raw
        self.sees = Session.sees
        self.pid: int = raw.get_server_pid()
        self.is_broken = False
        self.is_flying = False  # a call is on its way, or waits for a lock
        self._process = process
        self._turns = turns
        self._lines = lines

    async def see(self, what: str) -> None:
        """Let it see what the program's sessions would."""
        if self.sees != what:
            self.sees = ""
            await self.execute(what)
            self.sees = what

    def is_closed(self) -> bool:
        """Say whether it broke."""
        return self.is_broken or self.raw.is_closed()

    async def execute(self, sql: str, *args: Any) -> str:
        """Run a statement."""
        return await self._call(sql, lambda: self.raw.execute(sql, *args))

    async def executemany(self, sql: str, args: Any) -> None:
        """Run a statement several times."""
        await self._call(sql, lambda: self.raw.executemany(sql, args))

    async def fetch(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        """Return a statement's rows."""
        return await self._call(sql, lambda: self.raw.fetch(sql, *args))

    async def fetchrow(self, sql: str, *args: Any) -> asyncpg.Record | None:
        """Return a statement's first row."""
        return await self._call(sql, lambda: self.raw.fetchrow(sql, *args))

    async def fetchval(self, sql: str, *args: Any) -> Any:
        """Return a statement's first value."""
        return await self._call(sql, lambda: self.raw.fetchval(sql, *args))

    async def _call(self, sql: str, send: Callable[[], Awaitable[T]]) -> T:
        return await self._turns.take(sql, self.pid, lambda: self._break_or_send(sql, send))

    async def _break_or_send(self, sql: str, send: Callable[[], Awaitable[T]]) -> T:
        """Make the call, broken if it is its time."""
        if self.is_broken:
            raise asyncpg.InterfaceError("connection is closed")
        alone = not self.raw.is_in_transaction() and not sql.startswith(("BEGIN", "SELECT"))
        chosen = self._lines.breaks.next(self._process, commits=sql == "COMMIT" or alone)
        if chosen is None:
            return await self._send(send)
        self._lines.breaks.made[chosen] += 1
        self._turns.trail.append(f"  {chosen}")
        if chosen in {Break.CUT_AFTER, Break.KILL_AFTER}:
            await self._send(send)
        if chosen in {Break.KILL_BEFORE, Break.KILL_AFTER}:
            await self._lines.kill(self._process)
            raise Killed
        await self._lines.cut(self)
        raise asyncpg.ConnectionDoesNotExistError(
            "connection was closed in the middle of operation"
        )

    async def _send(self, send: Callable[[], Awaitable[T]]) -> T:
        self.is_flying = True
        try:
            answer = await send()
        except asyncio.CancelledError:
            # The driver would ask the server to stop, and nobody knows how far it came: so that a
            # run repeats, the connection ends with the call.
            if not self.is_broken:
                await self._turns.do_aside(lambda: self._lines.cut(self))
            raise
        finally:
            self.is_flying = False
        return answer


class Lines:
    """Stands where the driver's pool stands; each process has connections of its own.

    For a process a broken connection is gone. The server's side of it undid what was begun, and
    serves as the next new connection: starting one costs more than everything it then does.
    """

    def __init__(self, url: str, turns: Turns, breaks: Breaks, settings: Mapping[str, str]) -> None:
        self._url = url
        self._turns = turns
        self._settings = settings
        self.breaks = breaks
        self._free: list[tuple[Process, Line]] = []
        self._open: list[tuple[Process, Line]] = []
        self._spare: list[asyncpg.Connection] = []

    async def acquire(self, *, timeout: float) -> Line:
        """Lend a connection of the calling process."""
        process = PROCESS.get()
        if process.dead:
            raise Killed
        for owner, line in self._free:
            if owner is process:
                self._free.remove((owner, line))
                return line
        raw = await self._turns.take("connect", None, lambda: self._connect(timeout))
        line = Line(raw, process, self._turns, self)
        self._open.append((process, line))
        return line

    async def release(self, line: Line) -> None:
        """Take a connection back."""
        for owner, known in self._open:
            if known is line and not line.is_closed():
                if line.raw.is_in_transaction():
                    # Who held it was cancelled in the middle; nobody else may go on with it.
                    await self._turns.do_aside(lambda: self.cut(line))
                else:
                    self._free.append((owner, line))
                return

    async def cut(self, line: Line) -> None:
        """Break one connection for good."""
        if line.is_broken:
            return
        line.is_broken = True
        self._open = [pair for pair in self._open if pair[1] is not line]
        self._free = [pair for pair in self._free if pair[1] is not line]
        if line.is_flying or line.raw.is_closed():
            line.raw.terminate()
            await self._turns.locks.end(line.pid)
            return
        if line.raw.is_in_transaction():
            await line.raw.execute("ROLLBACK")
        if line.sees != Session.sees:
            await line.raw.execute(Session.sees)
        self._spare.append(line.raw)

    async def kill(self, process: Process) -> None:
        """Kill a process: all its connections break, and nothing of it runs any further."""
        process.dead = True
        process.deaths += 1
        mine = [line for owner, line in self._open if owner is process]
        for line in await self._in_order([line for line in mine if line.is_flying]):
            await self.cut(line)
        for line in mine:
            await self.cut(line)
        self._turns.kill(process)

    async def close(self) -> None:
        """Close every connection."""
        self._turns.locks.let_go()
        raws = [*(line.raw for _, line in self._open), *self._spare]
        for raw in raws:
            pid = raw.get_server_pid()
            raw.terminate()
            await self._turns.locks.end(pid)
        for cleared in (self._open, self._free, self._spare):
            cleared.clear()

    async def move(self, url: str) -> None:
        """Go on in another database."""
        await self.close()
        self._url = url

    async def _in_order(self, waiting: list[Line]) -> list[Line]:
        """Order connections that wait for locks so that none is let go by another one's end."""
        ordered: list[Line] = []
        while waiting:
            hindering = await self._turns.locks.hindering([line.pid for line in waiting])
            first = next((line for line in waiting if line.pid not in hindering), waiting[0])
            waiting.remove(first)
            ordered.append(first)
        return ordered

    async def _connect(self, timeout_s: float) -> asyncpg.Connection:
        if self._spare:
            return self._spare.pop()
        return await _connect(self._url, timeout_s, self._settings)


class QuietLines:
    """Stands where the driver's pool stands, for whoever takes no turns and never breaks."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._free: list[asyncpg.Connection] = []

    async def acquire(self, *, timeout: float) -> asyncpg.Connection:
        """Lend a connection."""
        return self._free.pop() if self._free else await _connect(self._url, timeout, _QUIET)

    async def release(self, connection: asyncpg.Connection) -> None:
        """Take a connection back."""
        self._free.append(connection)

    async def close(self) -> None:
        """Close every connection."""
        for connection in self._free:
            await connection.close()
        self._free.clear()

    async def move(self, url: str) -> None:
        """Go on in another database."""
        await self.close()
        self._url = url


def open_lines(lines: Lines | QuietLines, url: str) -> Database:
    """Return the real Database over these connections."""
    return Database(cast("asyncpg.Pool", lines), url)


async def _connect(url: str, timeout_s: float, settings: Mapping[str, str]) -> asyncpg.Connection:
    raw = await asyncpg.connect(
        url,
        timeout=timeout_s + 60,
        server_settings={**_SETTINGS, **settings},
        connection_class=_Session,
    )
    await _prepare(raw)
    return raw
