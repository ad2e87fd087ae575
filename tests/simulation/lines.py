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
Send = Callable[["_Session"], Awaitable[T]]

_SETTINGS: Final = {
    "application_name": "sluice-simulated",
    "role": WORKER_ROLE,
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
}
_CONNECT_S: Final = 60.0
# Who takes no turns cannot wait for those who do: they would never go on.
_QUIET: Final = {"lock_timeout": "25"}


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
    """One connection, as a Work sees it; the server's side of it is lent when a call needs it."""

    def __init__(self, process: Process, turns: Turns, lines: "Lines") -> None:
        self.sees = Session.sees
        self.raw: _Session | None = None
        self.is_broken = False
        self.is_flying = False  # a call is on its way, or waits for a lock
        self._process = process
        self._turns = turns
        self._lines = lines

    @property
    def pid(self) -> int | None:
        """Return the process of the server that serves it now."""
        return None if self.raw is None else self.raw.get_server_pid()

    @property
    def has_begun(self) -> bool:
        """Say whether it is in a transaction."""
        return self.raw is not None and self.raw.is_in_transaction()

    async def see(self, what: str) -> None:
        """Let it see what the program's sessions would."""
        if self.sees != what:
            self.sees = ""
            await self.execute(what)
            self.sees = what

    def is_closed(self) -> bool:
        """Say whether it broke."""
        return self.is_broken or (self.raw is not None and self.raw.is_closed())

    async def execute(self, sql: str, *args: Any) -> str:
        """Run a statement."""
        return await self._call(sql, lambda raw: raw.execute(sql, *args))

    async def executemany(self, sql: str, args: Any) -> None:
        """Run a statement several times."""
        await self._call(sql, lambda raw: raw.executemany(sql, args))

    async def fetch(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        """Return a statement's rows."""
        return await self._call(sql, lambda raw: raw.fetch(sql, *args))

    async def fetchrow(self, sql: str, *args: Any) -> asyncpg.Record | None:
        """Return a statement's first row."""
        return await self._call(sql, lambda raw: raw.fetchrow(sql, *args))

    async def fetchval(self, sql: str, *args: Any) -> Any:
        """Return a statement's first value."""
        return await self._call(sql, lambda raw: raw.fetchval(sql, *args))

    async def _call(self, sql: str, send: Send[T]) -> T:
        return await self._turns.take(sql, self, lambda: self._break_or_send(sql, send))

    async def _break_or_send(self, sql: str, send: Send[T]) -> T:
        """Make the call, broken if it is its time."""
        if self.is_broken:
            raise asyncpg.InterfaceError("connection is closed")
        alone = not self.has_begun and not sql.startswith(("BEGIN", "SELECT"))
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

    async def _send(self, send: Send[T]) -> T:
        raw = await self._lines.lend(self)
        self.is_flying = True
        try:
            answer = await send(raw)
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
    serves the next one who needs it: starting a new one costs more than everything it then does.
    """

    def __init__(self, url: str, turns: Turns, breaks: Breaks, settings: Mapping[str, str]) -> None:
        self._url = url
        self._turns = turns
        self._settings = settings
        self.breaks = breaks
        self._free: list[tuple[Process, Line]] = []
        self._open: list[tuple[Process, Line]] = []
        self._spare: list[_Session] = []

    async def acquire(self, *, timeout: float) -> Line:
        """Lend a connection of the calling process."""
        del timeout
        process = PROCESS.get()
        if process.dead:
            raise Killed
        for owner, line in self._free:
            if owner is process:
                self._free.remove((owner, line))
                return line
        line = Line(process, self._turns, self)
        await self._turns.take("connect", line, lambda: self.lend(line))
        self._open.append((process, line))
        return line

    async def release(self, line: Line) -> None:
        """Take a connection back."""
        for owner, known in self._open:
            if known is line and not line.is_closed():
                if line.has_begun:
                    # Who held it was cancelled in the middle; nobody else may go on with it.
                    await self._turns.do_aside(lambda: self.cut(line))
                else:
                    self._free.append((owner, line))
                    self._take_back(line)
                return

    async def lend(self, line: Line) -> "_Session":
        """Give a connection its server's side, one that sees the same if there is one."""
        if line.raw is None:
            same = [raw for raw in self._spare if raw.sees == line.sees]
            if same or self._spare:
                line.raw = same[-1] if same else self._spare[-1]
                self._spare.remove(line.raw)
            else:
                line.raw = await _connect(self._url, self._settings)
            if line.sees:
                await line.raw.see(line.sees)
        return line.raw

    async def cut(self, line: Line) -> None:
        """Break one connection for good."""
        if line.is_broken:
            return
        line.is_broken = True
        self._open = [pair for pair in self._open if pair[1] is not line]
        self._free = [pair for pair in self._free if pair[1] is not line]
        raw = line.raw
        if raw is None:
            return
        if line.is_flying or raw.is_closed():
            pid = raw.get_server_pid()
            raw.terminate()
            await self._turns.locks.end(pid)
            return
        if raw.is_in_transaction():
            await raw.execute("ROLLBACK")
        self._take_back(line)

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
        raws = [*(line.raw for _, line in self._open if line.raw is not None), *self._spare]
        pids = [raw.get_server_pid() for raw in raws]
        for raw in raws:
            raw.terminate()
        for pid in pids:
            await self._turns.locks.end(pid)
        for cleared in (self._open, self._free, self._spare):
            cleared.clear()

    async def move(self, url: str) -> None:
        """Go on in another database."""
        await self.close()
        self._url = url

    def _take_back(self, line: Line) -> None:
        """Keep the server's side of a connection for whoever needs one next."""
        if line.raw is not None:
            line.raw.sees = line.sees
            self._spare.append(line.raw)
            line.raw = None

    async def _in_order(self, waiting: list[Line]) -> list[Line]:
        """Order connections that wait for locks so that none is let go by another one's end."""
        ordered: list[Line] = []
        while waiting:
            pids = [line.pid for line in waiting if line.pid is not None]
            hindering = await self._turns.locks.hindering(pids)
            first = next((line for line in waiting if line.pid not in hindering), waiting[0])
            waiting.remove(first)
            ordered.append(first)
        return ordered


class QuietLines:
    """Stands where the driver's pool stands, for whoever takes no turns and never breaks."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._free: list[asyncpg.Connection] = []

    async def acquire(self, *, timeout: float) -> asyncpg.Connection:
        """Lend a connection."""
        del timeout
        return self._free.pop() if self._free else await _connect(self._url, _QUIET)

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


async def _connect(url: str, settings: Mapping[str, str]) -> _Session:
    raw = await asyncpg.connect(
        url,
        timeout=_CONNECT_S,
        server_settings={**_SETTINGS, **settings},
        connection_class=_Session,
    )
    await _prepare(raw)
    return raw
