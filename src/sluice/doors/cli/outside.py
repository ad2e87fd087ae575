"""sluice wallets unsigned and signed: what a wallet outside signs, shown and taken back."""

from typing import Annotated

import typer
from coincurve import PublicKey

from sluice.app.app import App
from sluice.base.money.catalogue import money
from sluice.business.trust.audit.record import record_action
from sluice.doors.cli.run import with_app
from sluice.engine.sender.model import OUTSIDE
from sluice.engine.sender.outside import list_unsigned, take_signed


def unsigned(wallet_id: Annotated[str, typer.Argument(help="hw_…")]) -> None:
    """Show what a wallet outside has to sign: PSBTs, or requests for wallets on EVM networks."""

    async def run(built: App) -> None:
        for one in await list_unsigned(built.sending, wallet_id):
            order = one.send.order
            amount = money(order.units, order.asset)
            typer.echo(f"{one.send.id}  {order.reference}  {amount} to {order.recipient}")
            typer.echo(one.text)

    with_app(run)


def signed(
    send_id: Annotated[str, typer.Argument(help="snd_…, as `unsigned` shows it.")],
    text: Annotated[
        str,
        typer.Argument(
            help="The signed PSBT or transaction; on EVM networks also the hash of a sent one."
        ),
    ],
) -> None:
    """Take back what a wallet outside signed; it is sent, if it is what was shown."""

    async def run(built: App) -> None:
        tx_id = await take_signed(built.sending, send_id, text)
        async with built.works.begin() as work:
            await record_action(work, "send.signed", send_id, {"tx_id": tx_id})
        typer.echo(f"{send_id} is followed as {tx_id}.")

    with_app(run)


def key_of(signer: str, public_key: str | None) -> bytes | None:
    """Return the key of a wallet outside, None where a signer of ours has one."""
    if (signer == OUTSIDE) is not (public_key is not None):
        raise typer.BadParameter(f"--public-key is said with the signer `{OUTSIDE}`, and only then")
    if public_key is None:
        return None
    try:
        key = bytes.fromhex(public_key.removeprefix("0x"))
        return PublicKey(key).format()
    except ValueError as error:
        raise typer.BadParameter("--public-key is 33 bytes in hex, a point of the curve") from error
