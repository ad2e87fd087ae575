"""sluice demo: everything in one process, one order paid before your eyes."""

import asyncio
import contextlib
import dataclasses
import logging
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import uvloop

from sluice.app.app import App
from sluice.app.build import build, start_logs
from sluice.app.networks import Parts, evm_chain
from sluice.app.settings import Settings
from sluice.base.clock import SystemClock
from sluice.base.egress import Egress
from sluice.base.errors import Unavailable
from sluice.base.reach import NODES
from sluice.business.accounts.api_keys.edit import create_key
from sluice.business.accounts.merchants.edit import as_merchant, create_merchant, set_wallet
from sluice.business.accounts.merchants.model import FEE_PRESETS
from sluice.business.accounts.merchants.model import Settings as Terms
from sluice.doors.cli import anvil
from sluice.doors.cli.books import trial_table
from sluice.doors.cli.process import serving
from sluice.doors.worker.stop import until_stopped
from sluice.engine.chains.chain import Chain
from sluice.engine.ledger.balance import trial_balance
from sluice.engine.rates.refresh import refresh_rates

_PATIENCE_S: Final = 40.0
_PACE_S: Final = 0.05


def demo(
    once: Annotated[bool, typer.Option("--once", help="Stop after the paid orders.")] = False,
) -> None:
    """Open a shop, pay an order, show the webhook and the books; then stay up to be looked at."""
    try:
        from sluice.doors.cli.shop import Shop  # noqa: PLC0415 - needs the stripe package, which only the demo does
    except ModuleNotFoundError as error:
        raise Unavailable(
            "The demo's shop needs the `stripe` package: pip install 'sluice[demo]'."
        ) from error
    with tempfile.TemporaryDirectory(prefix="sluice-demo-") as home:
        Path(home).chmod(0o755)
        uvloop.run(_demo(Path(home), Shop, once=once))


async def _demo(home: Path, make_shop: Callable[..., Any], *, once: bool) -> None:
    started = time.monotonic()
    port, shop_port, node_port = _free_port(), _free_port(), _free_port()
    settings = dataclasses.replace(
        Settings(home=home),
        port=port,
        public_url=f"http://127.0.0.1:{port}",
        webhook_networks="127.0.0.0/8",
        sandbox_block_s=1.0,
        log="console",
        limits="off",
    )
    async with contextlib.AsyncExitStack() as stack:
        node, extra, token = await _node(node_port, stack)
        app = await stack.enter_async_context(build(settings, extra_chains=extra))
        api_key, merchant_id = await _merchant(app, node, extra)
        start_logs(app, level=logging.WARNING)
        await refresh_rates(app.works, app.sources)
        await stack.enter_async_context(serving(app))
        await _until(lambda: _answers(port))
        shop = make_shop(api_key=api_key, api_base=settings.public_url, port=shop_port)
        await asyncio.to_thread(shop.start)
        stack.callback(shop.stop)
        _say(f"Sluice is up at {settings.public_url} after {time.monotonic() - started:.1f} s.")
        await _order_by_sandbox(shop)
        if node is not None:
            await _order_by_anvil(shop, node, token)
        await _show_books(app)
        _say(f"{'Both done' if node else 'Done'} in {time.monotonic() - started:.1f} s.")
        if not once:
            session = await asyncio.to_thread(shop.order)
            typer.echo(
                f"\n  shop       {shop.url}\n  checkout   {session.url}\n"
                f"  API        {settings.public_url}/v1   ({settings.public_url}/openapi.json)\n"
                f"  secret key {api_key}\n  account    {merchant_id}\n\nCtrl-C stops everything."
            )
            await until_stopped()


async def _node(
    port: int, stack: contextlib.AsyncExitStack
) -> tuple[anvil.Anvil | None, list[Chain], str]:
    reason = anvil.why_not()
    if reason is not None:
        _say(f"No Ethereum node in this demo: {reason}.")
        return None, [], ""
    egress = Egress(NODES)
    stack.push_async_callback(egress.close)
    node = await stack.enter_async_context(anvil.run_anvil(port, egress))
    token = await anvil.deploy_token(node)
    table = {
        "rpc": [node.url],
        "chain_id": anvil.CHAIN_ID,
        "title": "Ethereum (development node)",
        "livemode": False,
        "tokens": {"usdc": token},
        "depth": 2,
        "reorg_max": 8,
        "block_time_s": 1.0,
    }
    chain = evm_chain("anvil", table, Parts(egress, SystemClock(), lambda _source, _fault: None))
    return node, [chain], token


