"""sluice books: check, trial, hold."""

from collections.abc import Sequence
from typing import Annotated

import typer

from sluice.app.app import App
from sluice.base.money.money import Money
from sluice.business.trust.promises.check import (
    check_and_hold,
    lift_hold,
    list_holds,
    read_promises,
)
from sluice.doors.cli.run import table, with_app
from sluice.engine.ledger.balance import TrialLine, trial_balance

app = typer.Typer(help="The ledger, and what must always be true of it.", no_args_is_help=True)


@app.command("check")
def check() -> None:
    """Check every promise; a broken one is shown with its rows, and holds payouts of its asset."""

    async def run(built: App) -> None:
        broken = await check_and_hold(built.works, lambda _name, _count: None)
        for one in broken:
            typer.secho(f"{one.promise.name} BROKEN: {one.promise.says}", fg="red")
            for row in one.rows:
                typer.echo(f"    {row}")
        typer.echo(f"{len(read_promises()) - len(broken)} of {len(read_promises())} promises hold.")
        if broken:
            raise typer.Exit(1)

    with_app(run)


@app.command("trial")
def trial() -> None:
    """Show the trial balance: per mode and asset, debits equal credits."""

    async def run(built: App) -> None:
        async with built.works.begin() as work:
            lines = await trial_balance(work)
        typer.echo(trial_table(lines) if lines else "Nothing is booked yet.")

    with_app(run)


@app.command("holds")
def holds() -> None:
    """Show what is held back from leaving, and why."""

    async def run(built: App) -> None:
        async with built.works.begin() as work:
            held = await list_holds(work)
        typer.echo(table(held) if held else "Nothing is held.")

    with_app(run)


@app.command("lift")
def lift(
    reason: Annotated[str, typer.Argument(help="The promise that held it, such as I03.")],
) -> None:
    """Lift a hold, after you have found out why it was set."""

    async def run(built: App) -> None:
        async with built.works.begin() as work:
            count = await lift_hold(work, reason)
        typer.echo(f"{count} holds lifted.")

    with_app(run)


def trial_table(lines: Sequence[TrialLine]) -> str:
    """Lay out a trial balance with its sums."""
    rows = [("mode", "account", "debit", "credit")]
    sums: dict[tuple[bool, str], list[int]] = {}
    for line in lines:
        code = line.debit.asset.code
        sums.setdefault((line.livemode, code), [0, 0])
        sums[line.livemode, code][0] += line.debit.units
        sums[line.livemode, code][1] += line.credit.units
        rows.append((_mode(line.livemode), line.account, _shown(line.debit), _shown(line.credit)))
    for (livemode, code), (debit, credit) in sums.items():
        verdict = "balances" if debit == credit else "DOES NOT BALANCE"
        rows.append((_mode(livemode), f"{code.upper()} {verdict}", str(debit), str(credit)))
    return table(rows)


def _mode(livemode: bool) -> str:
    return "live" if livemode else "test"


def _shown(money: Money) -> str:
    return str(money) if money.units else ""
