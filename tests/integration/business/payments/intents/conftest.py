"""A till: a whole App whose time stands still, a merchant, and payers on the sandbox chain."""

import dataclasses
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from sluice.app.app import App
from sluice.app.build import Ground, assemble
from sluice.app.settings import Settings
from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.ids import Ids
from sluice.base.money.catalogue import money
from sluice.business.accounts.merchants.edit import (
    as_merchant,
    create_merchant,
    find_merchant,
    read_wallets,
    set_wallet,
)
from sluice.business.accounts.merchants.model import Settings as Terms
from sluice.business.payments.intents.confirm import confirm_intent
from sluice.business.payments.intents.create import create_intent
from sluice.business.payments.intents.find import find_intent, lock_intent
from sluice.business.payments.intents.model import Choice, NewIntent, Offer, PaymentIntent
from sluice.business.trust.promises.check import check_promises
from sluice.engine.chains.model import Header, Style
from sluice.engine.chains.sandbox import levers
from sluice.engine.chains.sandbox.model import Include, Output
from sluice.engine.ledger.balance import read_balances
from sluice.engine.rates.refresh import refresh_rates
from sluice.engine.watcher.follow import follow_once, follow_pending

DEPTH = 2
REORG_MAX = 4


class Till:
    """Asks for money, pays it, moves the chain, and lets the news travel."""

    def __init__(self, app: App, clock: ManualClock, merchant_id: str) -> None:
        self.app = app
        self.clock = clock
        self.merchant_id = merchant_id
        self.owner = as_merchant(merchant_id, livemode=False)
        self.chain = app.chains.find("sandbox")
        self._told = 0

    async def ask(self, amount: int = 2_000, currency: str = "usd", **fields: Any) -> PaymentIntent:  # noqa: ANN401
        """Make an intent that nobody can pay yet."""
        async with self.app.works.begin() as work:
            merchant = await find_merchant(work, self.merchant_id)
        async with self.app.works.begin(self.owner) as work:
            new = NewIntent(amount=money(amount, currency), **fields)
            return await create_intent(work, new, merchant=merchant)

    async def confirm(
        self, intent: PaymentIntent, *assets: str, style: Style | None = None
    ) -> PaymentIntent:
        """Offer an intent in these assets of the sandbox, told apart in a style."""
        async with self.app.works.begin(self.owner) as work:
            return await confirm_intent(
                work,
                await lock_intent(work, intent.id),
                Choice(["sandbox"], list(assets) or None, style),
                chains=self.app.chains,
                rates=self.app.rates,
                wallets=await read_wallets(work),
            )

    async def offer(self, *assets: str, style: Style | None = None, **ask: Any) -> PaymentIntent:  # noqa: ANN401
        """Make an intent and offer it; in USDC unless other assets are named."""
        return await self.confirm(await self.ask(**ask), *(assets or ("usdc",)), style=style)

    async def pay(
        self, offer: Offer | PaymentIntent, units: int | None = None, *, asset: str | None = None
    ) -> str:
        """Send what an offer asks, or so many units, to its address with its memo."""
        if isinstance(offer, PaymentIntent):
            offer = offer.offers[-1]
        output = Output(
            asset or offer.asset, offer.address, offer.due if units is None else units, offer.memo
        )
        return await self.send(output)

    async def send(self, *outputs: Output) -> str:
        """Send money to anybody."""
        async with self.app.works.begin() as work:
            return (await levers.pay(work, outputs)).tx_id

    async def mine(self, count: int = 1) -> None:
        """Add blocks with whatever waits, and let the news travel."""
        async with self.app.works.begin() as work:
            await levers.mine(work, count)
        await self.settle()

    async def fork(self, depth: int, *, keep: bool = True, again: bool = False) -> Sequence[Header]:
        """Replace the newest blocks; what was in them waits again, is mined `again`, or is gone."""
        include = Include.ALL if again else Include.NONE
        async with self.app.works.begin() as work:
            headers = await levers.fork(work, depth, keep=keep, include=include)
        await self.settle()
        return headers

    async def settle(self) -> None:
        """Follow the chain and run every reaction until nothing is left to do."""
        while await follow_once(self.app.works, self.chain):
            pass
        await follow_pending(self.app.works, self.chain)
        while await self.app.relay.run_once():
            pass

    async def read(self, intent: PaymentIntent) -> PaymentIntent:
        """Return an intent as it stands now."""
        async with self.app.works.begin(self.owner) as work:
            return await find_intent(work, intent.id)

    async def held(self, asset: str = "usdc") -> dict[str, int]:
        """Return what the merchant's accounts hold of an asset, without the empty ones."""
        async with self.app.works.begin(self.owner) as work:
            balances = await read_balances(work)
        return {
            one.account: one.money.units
            for one in balances
            if one.money.asset.code == asset and one.money.units
        }

    async def told(self) -> list[str]:
        """Return what the merchant was told since the last time, without the charges."""
        async with self.app.works.begin() as work:
            rows = await work.rows(
                "SELECT type, seq FROM events WHERE merchant_id = $1 AND seq > $2 ORDER BY seq",
                self.merchant_id,
                self._told,
            )
        self._told = max((row["seq"] for row in rows), default=self._told)
        return [row["type"] for row in rows if not row["type"].startswith("charge.")]

    async def set_wallet(self, address: str) -> None:
        """Let the merchant be paid at an address of its own."""
        async with self.app.works.begin(self.owner) as work:
            await set_wallet(work, self.chain, address)

    async def new_merchant(self, **terms: Any) -> "Till":  # noqa: ANN401
        """Open another merchant's till on the same App."""
        async with self.app.works.begin() as work:
            merchant = await create_merchant(
                work, "Another shop", dataclasses.replace(Terms(), **terms)
            )
        return Till(self.app, self.clock, merchant.id)

    async def refresh_rates(self) -> None:
        """Look at today's prices."""
        await refresh_rates(self.app.works, self.app.sources)


@pytest.fixture
async def app(
    database: Database, clock: ManualClock, ids: Ids, tmp_path: Path
) -> AsyncIterator[App]:
    """Assemble everything around the test's own database, clock and ids."""
    settings = Settings(home=tmp_path, sandbox_depth=DEPTH, sandbox_reorg_max=REORG_MAX)
    async with assemble(Ground(settings, database, clock, ids)) as app:
        yield app


@pytest.fixture
async def till(app: App, clock: ManualClock) -> AsyncIterator[Till]:
    """Open a shop; whatever a test does there, every promise holds in the end."""
    async with app.works.begin() as work:
        merchant = await create_merchant(work, "Corner shop", Terms())
        await levers.mine(work, 1)
    till = Till(app, clock, merchant.id)
    await till.refresh_rates()
    await till.settle()
    yield till
    await till.settle()
    async with app.works.snapshot() as work:
        broken = [one for one in await check_promises(work) if not one.promise.is_late]
    assert not broken, [(one.promise.name, one.promise.says, one.rows) for one in broken]