async def _merchant(app: App, node: anvil.Anvil | None, extra: list[Chain]) -> tuple[str, str]:
    terms = dataclasses.replace(Terms(), fee=FEE_PRESETS["stablecoin"])
    async with app.works.begin() as work:
        merchant = await create_merchant(work, "Corner shop", terms)
    async with app.works.begin(as_merchant(merchant.id, livemode=False)) as work:
        _, token = await create_key(work, "sk", sealer=app.sealer)
        if node is not None:
            await set_wallet(work, extra[0], node.accounts[1])
    return token, merchant.id


async def _order_by_sandbox(shop: Any) -> None:  # noqa: ANN401 - the shop is only known where stripe is
    _say("The shop's server asks for $24.50 with the official stripe package:")
    session = await asyncio.to_thread(shop.order)
    typer.echo(f"    {session.id[:32]}…  {session.amount_total} {session.currency}  {session.url}")
    intent = await asyncio.to_thread(_confirm, shop, session.payment_intent, "sandbox", "usdc")
    _show_due(intent, "sandbox")
    paid = await asyncio.to_thread(
        shop.client.raw_request,
        "post",
        "/v1/test_helpers/sandbox/pay",
        payment_intent=session.payment_intent,
    )
    _say(f"The payer's wallet sends it on the sandbox chain: HTTP {paid.code}.")
    await _watch(shop, session)


async def _order_by_anvil(shop: Any, node: anvil.Anvil, token: str) -> None:  # noqa: ANN401
    _say("A second order, paid in USDC on a real Ethereum development node:")
    session = await asyncio.to_thread(shop.order)
    intent = await asyncio.to_thread(_confirm, shop, session.payment_intent, "anvil", "usdc")
    due = _show_due(intent, "anvil")
    # transfer(address,uint256), straight to the merchant's own wallet
    receipt = await node.send(
        token, "0xa9059cbb" + node.accounts[1][2:].rjust(64, "0") + f"{due:064x}"
    )
    typer.echo(
        f"    transaction {receipt['transactionHash']} in block {int(receipt['blockNumber'], 16)}"
    )
    await node.ask("anvil_mine", "0x3")
    await _watch(shop, session)


def _confirm(shop: Any, intent_id: str, network: str, asset: str) -> Any:  # noqa: ANN401
    options = {
        "crypto": {"mode": "deposit", "deposit_options": {"networks": [network], "tokens": [asset]}}
    }
    return shop.client.v1.payment_intents.confirm(intent_id, {"payment_method_options": options})


def _show_due(intent: Any, network: str) -> int:  # noqa: ANN401
    place = intent.next_action["crypto_display_details"]["deposit_addresses"][network]
    offer = place["supported_tokens"][0]
    typer.echo(f"    due: {int(offer['expected_amount']) / 10**6:.6f} USDC to {place['address']}")
    return int(offer["expected_amount"])


async def _watch(shop: Any, session: Any) -> None:  # noqa: ANN401
    """Tell each new status until the shop has heard that the order is paid."""
    last = ""
    deadline = time.monotonic() + _PATIENCE_S
    while shop.orders[session.id] != "paid":
        intent = await asyncio.to_thread(
            shop.client.v1.payment_intents.retrieve, session.payment_intent
        )
        status = f"{intent.status} ({intent.resolution})"
        if status != last:
            typer.echo(f"    payment intent: {status}")
            last = status
        if time.monotonic() > deadline:
            raise Unavailable("The order was not paid in time; this is a bug worth reporting.")
        await asyncio.sleep(_PACE_S)
    heard = ", ".join(shop.heard[-4:])
    _say(f"The shop's webhook arrived, signature verified by stripe.Webhook: {heard}")


async def _show_books(app: App) -> None:
    async with app.works.begin() as work:
        lines = await trial_balance(work)
    _say("The trial balance:")
    typer.echo("\n".join(f"    {line}" for line in trial_table(lines).splitlines()))


async def _until(ready: Callable[[], bool]) -> None:
    for _ in range(round(_PATIENCE_S / _PACE_S)):
        if ready():
            return
        await asyncio.sleep(_PACE_S)
    raise Unavailable("Sluice did not start in time; this is a bug worth reporting.")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _say(text: str) -> None:
    typer.secho(f"\n{text}", bold=True)
