"""The connection pool and the transaction; the only commit in the program."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final, TypeAlias, cast

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

# Every connection starts as the worker's role; a merchant's Work narrows it, see `seeing`.
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


def seeing(merchant_id: str | None, *, livemode: bool) -> str:
    """Return the statement after which a connection sees one merchant's rows; for None, all rows.

    It holds for the connection, not for a transaction: whoever is lent it next says what they see,
    and only when that differs does it cost a trip.
    """
    if merchant_id is None:
        return _SEEING_ALL
    mode = "on" if livemode else "off"
    return (
        f"SELECT set_config('role', '{TENANT_ROLE}', false), "
        f"set_config('sluice.merchant', '{merchant_id}', false), "
        f"set_config('sluice.livemode', '{mode}', false)"
    )


_SEEING_ALL: Final = (
    f"SELECT set_config('role', '{WORKER_ROLE}', false), set_config('sluice.merchant', '', false)"
)


class Session(asyncpg.Connection):
    """A connection that knows what it was last told to see."""

    sees: str = _SEEING_ALL

    async def see(self, what: str) -> None:
        """Let it see what `seeing` said."""
        if self.sees != what:
            self.sees = ""  # should it break now, nobody knows
            await self.execute(what)
            self.sees = what


class Transaction:
    """One transaction on a connection, begun when the first statement needs it.

    A single statement is a transaction by itself: then neither BEGIN nor COMMIT is sent.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._is_begun = False

    async def begin(self, sql: str = "BEGIN") -> None:
        """Begin it, unless it has begun."""
        if not self._is_begun:
            self._is_begun = True
            await self.connection.execute(sql)

    async def commit(self) -> None:
        """End it with its effect."""
        if self._is_begun:
            await self.connection.execute("COMMIT")

    async def roll_back(self) -> None:
        """End it without effect, unless it ended with its connection."""
        if self._is_begun and not _is_gone(self.connection):
            await self.connection.execute("ROLLBACK")


class _Alone(Transaction):
    """No transaction: each statement stands alone."""

    async def begin(self, sql: str = "BEGIN") -> None:
        """Nothing to begin."""


class Database:
    """A pool of connections to one PostgreSQL database."""

    def __init__(self, pool: "asyncpg.Pool[Row]", url: str) -> None:
        self._pool = pool
        self.url = url

    @contextlib.asynccontextmanager
    async def connection(self, sees: str | None = _SEEING_ALL) -> AsyncIterator[Connection]:
        """Lend a connection that sees what `seeing` said; None takes it as it was left.

        It refuses with Unavailable when none becomes free in two seconds.
        """
        try:
            connection = await self._pool.acquire(timeout=_POOL_WAIT_S)
        except TimeoutError as error:
            raise Unavailable("The database is busy; try again in a moment.") from error
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as error:
            raise Unavailable("The database does not answer; try again in a moment.") from error
        try:
            with translated(connection):
                if sees is not None:
                    await cast("Session", connection).see(sees)
                yield connection
        finally:
            await self._pool.release(connection)

    @contextlib.asynccontextmanager
    async def transaction(
        self, begin: str | None = "BEGIN", *, sees: str = _SEEING_ALL
    ) -> AsyncIterator[Transaction]:
        """Run one transaction: commit when the block ends normally, else leave nothing.

        With `begin` left out it begins when somebody says so.
        """
        async with self.connection(sees) as connection:
            transaction = Transaction(connection)
            try:
                if begin is not None:
                    await transaction.begin(begin)
                yield transaction
            except BaseException:
                await transaction.roll_back()
                raise
            await transaction.commit()

    @contextlib.asynccontextmanager
    async def reading(self, sees: str | None) -> AsyncIterator[Transaction]:
        """Lend a connection on which each statement stands alone."""
        async with self.connection(sees) as connection:
            yield _Alone(connection)

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
        connection_class=Session,
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
    """Nothing to reset: who is lent it says what it sees."""


def as_json(value: Any) -> bytes:  # noqa: ANN401 - anything msgspec can write
    """Write a value as JSON bytes."""
    return msgspec.json.encode(value)
