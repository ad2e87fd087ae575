"""sluice merchants: create, list, wallet, gateway, account, suspend."""

import dataclasses
from typing import Annotated

import typer

from sluice.app.app import App
from sluice.base.errors import NotFound
from sluice.base.money.catalogue import find_asset
from sluice.business.accounts.api_keys.edit import create_key
from sluice.business.accounts.merchants.edit import (
    as_merchant,
    change_settings,
    create_merchant,
    find_merchant,
    list_merchants,
    read_wallets,
    receive_with,
    set_status,
    set_wallet,
)
from sluice.business.accounts.merchants.gateways import gateway_key, gateway_of, set_gateway
from sluice.business.accounts.merchants.model import (
    FEE_PRESETS,
    PAY_WITHIN_PRESETS_S,
    RefundRules,
    Settings,
)
from sluice.doors.cli.run import table, with_app
from sluice.engine.keys.receiving.activate import list_accounts, preview_account
from sluice.engine.keys.receiving.gaps import GAP_MAX

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


@app.command("gateway")
def gateway(
    merchant: Annotated[str, typer.Argument(help="acct_…")],
    network: Annotated[str, typer.Argument(help="Such as stacks.")],
    number: Annotated[
        int | None, typer.Argument(help="The merchant's number in the gateway contract.")
    ] = None,
) -> None:
    """Take payments through the gateway contract; without a number, say how to register there."""

    async def run(built: App) -> None:
        chain = built.chains.find(network)
        contract = gateway_of(chain)
        actor = as_merchant(merchant, livemode=chain.network.livemode)
        if number is None:
            async with built.works.begin(actor) as work:
                key = gateway_key(work, chain, sealer=built.sealer)
                paid_at = (await read_wallets(work)).addresses.get(network)
            typer.echo(
                f"Call {contract.contract}.register-merchant with\n"
                f"  payout  {paid_at or '(set the wallet first: sluice merchants wallet)'}\n"
                f"  signer  0x{key}\n  mode    u0\n  hold    u0\n"
                f"then: sluice merchants gateway {merchant} {network} <the number it answers>"
            )
            return
        account = await contract.account(number)
        if account is None:
            raise NotFound(f"{contract.contract} knows no merchant {number}.", param="number")
        async with built.works.begin(actor) as work:
            await set_gateway(work, chain, account, sealer=built.sealer)
        typer.echo(
            f"{merchant} is merchant {number} of {contract.contract}, which keeps "
            f"{account.fee_bps} bps on top of the price."
        )

    with_app(run)


@app.command("account")
def account(
    merchant: Annotated[str, typer.Argument(help="acct_…")],
    network: Annotated[str, typer.Argument(help="Such as bitcoin.")],
    gap_max: Annotated[
        int, typer.Option(help="How many unpaid addresses in a row the wallet looks past.")
    ] = GAP_MAX,
    first_address: Annotated[
        str, typer.Option(help="What the wallet shows first; asked for when it is left out.")
    ] = "",
) -> None:
    """Let each payment have an address of a merchant's own account.

    The account's public key (xpub, ypub, zpub, or a descriptor) is asked for, so that a mistaken
    paste of something secret stays out of the shell's history.
    """
    key = typer.prompt("Public key of the account", hide_input=True)

    async def run(built: App) -> None:
        chain = built.chains.find(network)
        shown = preview_account(chain, key)
        typer.echo("Its first addresses; your wallet must show the same:\n")
        for address in shown:
            typer.echo(f"  {chain.addresses.show(address)}")
        seen = first_address or typer.prompt("\nThe first address, as your wallet shows it")
        async with built.works.begin(
            as_merchant(merchant, livemode=chain.network.livemode)
        ) as work:
            kept = await receive_with(work, chain, key, first_address=seen, gap_max=gap_max)
        typer.echo(
            f"{merchant} is paid on {chain.network.title} at addresses of {kept.id}. "
            "Make a small test payment before you rely on it."
        )

    with_app(run)


@app.command("accounts")
def accounts(
    merchant: Annotated[str, typer.Argument(help="acct_…")],
    live: Annotated[bool, typer.Option(help="Those of live mode.")] = False,
) -> None:
    """List a merchant's receiving accounts, and how far each is ahead of its last paid address."""

    async def run(built: App) -> None:
        async with built.works.begin(as_merchant(merchant, livemode=live)) as work:
            found = await list_accounts(work)
        rows = [
            (
                one.network,
                one.id,
                f"next {one.next_index}",
                f"last used {one.last_used_index}" if one.last_used_index >= 0 else "none used",
                f"gap {one.gap} of {one.gap_max}",
                "raise the wallet's gap limit" if one.is_wide else "",
            )
            for one in found
        ]
        typer.echo(table(rows) if rows else "None yet: sluice merchants account MERCHANT NETWORK")

    with_app(run)


@app.command("refunds")
def refunds(
    merchant: Annotated[str, typer.Argument(help="acct_…")],
    allow_address: Annotated[
        bool, typer.Option(help="Let the API name the address a live refund goes to.")
    ] = False,
    approve_above: Annotated[
        list[str] | None,
        typer.Option(help="CURRENCY=UNITS a day that one key may refund alone; may repeat."),
    ] = None,
    claim_days: Annotated[int, typer.Option(min=1, help="How long a payer's link is good.")] = 30,
) -> None:
    """Say where a merchant's refunds may go, and when a second key must approve."""
    above = {}
    for text in approve_above or []:
        currency, _, units = text.partition("=")
        if not units.isdigit():
            raise typer.BadParameter(f"say it as usd=100000, not {text}")
        above[find_asset(currency.lower()).code] = int(units)
    rules = RefundRules(allow_address, claim_days, above)

    async def run(built: App) -> None:
        async with built.works.begin() as work:
            held = await find_merchant(work, merchant)
            settings = dataclasses.replace(held.settings, refunds=rules)
            await change_settings(work, merchant, settings)
        typer.echo(f"{merchant}: refunds follow these rules from now on.")

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
