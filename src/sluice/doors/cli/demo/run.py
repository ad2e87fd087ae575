"""sluice demo: everything in one process, one order paid before your eyes on each network."""

import asyncio
import contextlib
import dataclasses
import logging
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import uvloop

from sluice.app.app import App
from sluice.app.build import build, start_logs
from sluice.app.settings import Settings
from sluice.base.errors import SluiceError, Unavailable
from sluice.business.accounts.api_keys.edit import create_key
from sluice.business.accounts.merchants.edit import (
    as_merchant,
    create_merchant,
    receive_with,
    set_wallet,
)
from sluice.business.accounts.merchants.model import FEE_PRESETS
from sluice.business.accounts.merchants.model import Settings as Terms
from sluice.doors.cli.books import trial_table
from sluice.doors.cli.demo.bitcoin import open_bitcoin
from sluice.doors.cli.demo.ethereum import open_ethereum
from sluice.doors.cli.demo.part import Missing, Opener, Part
from sluice.doors.cli.demo.stacks import open_stacks
from sluice.doors.cli.demo.story import (
    answers,
    free_port,
    order_by,
    order_by_sandbox,
    say,
    until,
)
from sluice.doors.cli.process import serving
from sluice.doors.worker.stop import until_stopped
from sluice.engine.keys.receiving.activate import preview_account
from sluice.engine.ledger.balance import trial_balance
from sluice.engine.rates.refresh import refresh_rates

# The networks beside the sandbox, in the order in which they are paid.
_OPENERS: Final[Sequence[Opener]] = (open_ethereum, open_bitcoin, open_stacks)


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
    port = free_port()
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
        parts = await _open_parts(stack)
        chains = [part.chain for part in parts]
        app = await stack.enter_async_context(build(settings, extra_chains=chains))
        api_key, merchant_id = await _merchant(app, parts)
        start_logs(app, level=logging.WARNING)
        await refresh_rates(app.works, app.sources, app.rates.market)
        await stack.enter_async_context(serving(app))
        await until(lambda: answers(port))
        shop = make_shop(api_key=api_key, api_base=settings.public_url, port=free_port())
        await asyncio.to_thread(shop.start)
        stack.callback(shop.stop)
        say(f"Sluice is up at {settings.public_url} after {time.monotonic() - started:.1f} s.")
        await order_by_sandbox(shop)
        for part in parts:
            await order_by(shop, part)
        await _show_books(app)
        say(f"{1 + len(parts)} orders paid in {time.monotonic() - started:.1f} s.")
        if not once:
            session = await asyncio.to_thread(shop.order)
            typer.echo(
                f"\n  shop       {shop.url}\n  checkout   {session.url}\n"
                f"  API        {settings.public_url}/v1   ({settings.public_url}/openapi.json)\n"
                f"  secret key {api_key}\n  account    {merchant_id}\n\nCtrl-C stops everything."
            )
            await until_stopped()


async def _open_parts(stack: contextlib.AsyncExitStack) -> list[Part]:
    """Start all networks at once; say which cannot be had here, and go on without them."""
    opened = await asyncio.gather(*(_open(opener, stack) for opener in _OPENERS))
    return [part for part in opened if part is not None]


async def _open(opener: Opener, stack: contextlib.AsyncExitStack) -> Part | None:
    async with contextlib.AsyncExitStack() as own:
        try:
            part = await opener(own)
        except Missing as reason:
            say(str(reason))
            return None
        except (SluiceError, OSError, TimeoutError) as error:
            # A node that will not start is no reason to show nothing at all.
            say(f"{opener.__name__.removeprefix('open_').capitalize()} did not start: {error}")
            return None
        stack.push_async_callback(own.pop_all().aclose)
        return part


async def _merchant(app: App, parts: Sequence[Part]) -> tuple[str, str]:
    terms = dataclasses.replace(Terms(), fee=FEE_PRESETS["stablecoin"])
    async with app.works.begin() as work:
        merchant = await create_merchant(work, "Corner shop", terms)
    async with app.works.begin(as_merchant(merchant.id, livemode=False)) as work:
        _, token = await create_key(work, "sk", sealer=app.sealer)
        for part in parts:
            if not part.is_account:
                await set_wallet(work, part.chain, part.wallet)
            else:
                # The node made the account; there is nobody to compare its addresses.
                first = preview_account(part.chain, part.wallet)[0]
                await receive_with(work, part.chain, part.wallet, first_address=first)
    return token, merchant.id


async def _show_books(app: App) -> None:
    async with app.works.begin() as work:
        lines = await trial_balance(work)
    say("The trial balance:")
    typer.echo("\n".join(f"    {line}" for line in trial_table(lines).splitlines()))
