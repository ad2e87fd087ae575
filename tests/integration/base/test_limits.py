"""Limits counted in a real Redis, and what happens when it dies, hangs or forgets."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import redis.asyncio as aioredis

from sluice.base.limits.model import Limit
from sluice.base.limits.shared import SharedLimiter
from tests.absent import absent

URL = os.environ.get("SLUICE_TEST_REDIS_URL", "redis://127.0.0.1:6379/0")  # noqa: TID251 - where tests may go


class Wire:
    """A wire to Redis that a test can cut or let hang."""

    def __init__(self) -> None:
        self.connections = 0
        self.hangs = False
        self._writers: list[asyncio.StreamWriter] = []
        self._listener: asyncio.Server | None = None

    async def open(self, port: int = 0) -> str:
        self._listener = await asyncio.start_server(self._visit, "127.0.0.1", port)
        host, port = self._listener.sockets[0].getsockname()
        return urlsplit(URL)._replace(netloc=f"{host}:{port}").geturl()

    async def cut(self) -> None:
        if self._listener is not None:
            self._listener.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        await asyncio.sleep(0.05)

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        parts = urlsplit(URL)
        far_reader, far_writer = await asyncio.open_connection(parts.hostname, parts.port or 6379)
        self._writers += [writer, far_writer]
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(self._copy(reader, far_writer), self._copy(far_reader, writer))
        writer.close()
        far_writer.close()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            if not self.hangs:
                writer.write(data)
        writer.close()


class Failures:
    """Counts what the limiter was told to count."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


@pytest.fixture
async def prefix(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """Return a prefix of this test's own, in a Redis that is there."""
    mine = f"sluice:test:{os.getpid()}:{request.node.name}:"
    client = aioredis.Redis.from_url(URL)
    try:
        await client.ping()
    except aioredis.ConnectionError:
        await client.aclose()
        absent(f"no Redis at {URL}; set SLUICE_TEST_REDIS_URL")
    yield mine
    async for key in client.scan_iter(f"{mine}*"):
        await client.delete(key)
    await client.aclose()


@contextlib.asynccontextmanager
async def limiting(
    url: str, prefix: str, failures: Failures, *, workers: int = 1
) -> AsyncIterator[SharedLimiter]:
    limiter = SharedLimiter(
        url, workers=workers, monotonic=time.monotonic, on_failure=failures, prefix=prefix
    )
    try:
        yield limiter
    finally:
        await limiter.close()


async def test_many_workers_share_one_bucket(prefix: str) -> None:
    failures = Failures()
    limit = Limit.per_minute(100)

    async with contextlib.AsyncExitStack() as stack:
        workers = [
            await stack.enter_async_context(limiting(URL, prefix, failures)) for _ in range(4)
        ]
        decisions = [await workers[turn % 4].spend("key", limit) for turn in range(120)]

    allowed = [decision for decision in decisions if decision.allowed]
    refused = [decision for decision in decisions if not decision.allowed]
    assert 100 <= len(allowed) <= 104, "a hundred, and what a slow run earned meanwhile"
    assert allowed[0].remaining == 99
    assert refused
    assert all(0 < decision.retry_after_s <= 0.6 for decision in refused)
    assert failures.count == 0


async def test_a_bucket_in_redis_fills_again_and_is_forgotten_when_full(prefix: str) -> None:
    failures = Failures()
    limit = Limit(5, 1)
    client = aioredis.Redis.from_url(URL)

    async with limiting(URL, prefix, failures) as limiter:
        first = await limiter.spend("key", limit)
        second = await limiter.spend("key", limit)
        await asyncio.sleep(0.3)
        third = await limiter.spend("key", limit)
        await asyncio.sleep(0.3)
        kept = await client.exists(f"{prefix}key")
    await client.aclose()

    assert (first.allowed, second.allowed, third.allowed) == (True, False, True)
    assert not kept
    assert failures.count == 0


async def test_a_redis_that_forgets_everything_only_gives_a_full_bucket(prefix: str) -> None:
    failures = Failures()
    client = aioredis.Redis.from_url(URL)

    async with limiting(URL, prefix, failures) as limiter:
        await limiter.spend("key", Limit.per_minute(1))
        await client.delete(f"{prefix}key")
        await client.script_flush()
        again = await limiter.spend("key", Limit.per_minute(1))
    await client.aclose()

    assert again.allowed
    assert failures.count == 0


async def test_a_dead_redis_is_noticed_in_less_than_a_tenth_of_a_second(prefix: str) -> None:
    failures = Failures()
    wire = Wire()
    url = await wire.open()

    async with limiting(url, prefix, failures, workers=4) as limiter:
        before = await limiter.spend("key", Limit.per_minute(100))
        await wire.cut()
        began = time.perf_counter()
        after = await limiter.spend("key", Limit.per_minute(100))
        took_s = time.perf_counter() - began

    assert before.remaining == 99
    assert after.remaining == 24, "a quarter of the limit for each of four workers"
    assert failures.count == 1
    assert took_s < 0.1


async def test_a_redis_that_hangs_is_given_up_and_left_alone_for_a_while(prefix: str) -> None:
    failures = Failures()
    wire = Wire()
    url = await wire.open()

    async with limiting(url, prefix, failures, workers=2) as limiter:
        await limiter.spend("key", Limit.per_minute(100))
        wire.hangs = True
        began = time.perf_counter()
        decisions = [await limiter.spend("key", Limit.per_minute(100)) for _ in range(60)]
        took_s = time.perf_counter() - began
    await wire.cut()

    assert sum(decision.allowed for decision in decisions) == 50
    assert failures.count == 1
    assert took_s < 0.2


async def test_a_redis_that_came_back_counts_again(prefix: str) -> None:
    failures = Failures()
    wire = Wire()
    url = await wire.open()
    port = urlsplit(url).port or 0

    async with limiting(url, prefix, failures, workers=10) as limiter:
        await limiter.spend("key", Limit.per_minute(100))
        await wire.cut()
        alone = await limiter.spend("key", Limit.per_minute(100))
        await wire.open(port)
        await asyncio.sleep(1.1)
        together = await limiter.spend("key", Limit.per_minute(100))
    await wire.cut()

    assert alone.remaining == 9
    assert together.remaining >= 98
    assert failures.count == 1


async def test_a_redis_that_never_was_there_stops_nothing() -> None:
    failures = Failures()

    async with limiting("redis://127.0.0.1:1/0", "sluice:test:", failures) as limiter:
        decisions = [await limiter.spend("key", Limit.per_minute(10)) for _ in range(12)]

    assert sum(decision.allowed for decision in decisions) == 10
    assert failures.count == 1
