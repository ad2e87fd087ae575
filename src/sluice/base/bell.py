"""Bell: wakes whoever waits, in this process and in others; a lost ring costs only a little time.

Rings are gathered for a few milliseconds and sent as one autocommitted NOTIFY on a connection of
their own: inside the transactions a NOTIFY would make every commit wait for every other.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import structlog

from sluice.base.database import CONNECTION_LOST, Connection, Database

_CHANNEL: Final = "sluice"
_GATHER_S: Final = 0.005
_RECONNECT_S: Final = 1.0
# PostgreSQL refuses a payload of 8000 bytes; topics are short, so a hundred fit easily.
_TOPICS_MAX: Final = 100

log = structlog.get_logger()


class Bell:
    """Topics are short texts: `facts`, `deliveries`, or the id of an object somebody looks at."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._unsent: set[str] = set()
        self._something = asyncio.Event()

    def ring(self, topics: Iterable[str]) -> None:
        """Wake the waiters here at once and those in other processes in a moment."""
        for topic in topics:
            self._wake(topic)
            self._unsent.add(topic)
        if self._unsent:
            self._something.set()

    def listen(self, topic: str) -> asyncio.Event:
        """Give an event that is set whenever the topic rings, for as long as this bell lives."""
        event = asyncio.Event()
        self._waiting.setdefault(topic, set()).add(event)
        return event

    @contextlib.contextmanager
    def watch(self, topic: str) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever the topic rings; clear it before you look."""
        event = asyncio.Event()
        self._waiting.setdefault(topic, set()).add(event)
        try:
            yield event
        finally:
            watchers = self._waiting[topic]
            watchers.discard(event)
            if not watchers:
                del self._waiting[topic]

    async def carry(self, database: Database) -> None:
        """Carry rings between processes until cancelled; reconnects by itself."""
        while True:
            try:
                connection = await database.dedicated()
            except CONNECTION_LOST as error:
                log.warning("bell.unreachable", error=type(error).__name__)
                await asyncio.sleep(_RECONNECT_S)
                continue
            try:
                await connection.add_listener(_CHANNEL, self._heard)
                await self._send(connection)
            except CONNECTION_LOST as error:
                log.warning("bell.lost", error=type(error).__name__)
                await asyncio.sleep(_RECONNECT_S)
            finally:
                connection.terminate()

    async def carry_once(self, database: Database) -> None:
        """Send what was rung here to other processes, for one that will not stay."""
        if self._unsent:
            connection = await database.dedicated()
            try:
                await self._notify(connection)
            finally:
                await connection.close()

    async def _notify(self, connection: Connection) -> None:
        topics = [self._unsent.pop() for _ in range(min(_TOPICS_MAX, len(self._unsent)))]
        if topics:
            await connection.execute("SELECT pg_notify($1, $2)", _CHANNEL, " ".join(topics))

    async def _send(self, connection: Connection) -> None:
        lost = asyncio.Event()

        def on_loss(_connection: object, /) -> None:
            lost.set()
            self._something.set()

        connection.add_termination_listener(on_loss)
        while not lost.is_set():
            await self._something.wait()
            await asyncio.sleep(_GATHER_S)
            self._something.clear()
            await self._notify(connection)
            if self._unsent:
                self._something.set()

    def _heard(self, con_ref: object, pid: int, channel: str, payload: object) -> None:
        del con_ref, pid, channel
        for topic in str(payload).split(" "):
            self._wake(topic)

    def _wake(self, topic: str) -> None:
        for event in self._waiting.get(topic, ()):
            event.set()


async def rung(event: asyncio.Event, *, within_s: float) -> None:
    """Wait until the event is set or the time is over, then clear it."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await event.wait()
    event.clear()


Ring = Callable[[Iterable[str]], None]
