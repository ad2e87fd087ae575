"""One API process: an ASGI application that builds its App when the server starts it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar
from litestar.types import Receive, Scope, Send

from sluice.app.app import App
from sluice.app.build import build, start_logs
from sluice.app.settings import read_settings
from sluice.doors.api.server import make_server
from sluice.doors.api.x402 import make_x402
from sluice.doors.cli.run import settle_memory
from sluice.doors.hooks.chainhook import make_hooks
from sluice.doors.live.sse import make_live
from sluice.doors.web.checkout.pages import make_pages
from sluice.doors.worker.loops import run_loops


def whole_server(app: App) -> Litestar:
    """Return the API, the pages and the live connections as one application."""
    trusted = app.settings.proxies()
    pages = [*make_pages(app, trusted=trusted), *make_live(app, trusted=trusted)]
    return make_server(app, [*pages, *make_hooks(app), *make_x402(app)])


@contextlib.asynccontextmanager
async def serving(app: App) -> AsyncIterator[None]:
    """Serve, and run the loops, all in this process, beside what happens inside."""
    server = Server(
        whole_server(app),
        address=app.settings.host,
        port=app.settings.port,
        interface=Interfaces.ASGI,
        log_enabled=False,
    )
    async with asyncio.TaskGroup() as group:
        loops = group.create_task(run_loops(app))
        group.create_task(server.serve())
        try:
            yield
        finally:
            server.stop()  # type: ignore[no-untyped-call]
            loops.cancel()


class Process:
    """Builds on startup, serves, and takes everything apart on shutdown."""

    def __init__(self) -> None:
        self._server: Litestar | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, or the server's own start and stop."""
        if str(scope["type"]) == "lifespan":
            await self._live(receive, send)
        elif self._server is not None:
            await self._server(scope, receive, send)

    async def _live(self, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's lifespan messages
        await receive()
        async with contextlib.AsyncExitStack() as stack:
            try:
                app = await stack.enter_async_context(build(read_settings()))
            except Exception as error:
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                raise
            start_logs(app)
            carrying = asyncio.ensure_future(app.bell.carry(app.database))
            self._server = whole_server(app)
            settle_memory()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            carrying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await carrying
        await send({"type": "lifespan.shutdown.complete"})


def make() -> Process:
    """Return a process for Granian to start."""
    return Process()
