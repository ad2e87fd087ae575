"""Listener: a real HTTP server that keeps what is posted to it, and fails when told to."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Listener:
    """What was posted, in order: path, headers, body. As many as `failing` are answered 500."""

    url: str = ""
    failing: int = 0
    posts: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    async def wait_for(self, count: int) -> list[tuple[str, dict[str, str], Any]]:
        """Return the first posts once there are so many."""
        async with asyncio.timeout(10):
            while len(self.posts) < count:
                self._news.clear()
                await self._news.wait()
        return self.posts[:count]

    async def bodies(self, path: str, count: int) -> list[Any]:
        """Return the first bodies posted to a path once there are so many."""
        async with asyncio.timeout(10):
            while len(found := [body for to, _, body in self.posts if to == path]) < count:
                self._news.clear()
                await self._news.wait()
        return found[:count]

    async def take(self, request: web.Request) -> web.Response:
        """Keep a post, or fail."""
        body = json.loads(await request.read())
        if self.failing > 0:
            self.failing -= 1
            return web.Response(status=500)
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.posts.append((request.path, headers, body))
        self._news.set()
        return web.Response(status=204)


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """Listen on a free port."""
    listener = Listener()
    app = web.Application(client_max_size=16 * 1024 * 1024)
    app.router.add_post("/{tail:.*}", listener.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    listener.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield listener
    await runner.cleanup()
