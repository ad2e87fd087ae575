"""sluice serve, worker, migrate."""

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import Sequence
from typing import Annotated, Any

import typer
import uvloop

from sluice.app.app import App
from sluice.app.build import build, open_url, start_logs
from sluice.app.settings import Settings, environment_for_children, read_settings
from sluice.base.errors import Unavailable
from sluice.base.migrate import migrate, pending
from sluice.doors.cli.run import settle_memory, with_app
from sluice.doors.worker.loops import run_loops
from sluice.doors.worker.stop import until_stopped


def serve(
    workers: Annotated[
        int | None, typer.Option(help="API processes; SLUICE_WORKERS when left out.")
    ] = None,
    with_worker: Annotated[
        bool, typer.Option("--with-worker/--without-worker", help="Run the worker's loops too.")
    ] = True,
) -> None:
    """Serve the API and the checkout pages, and by default run the worker beside them."""
    settings = read_settings()
    uvloop.run(_serve(settings, workers or settings.workers, with_worker=with_worker))


def worker() -> None:
    """Follow chains, relay facts, run jobs and deliver webhooks."""

    async def run(app: App) -> None:
        settle_memory()
        if app.settings.worker_metrics_port:
            app.metrics.serve(app.settings.worker_metrics_port)
        await _until_first(
            [asyncio.ensure_future(run_loops(app)), asyncio.ensure_future(until_stopped())]
        )

    with_app(run)


def migrate_database() -> None:
    """Bring the database to the newest schema."""

    async def run() -> None:
        async with contextlib.AsyncExitStack() as stack:
            url = await open_url(read_settings(), stack)
            for name in await asyncio.to_thread(migrate, url):
                typer.echo(f"applied {name}")
        typer.echo("The schema is up to date.")

    uvloop.run(run())


async def _serve(settings: Settings, workers: int, *, with_worker: bool) -> None:
    """Start the API processes; this one keeps the embedded database, and the worker if asked."""
    async with contextlib.AsyncExitStack() as stack:
        url = await open_url(settings, stack)
        behind = await asyncio.to_thread(pending, url)
        if behind:
            raise Unavailable(
                f"The database lacks {', '.join(behind)}; run `sluice migrate` first."
            )
        directory = settings.metrics_dir or stack.enter_context(
            tempfile.TemporaryDirectory(prefix="sluice-metrics-")
        )
        environment = environment_for_children(url, directory)
        api = await asyncio.create_subprocess_exec(
            *_granian(settings, workers), env=environment, start_new_session=True
        )
        stack.push_async_callback(_end, api)
        app = await stack.enter_async_context(build(read_settings(environment)))
        start_logs(app)
        typer.echo(
            f"Sluice serves {settings.public_url} with {workers} processes; Ctrl-C stops it.",
            err=True,
        )
        waits: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(until_stopped()),
            asyncio.ensure_future(api.wait()),
        ]
        settle_memory()
        if with_worker:
            waits.append(asyncio.ensure_future(run_loops(app)))
        await _until_first(waits)


def _granian(settings: Settings, workers: int) -> list[str]:
    return [
        sys.executable, "-m", "granian",
        "--interface", "asgi", "--factory", "sluice.doors.cli.process:make",
        "--host", settings.host, "--port", str(settings.port),
        "--workers", str(workers), "--respawn-failed-workers",
        "--loop", "uvloop", "--http", "1", "--no-ws",
        "--no-access-log", "--log-level", "warning",
    ]  # fmt: skip


async def _until_first(waits: Sequence[asyncio.Future[Any]]) -> None:
    """Wait for the first to end, end the others, and let its error out."""
    done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    await asyncio.gather(*waits, return_exceptions=True)
    for ended in done:
        ended.result()


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        await process.wait()
