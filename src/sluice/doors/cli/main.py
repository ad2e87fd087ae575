"""sluice <command>."""

import sys
from collections.abc import Iterator
from typing import Final

import typer

from sluice.base.errors import SluiceError
from sluice.doors.cli import (
    books,
    chains,
    doctor,
    hooks,
    keys,
    listen,
    merchants,
    rates,
    sbtc,
    serve,
    stacks,
    wallets,
)
from sluice.doors.cli.demo.run import demo

app: Final = typer.Typer(
    name="sluice",
    help="A payment gateway for programmable money, with Stripe's API.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(merchants.app, name="merchants")
app.add_typer(keys.app, name="keys")
app.add_typer(chains.app, name="chains")
app.add_typer(books.app, name="books")
app.add_typer(rates.app, name="rates")
app.add_typer(stacks.app, name="stacks")
app.add_typer(sbtc.app, name="sbtc")
app.add_typer(wallets.app, name="wallets")
app.add_typer(hooks.app, name="hooks")
app.command("serve")(serve.serve)
app.command("worker")(serve.worker)
app.command("migrate")(serve.migrate_database)
app.command("demo")(demo)
app.command("doctor")(doctor.doctor)
app.command("listen")(listen.listen)


def main() -> None:
    """Run a command; a refusal is one line, not a traceback."""
    refusals: list[str] = []
    try:
        app()
    except* SluiceError as refused:
        refusals = [error.message for error in _all_in(refused)]
    for message in refusals:
        typer.secho(f"sluice: {message}", fg="red", err=True)
    if refusals:
        sys.exit(1)


def _all_in(refused: BaseExceptionGroup[SluiceError]) -> Iterator[SluiceError]:
    """Yield the refusals that tasks running side by side may have raised together."""
    for error in refused.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _all_in(error)
        else:
            yield error
