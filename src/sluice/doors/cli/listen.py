"""sluice listen: print events as they happen, and forward them to a server under development."""

import asyncio
import datetime as dt
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
import typer
import uvloop

from sluice.app.settings import read_api_key
from sluice.base.clock import SystemClock
from sluice.base.egress import Answer, Egress, EgressError
from sluice.base.ids import Ids
from sluice.base.reach import NODES
from sluice.business.webhooks.deliveries.sign import (
    SECRET_BYTES,
    Message,
    Scheme,
    make_secret,
    sign_message,
)
from sluice.wire.strict_json import read_json

_PAGE = 100


def listen(
    api_key: Annotated[
        str,
        typer.Option(help="A secret key of the account; the variable SLUICE_API_KEY if left out."),
    ] = "",
    forward_to: Annotated[
        str,
        typer.Option("--forward-to", help="Where to post events, such as localhost:4242/webhook."),
    ] = "",
    api: Annotated[str, typer.Option(help="Where Sluice runs.")] = "http://127.0.0.1:8000",
    events: Annotated[str, typer.Option(help="Only these types, separated by commas.")] = "",
) -> None:
    """Follow the account's events and forward each, signed with a secret made for this run."""
    key = api_key or read_api_key()
    if not key:
        raise typer.BadParameter("give a key, or set SLUICE_API_KEY", param_hint="--api-key")
    target = forward_to if "://" in forward_to or not forward_to else f"http://{forward_to}"
    wanted = {name.strip() for name in events.split(",") if name.strip()}
    try:
        uvloop.run(_listen(api.rstrip("/"), key, target, wanted))
    except KeyboardInterrupt:
        typer.echo("Stopped.")


async def _listen(api: str, api_key: str, target: str, wanted: set[str]) -> None:
    clock = SystemClock()
    secret = make_secret(Ids(clock).bytes(SECRET_BYTES))
    egress = Egress(NODES)
    headers = {"Authorization": f"Bearer {api_key}"}
    try:
        newest = await _ask(egress, f"{api}/v1/events?limit=1", headers)
        after = newest["data"][0]["sequence"] if newest["data"] else 0
        typer.echo(f"Ready! Your webhook signing secret is {secret} (^C to quit)")
        while True:
            page = await _ask(egress, f"{api}/v1/events?after={after}&limit={_PAGE}", headers)
            for event in page["data"]:
                after = event["sequence"]
                if not wanted or event["type"] in wanted:
                    await _tell(egress, event, target, secret, clock.now())
            if not page["has_more"]:
                await asyncio.sleep(0.5)
    finally:
        await egress.close()


async def _ask(egress: Egress, url: str, headers: dict[str, str]) -> dict[str, Any]:
    answer = await egress.get(url, headers=headers, answer_max=8 << 20)
    body = read_json(answer.body)
    if answer.status != HTTPStatus.OK:
        raise typer.BadParameter(body["error"]["message"])
    return body


async def _tell(
    egress: Egress, event: dict[str, Any], target: str, secret: str, now: dt.datetime
) -> None:
    stamp = now.astimezone().strftime("%H:%M:%S")
    typer.echo(f"{stamp}  --> {event['type']} [{event['id']}]")
    if not target:
        return
    body = msgspec.json.encode(event)
    signed = sign_message(
        Message(body, event["id"], now), secrets=[secret], schemes=[Scheme.STRIPE, Scheme.STANDARD]
    )
    try:
        answer: Answer = await egress.post(
            target,
            body,
            headers=signed | {"Content-Type": "application/json"},
            timeout_s=30,
            cut=True,
        )
        typer.echo(f"{stamp}  <-- [{answer.status}] POST {target} [{event['id']}]")
    except EgressError as error:
        typer.secho(f"{stamp}  <-- [{error.code}] POST {target} [{event['id']}]", fg="red")
