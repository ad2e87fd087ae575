"""sluice keys: create, list, revoke."""

import datetime as dt
from typing import Annotated

import typer

from sluice.app.app import App
from sluice.business.accounts.api_keys.edit import create_key, list_keys, revoke_key
from sluice.business.accounts.api_keys.model import BUNDLES, PERMISSIONS
from sluice.business.accounts.merchants.edit import as_merchant
from sluice.doors.cli.run import table, with_app

app = typer.Typer(help="The API keys of a merchant.", no_args_is_help=True)

Merchant = Annotated[str, typer.Argument(help="acct_…")]
Live = Annotated[bool, typer.Option("--live", help="Live mode; test mode when left out.")]


@app.command("create")
def create(
    merchant: Merchant,
    live: Live = False,
    kind: Annotated[
        str, typer.Option(help="sk (secret), rk (restricted) or pk (publishable).")
    ] = "sk",
    allow: Annotated[
        list[str] | None,
        typer.Option(
            help=f"A permission ({', '.join(PERMISSIONS)}) or a bundle ({', '.join(BUNDLES)}); "
            "may repeat."
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="What the key is for.")] = "",
    days: Annotated[int | None, typer.Option(help="Let it expire after so many days.")] = None,
) -> None:
    """Create a key and show its token once."""
    permissions = None
    if allow:
        permissions = {p for word in allow for p in BUNDLES.get(word, frozenset({word}))}

    async def run(built: App) -> None:
        async with built.works.begin(as_merchant(merchant, livemode=live)) as work:
            expires_at = work.now + dt.timedelta(days=days) if days else None
            key, token = await create_key(
                work,
                kind,
                sealer=built.sealer,
                name=name,
                permissions=permissions,
                expires_at=expires_at,
            )
        typer.echo(f"{key.id}\n{token}")

    with_app(run)


@app.command("list")
def list_all(merchant: Merchant, live: Live = False) -> None:
    """List a merchant's keys, oldest first."""

    async def run(built: App) -> None:
        async with built.works.begin(as_merchant(merchant, livemode=live)) as work:
            found, now = await list_keys(work), work.now
        rows = [
            (key.id, key.kind, f"…{key.last4}", "valid" if key.is_valid(now) else "ended", key.name)
            for key in found
        ]
        typer.echo(table(rows) if rows else "No keys in this mode: sluice keys create ACCOUNT")

    with_app(run)


@app.command("revoke")
def revoke(
    merchant: Merchant, key: Annotated[str, typer.Argument(help="key_…")], live: Live = False
) -> None:
    """End a key at once."""

    async def run(built: App) -> None:
        async with built.works.begin(as_merchant(merchant, livemode=live)) as work:
            await revoke_key(work, key)
        typer.echo(f"{key} opens nothing any more.")

    with_app(run)
