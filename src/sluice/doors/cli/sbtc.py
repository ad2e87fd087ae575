"""sluice sbtc: accept, list, reclaim, withdraw, withdrawals."""

import json
from typing import Annotated

import typer

from sluice.app.app import App
from sluice.base.errors import Unavailable
from sluice.business.accounts.merchants.edit import as_merchant
from sluice.business.payments.conversions.accept import accept_deposits, peg_of
from sluice.business.payments.conversions.find import find_conversions, find_reclaimable
from sluice.business.payments.settlement.edit import find_withdrawals
from sluice.doors.cli.run import table, with_app
from sluice.engine.chains.peg import Way

app = typer.Typer(help="Bitcoin that arrives as sBTC, and goes back.", no_args_is_help=True)

_MERCHANT = Annotated[str, typer.Argument(help="acct_…")]
_INTENT = Annotated[str, typer.Argument(help="pi_…")]
_LIVE = Annotated[bool, typer.Option(help="In live mode.")]


@app.command("accept")
def accept(
    merchant: _MERCHANT, network: Annotated[str, typer.Argument(help="Such as stacks.")]
) -> None:
    """Take bitcoin as sBTC: each payment has a deposit address of its own.

    The public key of a Bitcoin account is asked for: its keys take back what the signers leave.
    """
    key = typer.prompt("Public key of the account", hide_input=True)

    async def run(built: App) -> None:
        chain = built.chains.find(network)
        actor = as_merchant(merchant, livemode=chain.network.livemode)
        async with built.works.begin(actor) as work:
            await accept_deposits(work, chain, key)
        typer.echo(f"{merchant} takes {peg_of(chain).source} as {peg_of(chain).asset} from now on.")

    with_app(run)


@app.command("list")
def list_all(merchant: _MERCHANT, intent: _INTENT, live: _LIVE = False) -> None:
    """List what was paid to an intent's deposits, and how far each is."""

    async def run(built: App) -> None:
        async with built.works.begin(as_merchant(merchant, livemode=live)) as work:
            found = await find_conversions(work, intent)
        rows = [
            (one.state.value, f"{one.units} sats", f"{one.tx_id}:{one.index}", one.news or "")
            for one in found
        ]
        typer.echo(table(rows) if rows else "Nothing was paid to a deposit.")

    with_app(run)


@app.command("reclaim")
def reclaim(
    merchant: _MERCHANT,
    intent: _INTENT,
    to: Annotated[str, typer.Option(help="The Bitcoin address it goes to.")],
    fee_rate: Annotated[int, typer.Option(help="Satoshis per 1,000 virtual bytes.")] = 2_000,
    tx: Annotated[str | None, typer.Option(help="Which payment, where there are several.")] = None,
    signed: Annotated[
        str | None, typer.Option(help="The PSBT that came back from the account's wallet.")
    ] = None,
    live: _LIVE = False,
) -> None:
    """Print the transaction that takes a deposit back, as a PSBT for the account's wallet.

    With the PSBT that it signed, and the same address and fee rate, print the transaction to send.
    """

    async def run(built: App) -> None:
        async with built.works.begin(as_merchant(merchant, livemode=live)) as work:
            conversion, deposit = await find_reclaimable(work, intent, tx)
        fetch = built.chains.find(conversion.network).fetch_raw
        height = conversion.mined_at
        raw = await fetch(conversion.tx_id, height) if fetch and height is not None else None
        if raw is None:
            raise Unavailable(f"{conversion.network} gives no bytes of {conversion.tx_id} now.")
        way = Way(to, fee_rate, deposit.key_index)
        peg = peg_of(built.chains.find(deposit.peg))
        if signed is not None:
            typer.echo(peg.finish(deposit.scripts, conversion.outpoint, raw, way, signed))
            return
        built_way = peg.reclaim(deposit.scripts, conversion.outpoint, raw, way)
        typer.echo(built_way.psbt)
        typer.echo(
            f"{conversion.units - built_way.fee} satoshis to {to}, {built_way.fee} for the fee. "
            f"Sign it with key 0/{deposit.key_index} of the account, then: the same command with "
            "--signed and what came back.",
            err=True,
        )

    with_app(run)


@app.command("withdraw")
def withdraw(
    network: Annotated[str, typer.Argument(help="Such as stacks.")],
    sats: Annotated[int, typer.Argument(help="How much bitcoin is to arrive.")],
    to: Annotated[str, typer.Argument(help="The Bitcoin address.")],
    fee_max: Annotated[int, typer.Option(help="The most the signers may keep.")] = 80_000,
) -> None:
    """Print what a Stacks wallet signs to have bitcoin for sBTC; nothing is sent.

    A hot wallet does it by itself: that is a payout that arrives on bitcoin.
    """

    async def run(built: App) -> None:
        asked = await peg_of(built.chains.find(network)).withdraw(to, sats, fee_max=fee_max)
        typer.echo(json.dumps({"method": asked.method, "params": dict(asked.params)}, indent=2))

    with_app(run)


@app.command("withdrawals")
def withdrawals(merchant: _MERCHANT, live: _LIVE = False) -> None:
    """List a merchant's newest payouts in bitcoin, and how far the signers are with each."""

    async def run(built: App) -> None:
        async with built.works.begin(as_merchant(merchant, livemode=live)) as work:
            found = await find_withdrawals(work)
        rows = [
            (
                payout.id,
                payout.status.value,
                way.state.value,
                "-" if way.number is None else f"request {way.number}",
                str(payout.money),
                f"fee {way.fee_max if way.fee is None else way.fee} sats"
                + (" at most" if way.fee is None else ""),
                payout.tx_id or way.ask_tx_id or "",
            )
            for payout, way in found
        ]
        typer.echo(table(rows) if rows else "No payout was asked for in bitcoin.")

    with_app(run)
