"""A shop whose days pass by hand: what happens there is done through the verbs themselves."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from sluice.app.app import App
from sluice.base.actor import Actor
from sluice.base.clock import ManualClock
from sluice.business.accounts.merchants.edit import as_merchant, create_merchant
from sluice.business.accounts.merchants.model import Merchant, Settings
from sluice.business.payments.customers.edit import create_customer
from sluice.business.webhooks.deliveries.deliver import deliver_once
from sluice.business.webhooks.endpoints.edit import create_endpoint
from sluice.business.webhooks.endpoints.model import Endpoint, NewEndpoint
from sluice.engine.rates.refresh import refresh_rates


class Shop:
    """One merchant's side of an App."""

    def __init__(self, app: App, clock: ManualClock, merchant: Merchant) -> None:
        # Lanes rest by the database's clock, which no test can move.
        self.app = dataclasses.replace(
            app, deliverer=dataclasses.replace(app.deliverer, rest_s=0.0)
        )
        self.clock = clock
        self.merchant = merchant

    @classmethod
    async def open(cls, app: App, clock: ManualClock) -> "Shop":
        """Open a shop in a new database."""
        async with app.works.begin() as work:
            merchant = await create_merchant(work, "Corner shop", Settings())
        await refresh_rates(app.works, app.sources)
        return cls(app, clock, merchant)

    @property
    def owner(self) -> Actor:
        """Return who acts for the merchant in test mode."""
        return as_merchant(self.merchant.id, livemode=False)

    async def listens(
        self, url: str, *types: str, profile: str = "stripe-3d", owner: Actor | None = None
    ) -> tuple[Endpoint, str]:
        """Make an endpoint, and return it with its secret."""
        new = NewEndpoint(url, list(types) or ["*"], retry_profile=profile)
        actor = owner or self.owner
        async with self.app.works.begin(actor) as work:
            return await create_endpoint(
                work, new, sealer=self.app.sealer, reach=self.app.reach[actor.livemode]
            )

    async def happens(self, count: int = 1, owner: Actor | None = None) -> None:
        """Let something happen that is told: customers appear."""
        for number in range(count):
            async with self.app.works.begin(owner or self.owner) as work:
                await create_customer(work, {"name": f"customer {number}"})
        await self.reacts()

    async def reacts(self) -> None:
        """Run every reaction that waits."""
        while await self.app.relay.run_once():
            pass

    async def tells(self) -> int:
        """Tell what is due now, and return how many attempts that took."""
        return await deliver_once(self.app.deliverer)

    async def tells_all(self) -> int:
        """Tell until nothing is due now."""
        made = 0
        while attempts := await self.tells():
            made += attempts
        return made

    async def sql(self, query: str, *args: object) -> list[dict[str, Any]]:
        """Look at the database past every wall."""
        async with self.app.works.look() as work:
            return [dict(row) for row in await work.rows(query, *args)]

    async def states(self) -> Sequence[str]:
        """Return the states of all deliveries, oldest first."""
        return [row["state"] for row in await self.sql("SELECT state FROM deliveries ORDER BY id")]
