"""Locks: what PostgreSQL knows of who waits for whom, and the means to decide who goes first."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import asyncpg

_GONE_TRIES: Final = 20_000  # ten seconds for a backend that was told to end
_PAUSE_S: Final = 0.0005

_WAITING: Final = """
SELECT DISTINCT pid FROM pg_locks WHERE NOT granted AND pid = ANY($1::int[])"""
_IN_CIRCLE: Final = """
WITH RECURSIVE blocks AS (
  SELECT unnest(pg_blocking_pids($1)) AS pid
  UNION SELECT unnest(pg_blocking_pids(b.pid)) FROM blocks b)
SELECT EXISTS (SELECT FROM blocks WHERE pid = $1)"""
_IN_THE_WAY: Final = """
SELECT DISTINCT unnest(pg_blocking_pids(pid)) AS pid FROM unnest($1::int[]) AS pid"""


class Locks:
    """Asks a database's server about locks, and holds, ends or cancels its backends."""

    def __init__(self, admin: asyncpg.Connection, url: str) -> None:
        self._admin = admin
        self._asking = asyncio.Lock()
        self._is_here = Path(_host(url)).is_absolute()  # a socket: the backends are processes here
        self._stopped: set[int] = set()

    async def waiting(self, pids: Iterable[int]) -> set[int]:
        """Return those backends that wait for a lock somebody else holds."""
        async with self._asking:
            return {row["pid"] for row in await self._admin.fetch(_WAITING, list(pids))}

    async def is_deadlocked(self, pid: int) -> bool:
        """Say whether a backend waits, in the end, for itself."""
        async with self._asking:
            return bool(await self._admin.fetchval(_IN_CIRCLE, pid))

    async def hindering(self, pids: Collection[int]) -> set[int]:
        """Return whom some of these backends wait for."""
        async with self._asking:
            return {row["pid"] for row in await self._admin.fetch(_IN_THE_WAY, list(pids))}

    async def cancel(self, pid: int) -> None:
        """Cancel what a backend is doing."""
        self.let_go([pid])
        async with self._asking:
            await self._admin.fetchval("SELECT pg_cancel_backend($1)", pid)

    async def end(self, pid: int) -> None:
        """End a backend and wait until nothing of it is left."""
        self.let_go([pid])
        async with self._asking:
            await self._admin.fetchval("SELECT pg_terminate_backend($1)", pid)
            for _ in range(_GONE_TRIES):
                sql = "SELECT true FROM pg_stat_activity WHERE pid = $1"
                if not await self._admin.fetchval(sql, pid):
                    return
                await asyncio.sleep(_PAUSE_S)
        raise TimeoutError(f"PostgreSQL's backend {pid} did not end")

    def hold(self, pids: Sequence[int]) -> None:
        """Stop backends that wait for a lock, so that only one of several wakes up at a time.

        Each sleeps then and holds nothing that others need but the locks of its transaction.
        """
        if self._is_here:
            for pid in pids:
                if pid not in self._stopped and _is_postgres(pid):
                    os.kill(pid, signal.SIGSTOP)
                    self._stopped.add(pid)

    def let_go(self, pids: Collection[int] | None = None) -> None:
        """Let stopped backends go on; all of them when none is named."""
        for pid in self._stopped & set(self._stopped if pids is None else pids):
            self._stopped.discard(pid)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _host(url: str) -> str:
    query = dict(part.partition("=")[::2] for part in urlsplit(url).query.split("&"))
    return query.get("host", "").replace("%2F", "/")


def _is_postgres(pid: int) -> bool:
    """Say whether a process of this machine is what we take it for."""
    try:
        return Path(f"/proc/{pid}/comm").read_text("ascii").startswith("postgres")
    except OSError:
        return False
