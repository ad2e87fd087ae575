"""Start the loops and stop them gracefully."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator

from sluice.app.app import App
from sluice.doors.worker.loops import run_loops


@contextlib.asynccontextmanager
async def looping(app: App) -> AsyncIterator[None]:
    """Run the loops beside whatever happens inside, and end them with it; their failure ends it too."""
    async with asyncio.TaskGroup() as group:
        loops = group.create_task(run_loops(app))
        try:
            yield
        finally:
            loops.cancel()


async def until_stopped() -> None:
    """Wait for Ctrl-C or the polite kill."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
