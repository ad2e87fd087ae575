"""The connection pool and the transaction; the only commit in the program."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Final, TypeAlias, cast

import asyncpg
import msgspec

from sluice.base.errors import Conflict, SluiceError, Unavailable

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


class Alone(Transaction):
    """No transaction: each statement stands alone."""

    async def begin(self, sql: str = "BEGIN") -> None:
        """Nothing to begin."""


class Database:
    """A pool of connections to one PostgreSQL database."""

    def __init__(self, pool: "asyncpg.Pool[Row]", url: str) -> None:
        self._pool = pool
        self.url = url

    def connection(self, sees: str | None = _SEEING_ALL) -> AbstractAsyncContextManager[Connection]:
        """Lend a connection that sees what `seeing` said; None takes it as it was left.

        It refuses with Unavailable when none becomes free in two seconds.
        """
        return _Lent(self._pool, sees)

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


class _Lent:
    """A connection of the pool, while somebody has it; a class, because it is entered often."""

    __slots__ = ("_connection", "_pool", "_sees")

    def __init__(self, pool: "asyncpg.Pool[Row]", sees: str | None) -> None:
        self._pool = pool
        self._sees = sees

    async def __aenter__(self) -> Connection:
        try:
            connection = await self._pool.acquire(timeout=_POOL_WAIT_S)
        except TimeoutError as error:
            raise Unavailable("The database is busy; try again in a moment.") from error
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as error:
            raise Unavailable("The database does not answer; try again in a moment.") from error
        self._connection = connection
        if self._sees is not None:
            try:
                await cast("Session", connection).see(self._sees)
            except BaseException as error:
                await self.__aexit__(type(error), error, error.__traceback__)
                raise
        return connection

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        del kind, trace
        told = _translated(error, self._connection) if isinstance(error, Exception) else None
        await self._pool.release(self._connection)
        if told is not None:
            raise told from error


def _translated(error: Exception, connection: Connection) -> SluiceError | None:
    """Return what the driver raised as our own error; the rest stays a bug."""
    match error:
        case asyncpg.LockNotAvailableError() | asyncpg.DeadlockDetectedError():
            return Conflict("Another request holds this object; try again.")
        case asyncpg.QueryCanceledError() | asyncpg.DiskFullError():
            return Unavailable("The database could not finish in time; try again in a moment.")
        case asyncpg.TooManyConnectionsError():
            return Unavailable("The database could not finish in time; try again in a moment.")
        # What the driver says of itself when the connection ended between two statements.
        case asyncpg.InterfaceError() if not _is_gone(connection):
            return None
        case _ if isinstance(error, CONNECTION_LOST):
            return Unavailable("The database went away; try again in a moment.")
    return None


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
