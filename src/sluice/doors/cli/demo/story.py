"""What the demo says, and what it waits for."""

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any, Final

import typer

from sluice.base.errors import Unavailable
from sluice.base.money.catalogue import money
from sluice.doors.cli.demo.part import Due, Part

PATIENCE_S: Final = 40.0
_PACE_S: Final = 0.05

# The shop is only known where the stripe package is.
Shop = Any


async def order_by_sandbox(shop: Shop) -> None:
    """Pay an order on the chain that lives in our database."""
    say("The shop's server asks for $24.50 with the official stripe package:")
    session = await asyncio.to_thread(shop.order)
    typer.echo(f"    {session.id[:32]}…  {session.amount_total} {session.currency}  {session.url}")
    await _confirm(shop, session, "sandbox", "usdc")
    paid = await asyncio.to_thread(
        shop.client.raw_request,
        "post",
        "/v1/test_helpers/sandbox/pay",
        payment_intent=session.payment_intent,
    )
    say(f"The payer's wallet sends it on the sandbox chain: HTTP {paid.code}.")
    await _watch(shop, session)


async def order_by(shop: Shop, part: Part) -> None:
    """Pay an order on a real network."""
    say(f"{part.title}:")
    session = await asyncio.to_thread(shop.order)
    due = await _confirm(shop, session, part.chain.network.name, part.asset)
    typer.echo(f"    transaction {await part.pay(due)}")
    await _watch(shop, session)


async def until(ready: Callable[[], bool]) -> None:
    """Wait until something is so."""
    for _ in range(round(PATIENCE_S / _PACE_S)):
        if ready():
            return
        await asyncio.sleep(_PACE_S)
    raise Unavailable("Sluice did not start in time; this is a bug worth reporting.")


def answers(port: int) -> bool:
    """Say whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """Return a port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def say(text: str) -> None:
    """Tell what happens next."""
    typer.secho(f"\n{text}", bold=True)


async def _confirm(shop: Shop, session: Any, network: str, asset: str) -> Due:  # noqa: ANN401
    deposit = {"networks": [network], "tokens": [asset]}
    options = {"crypto": {"mode": "deposit", "deposit_options": deposit}}
    intent = await asyncio.to_thread(
        shop.client.v1.payment_intents.confirm,
        session.payment_intent,
        {"payment_method_options": options},
    )
    place = intent.next_action["crypto_display_details"]["deposit_addresses"][network]
    offer = place["supported_tokens"][0]
    due = Due(place["address"], int(offer["expected_amount"]), offer["memo"])
    asked = money(due.units, asset)
    typer.echo(f"    due: {asked.plain()} {asset.upper()} to {due.address}")
    return due


async def _watch(shop: Shop, session: Any) -> None:  # noqa: ANN401
    """Tell each new status until the shop has heard that the order is paid."""
    last = ""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        is_paid = shop.orders[session.id] == "paid"
        intent = await asyncio.to_thread(
            shop.client.v1.payment_intents.retrieve, session.payment_intent
        )
        status = f"{intent.status} ({intent.resolution})"
        if status != last:
            typer.echo(f"    payment intent: {status}")
            last = status
        # Asked once more after the shop heard of it: it may hear sooner than we ask.
        if is_paid:
            break
        if time.monotonic() > deadline:
            raise Unavailable("The order was not paid in time; this is a bug worth reporting.")
        await asyncio.sleep(_PACE_S)
    heard = ", ".join(shop.heard[-4:])
    say(f"The shop's webhook arrived, signature verified by stripe.Webhook: {heard}")
