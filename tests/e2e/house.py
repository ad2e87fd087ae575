"""A whole running Sluice in this process, with a merchant, and a clock that can be moved on."""

import asyncio
import contextlib
import datetime as dt
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import aiohttp
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from sluice.app.app import App
from sluice.app.build import build
from sluice.app.settings import Settings
from sluice.base.clock import SystemClock
from sluice.base.limits.visitor import Subnet
from sluice.business.accounts.api_keys.edit import create_key
from sluice.business.accounts.merchants.edit import as_merchant, create_merchant, set_wallet
from sluice.business.accounts.merchants.model import Settings as MerchantSettings
from sluice.business.payments.intents.cancel import expire_intents
from sluice.doors.api.server import make_server
from sluice.doors.live.sse import make_live
from sluice.doors.web.checkout.pages import make_pages
from sluice.doors.worker.loops import run_loops
from sluice.engine.chains.sandbox import levers
from sluice.engine.rates.refresh import refresh_rates

SHOP: Final = "Tide & Timber"
WALLET: Final = "0x52908400098527886e0f7030069857d2e4169ee7"
# A network whose node never answers: enough to be asked for money on it, by a unique amount.
NETWORKS: Final = """
[harbor]
title = "Harbor"
rpc = ["http://127.0.0.1:9"]
chain_id = 31337
livemode = false
assets = ["usdc"]
[harbor.tokens]
usdc = "0x5fbdb2315678afecb367f032d93f642f64180aa3"
"""


class MovableClock:
    """The machine's clock, plus as much as a test has moved it on."""

    def __init__(self) -> None:
        self._system = SystemClock()
        self._ahead = dt.timedelta()

    def now(self) -> dt.datetime:
        """Return the time here."""
        return self._system.now() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move on."""
        self._ahead += dt.timedelta(seconds=seconds)


@dataclass(frozen=True)
class House:
    """The running system and the ways a test reaches into it from behind."""

    app: App
    url: str
    clock: MovableClock
    key: str
    merchant_id: str

    async def open_session(
        self,
        *,
        key: str | None = None,
        **changes: Any,  # noqa: ANN401 - the API's own fields
    ) -> dict[str, Any]:
        """Create a checkout session over the API, as a shop would."""
        asked: dict[str, Any] = {
            "mode": "payment",
            "success_url": f"{self.url}/livez?session={{CHECKOUT_SESSION_ID}}",
            "cancel_url": f"{self.url}/livez?left",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "usd",
                        "unit_amount": 12_000,
                        "product_data": {"name": "Oak bench", "description": "Oiled, 120 cm"},
                    },
                },
                {
                    "quantity": 2,
                    "price_data": {
                        "currency": "usd",
                        "unit_amount": 225,
                        "product_data": {"name": "Wool blanket"},
                    },
                },
            ],
        }
        return await self.call("POST", "/v1/checkout/sessions", asked | changes, key=key)

    async def call(
        self,
        method: str,
        path: str,
        fields: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
    ) -> dict[str, Any]:
        """Call the API with the merchant's key, or another."""
        headers = {"Authorization": f"Bearer {key or self.key}"}
        async with (
            aiohttp.ClientSession(headers=headers) as client,
            client.request(method, self.url + path, json=fields) as answer,
        ):
            found: dict[str, Any] = await answer.json()
            assert answer.status == 200, found
            return found

    async def mine(self, count: int = 1) -> None:
        """Add blocks to the sandbox chain."""
        async with self.app.works.begin() as work:
            await levers.mine(work, count)
            work.tell("chain:sandbox")

    async def undo(self, depth: int) -> None:
        """Let another branch win that lacks what was in the newest blocks."""
        async with self.app.works.begin() as work:
            await levers.fork(work, depth, keep=False)
            work.tell("chain:sandbox")

    async def pass_time(self, seconds: float) -> None:
        """Move the clock on, and do what the schedule would have done meanwhile."""
        self.clock.advance(seconds)
        await refresh_rates(self.app.works, self.app.sources)
        await expire_intents(self.app.works)


@contextlib.asynccontextmanager
async def run_house(
    database_url: str,
    home: Path,
    *,
    limits: str = "off",
    served: str = "",
    trusted: Sequence[Subnet] = (),
    live: Mapping[str, Any] = MappingProxyType({}),
) -> AsyncIterator[House]:
    """Run the API, the page, the live connections and every loop; nothing is mined by itself.

    `served` are tables of the networks file beside the usual one.
    """
    networks = home / "networks.toml"
    networks.write_text(NETWORKS + served)
    port = _free_port()
    settings = Settings(
        database_url=database_url,
        home=home,
        port=port,
        public_url=f"http://127.0.0.1:{port}",
        networks=str(networks),
        sandbox_depth=3,
        sandbox_block_s=0,
        limits=limits,
    )
    clock = MovableClock()
    async with build(settings, clock=clock) as app:
        merchant_id, key = await open_shop(app, SHOP)
        await refresh_rates(app.works, app.sources)
        pages = [*make_pages(app, trusted=trusted), *make_live(app, trusted=trusted, **live)]
        server = Server(
            make_server(app, pages),
            address="127.0.0.1",
            port=port,
            interface=Interfaces.ASGI,
            log_level=LogLevels.critical,
        )
        async with asyncio.TaskGroup() as group:
            loops = group.create_task(run_loops(app))
            serving = group.create_task(server.serve())
            await _is_up(settings.public_url)
            try:
                yield House(app, settings.public_url, clock, key, merchant_id)
            finally:
                server.stop()  # type: ignore[no-untyped-call]
                loops.cancel()
                async with asyncio.timeout(10):
                    await asyncio.wait([serving])


async def open_shop(app: App, name: str, *, wallet: str | None = WALLET) -> tuple[str, str]:
    """Make a merchant that may be paid; return its id and a test key."""
    async with app.works.begin() as work:
        merchant = await create_merchant(work, name, MerchantSettings())
    async with app.works.begin(as_merchant(merchant.id, livemode=False)) as work:
        _, token = await create_key(work, "sk", sealer=app.sealer)
        if wallet is not None:
            await set_wallet(work, app.chains.find("harbor"), wallet)
    return merchant.id, token


async def _is_up(url: str) -> None:
    async with asyncio.timeout(10), aiohttp.ClientSession() as client:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with client.get(f"{url}/livez") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
