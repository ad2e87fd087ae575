"""The connection pool and the transaction; the only commit in the program."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final, TypeAlias

import asyncpg
import msgspec

from sluice.base.errors import Conflict, Unavailable

Row: TypeAlias = asyncpg.Record
# One lent by the pool, or one of its own.
Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[Row] | asyncpg.Connection[Row]"
UniqueViolation = asyncpg.UniqueViolationError
# What the driver raises when the server, or the way to it, went away.
CONNECTION_LOST: Final = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)

# Every connection starts as the worker's role; a merchant's Work narrows it for one transaction.
WORKER_ROLE: Final = "sluice_worker"
TENANT_ROLE: Final = "sluice_tenant"

_POOL_WAIT_S: Final = 2.0
_SESSION: Final = {
    "application_name": "sluice",
    "timezone": "UTC",
    "statement_timeout": "3000",
    "lock_timeout": "2000",
    "idle_in_transaction_session_timeout": "30000",
    "jit": "off",
}


class Database:
    """A pool of connections to one PostgreSQL database."""

    def __init__(self, pool: "asyncpg.Pool[Row]", url: str) -> None:
        self._pool = pool
        self.url = url

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection; refuse with Unavailable when none becomes free in two seconds."""
        try:
            connection = await self._pool.acquire(timeout=_POOL_WAIT_S)
        except TimeoutError as error:
            raise Unavailable("The database is busy; try again in a moment.") from error
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as error:
            raise Unavailable("The database does not answer; try again in a moment.") from error
        try:
            yield connection
        finally:
            await self._pool.release(connection)

    @contextlib.asynccontextmanager
    async def transaction(self, begin: str) -> AsyncIterator[Connection]:
        """Run one transaction: commit when the block ends normally, else leave nothing."""
        async with self.connection() as connection:
            with translated(connection):
                try:
                    await connection.execute(begin)
                    yield connection
                except BaseException:
                    if not _is_gone(connection):
                        await connection.execute("ROLLBACK")
                    raise
                await connection.execute("COMMIT")

    async def dedicated(self) -> "asyncpg.Connection[Row]":
        """Open a connection of its own, for LISTEN and NOTIFY; the caller closes it."""
        return await asyncpg.connect(self.url, server_settings={"application_name": "sluice-bell"})

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()


async def open_database(
    url: str, *, pool_max: int = 16, role: str | None = WORKER_ROLE
) -> Database:
    """Connect to PostgreSQL 15 or newer."""
    settings = _SESSION | ({"role": role} if role else {})
    pool = await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=pool_max,
        server_settings=settings,
        init=_prepare,
        reset=_no_reset,
        command_timeout=30,
    )
    return Database(pool, url)


@contextlib.contextmanager
def translated(connection: Connection) -> Iterator[None]:
    """Turn what the driver raises into our own errors; the rest stays a bug."""
    try:
        yield
    except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
        raise Conflict("Another request holds this object; try again.") from error
    except (
        asyncpg.QueryCanceledError,
        asyncpg.DiskFullError,
        asyncpg.TooManyConnectionsError,
    ) as error:
        raise Unavailable(
            "The database could not finish in time; try again in a moment."
        ) from error
    except (
        OSError,
        asyncpg.PostgresConnectionError,
        asyncpg.AdminShutdownError,
        asyncpg.CrashShutdownError,
    ) as error:
        raise Unavailable("The database went away; try again in a moment.") from error
    except (asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        # What the driver says when the connection ended between two statements.
        if isinstance(error, asyncpg.InterfaceError) and not _is_gone(connection):
            raise
        raise Unavailable("The database went away; try again in a moment.") from error


def waited_for(conflict: Conflict) -> str:
    """Return what a Conflict waited for, in the database's words; empty when it does not say."""
    return str(getattr(conflict.__cause__, "context", None) or "")


def _is_gone(connection: Connection) -> bool:
    """Say whether a connection is closed; the pool takes back one that broke, and says no more."""
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        return True


async def _prepare(connection: Connection) -> None:
    await connection.set_type_codec(
        "numeric", schema="pg_catalog", encoder=str, decoder=int, format="text"
    )
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + msgspec.json.encode(value),
        decoder=lambda value: msgspec.json.decode(value[1:]),
        format="binary",
    )


async def _no_reset(connection: Connection) -> None:
    """Nothing to reset: no transaction of ours changes the session."""


def as_json(value: Any) -> bytes:  # noqa: ANN401 - anything msgspec can write
    """Write a value as JSON bytes."""
    return msgspec.json.encode(value)
