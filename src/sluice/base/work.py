"""Work: one transaction, one instant, one actor.

Inserts are gathered and leave in one round trip, together with the facts, when the Work ends or
before its next read. Nothing waits for a network inside a Work.
"""

import contextlib
import datetime as dt
import functools
import re
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any, Final

from sluice.base.actor import SYSTEM, Actor
from sluice.base.bell import Ring
from sluice.base.clock import Clock
from sluice.base.database import Alone, Database, Row, Transaction, seeing
from sluice.base.facts import Fact
from sluice.base.ids import Ids
from sluice.base.outbox import store as outbox
from sluice.base.outbox.model import Routes

_SNAPSHOT: Final = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = '60s'"
)
_PARAMETER: Final = re.compile(r"\$(\d+)")


class Work:
    """What a verb is given: the database for one transaction, who asks, and what time it is."""

    def __init__(self, transaction: Transaction, actor: Actor, now: dt.datetime, ids: Ids) -> None:
        self.connection = transaction.connection
        self._transaction = transaction
        self._ids = ids
        self._gathered: list[tuple[str, Sequence[Any]]] = []
        self._facts: list[Fact] = []
        self._topics: set[str] = set()
        self.actor = actor
        self.now = now

    @property
    def owner(self) -> tuple[str, bool]:
        """Return (merchant_id, livemode): the first two parameters of a merchant's queries."""
        return self.actor.merchant, self.actor.livemode

    def new_id(self, prefix: str) -> str:
        """Make an identifier."""
        return self._ids.new(prefix)

    def new_unguessable_id(self, prefix: str) -> str:
        """Make an identifier that may stand in a public link."""
        return self._ids.new_unguessable(prefix)

    def random_below(self, limit: int) -> int:
        """Return a random whole number from 0 up to but not including `limit`."""
        return self._ids.below(limit)

    def random_bytes(self, count: int) -> bytes:
        """Return random bytes."""
        return self._ids.bytes(count)

    def record(self, facts: Iterable[Fact]) -> None:
        """Let facts leave with this commit."""
        self._facts.extend(facts)

    @property
    def facts(self) -> Sequence[Fact]:
        """Return the facts recorded so far."""
        return self._facts

    def tell(self, topic: str) -> None:
        """Ring a topic once this commit is done."""
        self._topics.add(topic)

    def insert(self, sql: str, *args: Any) -> None:  # noqa: ANN401 - whatever the column takes
        """Gather an INSERT of new rows; it runs with the others in one round trip."""
        self._gathered.append((sql, args))

    async def rows(self, sql: str, *args: Any) -> list[Row]:  # noqa: ANN401
        """Run a statement and return its rows."""
        await self._settle()
        return await self.connection.fetch(sql, *args)

    async def row(self, sql: str, *args: Any) -> Row | None:  # noqa: ANN401
        """Run a statement and return its first row, if any."""
        await self._settle()
        return await self.connection.fetchrow(sql, *args)

    async def value(self, sql: str, *args: Any) -> Any:  # noqa: ANN401
        """Run a statement and return the first column of its first row, if any."""
        await self._settle()
        return await self.connection.fetchval(sql, *args)

    async def execute(self, sql: str, *args: Any) -> int:  # noqa: ANN401
        """Run a statement and return how many rows it touched."""
        await self._settle()
        status: str = await self.connection.execute(sql, *args)
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    @property
    def has_written(self) -> bool:
        """Say whether anything waits to be sent."""
        return bool(self._gathered or self._facts)

    async def flush(self) -> None:
        """Send what was gathered; more may follow in the same transaction."""
        if self._gathered:
            await self._settle()

    async def _settle(self) -> None:
        """Begin the transaction, and send what was gathered, before another statement."""
        await self._transaction.begin()
        await self._send()

    async def _send(self) -> None:
        if self._gathered:
            gathered, self._gathered = self._gathered, []
            text = _combine(tuple(sql for sql, _ in gathered))
            args = [argument for _, args in gathered for argument in args]
            await self.connection.execute(text, *args)

    async def finish(self, routes: Routes) -> set[str]:
        """Send everything left, facts last; return the topics to ring after the commit."""
        if self._facts:
            self._gathered.append((outbox.ADD_FACTS, (*outbox.fact_columns(self._facts), self.now)))
            names, reactions = outbox.reaction_columns(self._facts, routes)
            if names:
                self._gathered.append((outbox.ADD_REACTIONS, (names, reactions)))
                self._topics.add("facts")
        # The last statement; when it is the only one, it is the whole transaction.
        await self._send()
        return self._topics


class Works:
    """Opens a Work for whoever acts; holds what every Work needs."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        routes: Routes,
        ring: Ring,
        *,
        observe: Callable[[Sequence[Fact]], None] = lambda _facts: None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._routes = routes
        self._ring = ring
        self._observe = observe

    @contextlib.asynccontextmanager
    async def begin(self, actor: Actor = SYSTEM) -> AsyncIterator[Work]:
        """Open a Work: leaving it normally commits with its facts, an exception leaves nothing."""
        begin = "BEGIN" if actor.merchant_id is None else None
        async with self._database.transaction(begin, sees=_sight(actor)) as transaction:
            work = Work(transaction, actor, self._clock.now(), self._ids)
            yield work
            topics = await work.finish(self._routes)
        self._ring(topics)
        self._observe(work.facts)

    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Work]:
        """Open a Work that reads one snapshot of everything and may write nothing."""
        async with self._database.transaction(_SNAPSHOT) as transaction:
            yield Work(transaction, SYSTEM, self._clock.now(), self._ids)

    @contextlib.asynccontextmanager
    async def look(self, actor: Actor = SYSTEM) -> AsyncIterator[Work]:
        """Open a Work for single reads outside a transaction; nothing may be written in it."""
        async with self._database.connection(_sight(actor)) as connection:
            work = Work(Alone(connection), actor, self._clock.now(), self._ids)
            yield work
            if work.has_written:
                raise RuntimeError("nothing may be written in a look")

    @contextlib.asynccontextmanager
    async def glance(self) -> AsyncIterator[Work]:
        """Open a look that may see nothing but what everyone may call, whoever was there before."""
        async with self._database.connection(None) as connection:
            yield Work(Alone(connection), SYSTEM, self._clock.now(), self._ids)


def _sight(actor: Actor) -> str:
    """Return what a Work's connection sees: for a merchant it is the second wall."""
    return seeing(actor.merchant_id, livemode=actor.livemode)


@functools.lru_cache(maxsize=512)
def _combine(statements: tuple[str, ...]) -> str:
    """Join statements into one with a CTE each, their parameters numbered on."""
    if len(statements) == 1:
        return statements[0]
    parts: list[str] = []
    offset = 0
    for number, statement in enumerate(statements):
        name = "facts_added" if statement is outbox.ADD_FACTS else f"w{number}"
        shifted = _PARAMETER.sub(lambda match, by=offset: f"${int(match[1]) + by}", statement)  # type: ignore[misc]
        parts.append(f"{name} AS ({shifted}\n)")
        offset += max((int(number) for number in _PARAMETER.findall(statement)), default=0)
    return f"WITH {', '.join(parts)} SELECT 1"
