"""SharedLimiter: buckets in Redis for all workers, and a local part of each when Redis is gone."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, cast

import redis.asyncio as aioredis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from sluice.base.limits.local import LocalLimiter, Monotonic
from sluice.base.limits.model import Decision, Limit, allowed, refused

# The same rule as `decide`, by Redis' own clock, so that no worker's clock matters.
_SPEND: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, capacity = tonumber(ARGV[1]), tonumber(ARGV[2])
local since = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local wait = since + interval - capacity - now
if wait > 0 then return {0, wait, since - now} end
redis.call('SET', KEYS[1], string.format('%.0f', since + interval),
  'PX', math.ceil((since + interval - now) / 1000))
return {1, -wait, since + interval - now}
"""
_WAIT_S: Final = 0.05  # for one answer of Redis
_WHOLE_S: Final = 0.08  # with connecting
_QUIET_S: Final = 1.0
_CONNECTIONS_MAX: Final = 32


class SharedLimiter:
    """Counts in Redis, which may vanish at any time: only the precision suffers.

    When Redis fails, each worker counts alone, with its part of the limit, and asks Redis again
    after a second. `on_failure` is told once per failed question.
    """

    def __init__(
        self,
        url: str,
        *,
        workers: int,
        monotonic: Monotonic,
        on_failure: Callable[[], None],
        prefix: str = "sluice:limit:",
    ) -> None:
        # Retries off: with its defaults the client takes four seconds to notice a dead Redis.
        pool = aioredis.BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS_MAX,
            timeout=_WAIT_S,
            socket_connect_timeout=_WAIT_S,
            socket_timeout=_WAIT_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._redis = aioredis.Redis.from_pool(pool)
        self._script = self._redis.register_script(_SPEND)
        self._workers = workers
        self._monotonic = monotonic
        self._on_failure = on_failure
        self._prefix = prefix
        self._local = LocalLimiter(monotonic)
        self._quiet_until = 0.0

    async def spend(self, key: str, limit: Limit) -> Decision:
        """Take one from the bucket that all workers share, or from our part of it."""
        if self._monotonic() >= self._quiet_until:
            try:
                return await self._ask(key, limit)
            except (RedisError, OSError):
                self._quiet_until = self._monotonic() + _QUIET_S
                self._on_failure()
        return self._local.spend_now(key, limit.shared_by(self._workers))

    async def close(self) -> None:
        """Close the connections to Redis."""
        await self._redis.aclose()

    async def _ask(self, key: str, limit: Limit) -> Decision:
        arguments = [limit.interval_us, limit.interval_us * limit.burst]
        async with asyncio.timeout(_WHOLE_S):
            answer = await cast(
                "Awaitable[Any]", self._script(keys=[self._prefix + key], args=arguments)
            )
        may, us, reset_us = (int(number) for number in answer)
        return allowed(us // limit.interval_us, reset_us) if may else refused(us, reset_us)
