"""sluice chains: status, check, resume."""

from typing import Annotated

import typer

from sluice.app.app import App
from sluice.base.errors import SluiceError
from sluice.doors.cli.run import table, with_app
from sluice.engine.watcher.cursors import read_cursors
from sluice.engine.watcher.follow import resume as resume_chain

app = typer.Typer(help="The networks that are followed.", no_args_is_help=True)


@app.command("status")
def status() -> None:
    """Show how far every network has been followed."""

    async def run(built: App) -> None:
        async with built.works.begin() as work:
            cursors = {cursor.network: cursor for cursor in await read_cursors(work)}
            now = work.now
        rows = [("network", "mode", "height", "final", "moved", "state")]
        for chain in built.chains:
            name = chain.network.name
            cursor = cursors.get(name)
            mode = "live" if chain.network.livemode else "test"
            if cursor is None:
                rows.append((name, mode, "-", "-", "-", "not started"))
                continue
            final = str(cursor.finalized_height if cursor.finalized_height is not None else "-")
            moved = f"{int((now - cursor.moved_at).total_seconds())} s ago"
            rows.append(
                (name, mode, str(cursor.height), final, moved, cursor.halted_reason or "following")
            )
        typer.echo(table(rows))

    with_app(run)


@app.command("check")
def check() -> None:
    """Ask every network's providers whether they serve the right chain and know its tokens."""

    async def run(built: App) -> None:
        failed = False
        for chain in built.chains:
            try:
                await chain.reader.check()
                tip = await chain.reader.tip()
                typer.echo(f"{chain.network.name}: ok, height {tip.header.height}")
            except SluiceError as error:
                failed = True
                typer.secho(f"{chain.network.name}: {error.message}", fg="red")
        if failed:
            raise typer.Exit(1)

    with_app(run)


@app.command("resume")
def resume(network: Annotated[str, typer.Argument(help="The halted network.")]) -> None:
    """Let a halted network go on, after you have looked at why it stopped."""

    async def run(built: App) -> None:
        built.chains.find(network)
        async with built.works.begin() as work:
            await resume_chain(work, network)
        typer.echo(f"{network} goes on.")

    with_app(run)
