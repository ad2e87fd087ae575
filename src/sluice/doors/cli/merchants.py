"""sluice merchants: create, list, show, wallet, suspend."""

import dataclasses
from typing import Annotated

import typer

from sluice.app.app import App
from sluice.business.accounts.api_keys.edit import create_key
from sluice.business.accounts.merchants.edit import (
    as_merchant,
    create_merchant,
    list_merchants,
    set_status,
    set_wallet,
)
from sluice.business.accounts.merchants.model import FEE_PRESETS, PAY_WITHIN_PRESETS_S, Settings
from sluice.doors.cli.run import table, with_app

app = typer.Typer(help="The businesses that are paid here.", no_args_is_help=True)


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="The business's name, as payers see it.")],
    fee: Annotated[str, typer.Option(help=f"Fee preset: {', '.join(FEE_PRESETS)}.")] = "none",
    pay_within: Annotated[
        str,
        typer.Option(help=f"Seconds a payer has, or a preset: {', '.join(PAY_WITHIN_PRESETS_S)}."),
    ] = "86400",
    tolerance_bps: Annotated[
        int, typer.Option(help="How much may be missing, in hundredths of a per cent.")
    ] = 0,
) -> None:
    """Create a merchant with a secret key and a publishable key for test mode and for live mode."""
    if fee not in FEE_PRESETS:
        raise typer.BadParameter(f"choose one of {', '.join(FEE_PRESETS)}", param_hint="--fee")
    seconds = PAY_WITHIN_PRESETS_S.get(pay_within) or int(pay_within)
    settings = dataclasses.replace(
        Settings(), fee=FEE_PRESETS[fee], pay_within_s=seconds, tolerance_bps=tolerance_bps
    )

    async def run(built: App) -> None:
        async with built.works.begin() as work:
            merchant = await create_merchant(work, name, settings)
        typer.echo(f"{merchant.id}  {merchant.name}\n")
        for livemode in (False, True):
            async with built.works.begin(as_merchant(merchant.id, livemode=livemode)) as work:
                for kind in ("sk", "pk"):
                    _, token = await create_key(work, kind, sealer=built.sealer)
                    typer.echo(token)
        typer.echo("\nKeep the sk_ keys secret; they are not shown again.")

    with_app(run)


@app.command("list")
def list_all() -> None:
    """List merchants, oldest first."""

    async def run(built: App) -> None:
        async with built.works.begin() as work:
            found = await list_merchants(work)
        rows = [(one.id, one.status, f"{one.settings.fee.bps} bps", one.name) for one in found]
        typer.echo(table(rows) if rows else "No merchant yet: sluice merchants create NAME")

    with_app(run)


@app.command("wallet")
def wallet(
    merchant: Annotated[str, typer.Argument(help="acct_…")],
    network: Annotated[str, typer.Argument(help="Such as ethereum or polygon.")],
    address: Annotated[str, typer.Argument(help="Where the merchant is paid.")],
) -> None:
    """Set where a merchant is paid on a network; Sluice only watches it."""

    async def run(built: App) -> None:
        chain = built.chains.find(network)
        async with built.works.begin(
            as_merchant(merchant, livemode=chain.network.livemode)
        ) as work:
            parsed = await set_wallet(work, chain, address)
        typer.echo(
            f"{merchant} is paid on {chain.network.title} at {chain.addresses.show(parsed)}."
        )

    with_app(run)


@app.command("suspend")
def suspend(merchant: Annotated[str, typer.Argument(help="acct_…")]) -> None:
    """Refuse a merchant's keys; what was paid stays watched and booked."""
    _set_status(merchant, "suspended")


@app.command("resume")
def resume(merchant: Annotated[str, typer.Argument(help="acct_…")]) -> None:
    """Take a merchant's keys again."""
    _set_status(merchant, "active")


def _set_status(merchant: str, status: str) -> None:
    async def run(built: App) -> None:
        async with built.works.begin() as work:
            await set_status(work, merchant, status)
        typer.echo(f"{merchant} is {status}.")

    with_app(run)
