"""Transfers matched and booked per second, from blocks of a thousand; then the book checked."""

import asyncio
import time
from typing import Any, Final

import asyncpg

from benchmarks.house import House, a_house
from sluice.app.app import App
from sluice.base.money.catalogue import money
from sluice.business.accounts.merchants.edit import as_merchant, find_merchant
from sluice.business.accounts.merchants.model import Wallets
from sluice.business.payments.intents.confirm import confirm_intent
from sluice.business.payments.intents.create import create_intent
from sluice.business.payments.intents.model import Choice, NewIntent
from sluice.business.trust.promises.check import check_promises
from sluice.doors.cli.run import settle_memory
from sluice.engine.chains.sandbox import levers
from sluice.engine.chains.sandbox.model import Output, Payment
from sluice.engine.rates.refresh import refresh_rates
from sluice.engine.watcher.follow import follow_once

BLOCKS: Final = 4
PER_BLOCK: Final = 1_000


async def measure() -> dict[str, Any]:
    """Return transfers per second through each step, and through all of them."""
    async with a_house() as (app, house):
        await refresh_rates(app.works, app.sources)
        outputs = await _targets(app, house)
        chain = app.chains.find("sandbox")
        await _follow(app)
        for block in range(BLOCKS):
            async with app.works.begin() as work:
                part = outputs[block * PER_BLOCK : (block + 1) * PER_BLOCK]
                await levers.pay_many(work, part)
            async with app.works.begin() as work:
                await levers.mine(work)
        async with app.works.begin() as work:
            await levers.mine(work, chain.network.finality.depth_for("usdc", 1))
        settle_memory()
        started = time.perf_counter()
        await _follow(app)
        followed = time.perf_counter()
        await _relay(app, {"intents.receive"})
        booked = time.perf_counter()
        await _relay(app, None)
        told = time.perf_counter()
        async with app.works.begin() as work:
            paid = await work.value(
                "SELECT count(*) FROM payment_intents WHERE status = 'succeeded'"
            )
            events = await work.value("SELECT count(*) FROM events")
        count = BLOCKS * PER_BLOCK
        if paid != count:
            raise RuntimeError(f"{paid} of {count} payments succeeded")
        await _analyze(app)
        checking = time.perf_counter()
        async with app.works.snapshot() as work:
            broken = await check_promises(work)
        checked = time.perf_counter()
        if broken:
            raise RuntimeError(f"broken promises: {broken}")
        return {
            "transfers": count,
            "followed_per_s": round(count / (followed - started)),
            "booked_per_s": round(count / (booked - followed)),
            "matched_and_booked_per_s": round(count / (booked - started)),
            "with_events_per_s": round(count / (told - started)),
            "events": events,
            "promises_checked_s": round(checked - checking, 2),
        }


async def _targets(app: App, house: House) -> list[Payment]:
    """Make an open intent for every transfer to come, and return the transfers."""
    payments: list[Payment] = []
    actor = as_merchant(house.merchant_id, livemode=False)
    async with app.works.begin() as work:
        merchant = await find_merchant(work, house.merchant_id)
    for _ in range(BLOCKS * PER_BLOCK // 50):
        async with app.works.begin(actor) as work:
            for _ in range(50):
                intent = await create_intent(
                    work, NewIntent(amount=money(2_000, "usd")), merchant=merchant
                )
                offered = await confirm_intent(
                    work,
                    intent,
                    Choice(["sandbox"], ["usdc"]),
                    chains=app.chains,
                    rates=app.rates,
                    wallets=Wallets({}),
                )
                offer = offered.offers[0]
                payments.append(Payment(levers.FAUCET, (Output("usdc", offer.address, offer.due),)))
    await _relay(app, None)
    return payments


async def _analyze(app: App) -> None:
    """Let PostgreSQL count its rows, as it does by itself within a minute of such a rush."""
    owner = await asyncpg.connect(app.database.url)
    await owner.execute("ANALYZE")
    await owner.close()


async def _follow(app: App) -> None:
    chain = app.chains.find("sandbox")
    while await follow_once(app.works, chain):
        pass


async def _relay(app: App, only: set[str] | None) -> None:
    """Relay as the worker does: two at a time."""

    async def run() -> None:
        while await app.relay.run_once(only=only):
            pass

    await asyncio.gather(run(), run())
