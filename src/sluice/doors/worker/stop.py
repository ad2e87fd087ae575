"""How a process learns that it is to stop."""

import asyncio
import signal


async def until_stopped() -> None:
    """Wait for Ctrl-C or the polite kill."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
