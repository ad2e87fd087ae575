"""sluice chains: status, check, resume, accept-fork, and what deposit addresses need."""

import csv
import sys
from typing import Annotated

import typer

from sluice.app.app import App
from sluice.base.errors import SluiceError
from sluice.business.accounts.merchants.edit import as_merchant
from sluice.doors.cli.run import table, with_app
from sluice.engine.chains.evm.deposits import deployment as deployment_calls
from sluice.engine.watcher.accept import accept_fork, find_fork
from sluice.engine.watcher.checks import inspect_chain
from sluice.engine.watcher.cursors import read_cursors
from sluice.engine.watcher.deposits import KIT_FIELDS, each_deposit, kit_row
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
                for known in await inspect_chain(built.works, chain, is_forced=True):
                    found = known.finding
                    mark = "ok" if found.is_right else "NOT USED"
                    typer.echo(f"  {found.subject}: {mark}, {found.detail}")
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


@app.command("deployment")
def deployment() -> None:
    """Print the transactions that put the deposit contracts on an EVM network, once for all."""
    for number, call in enumerate(deployment_calls(), start=1):
        typer.echo(f"{number}. to {call.to}\n{call.data}\n")
    typer.echo("Send them in this order from any wallet; then: sluice chains check")


@app.command("recovery-kit")
def recovery_kit(
    merchant: Annotated[str, typer.Argument(help="The merchant's id.")],
    *,
    live: Annotated[bool, typer.Option("--live/--test", help="Whose addresses.")] = True,
) -> None:
    """Print every deposit address with its salt as CSV: with it any wallet can empty them."""

    async def run(built: App) -> None:
        rows = csv.DictWriter(sys.stdout, KIT_FIELDS)
        rows.writeheader()
        async with built.works.begin(as_merchant(merchant, livemode=live)) as work:
            async for deposit in each_deposit(work):
                rows.writerow(kit_row(deposit, built.chains.by_name))

    with_app(run)


@app.command("accept-fork")
def accept(
    network: Annotated[str, typer.Argument(help="The halted network.")],
    *,
    sure: Annotated[bool, typer.Option("--yes", help="Take the credits back and go on.")] = False,
) -> None:
    """Follow a fork deeper than the network's reorg_max, after you have made sure that it is real.

    Without --yes it only says where the branches part and how many transfers lie on the one left.
    """

    async def run(built: App) -> None:
        chain = built.chains.find(network)
        fork = await find_fork(built.works, chain)
        typer.echo(
            f"{network}: the branches part above {fork.keep.height} {fork.keep.hash}; "
            f"{fork.depth} of our blocks and {fork.transfers} transfers in them are left."
        )
        if not sure:
            typer.echo("Run it again with --yes to follow the network's branch.")
            return
        await accept_fork(built.works, chain, fork)
        typer.echo(f"{network} goes on.")

    with_app(run)
