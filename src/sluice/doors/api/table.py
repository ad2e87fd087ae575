"""Every route of the API, in one table."""

from typing import Final

from sluice.doors.api.route import Route
from sluice.doors.api.v1 import (
    authorizations,
    balance,
    charges,
    checkout_sessions,
    customers,
    events,
    payment_intents,
    payouts,
    rates,
    refunds,
    sandbox,
    webhook_endpoints,
)

ROUTES: Final[tuple[Route, ...]] = (
    *balance.ROUTES,
    *customers.ROUTES,
    *payment_intents.ROUTES,
    *authorizations.ROUTES,
    *charges.ROUTES,
    *refunds.ROUTES,
    *payouts.ROUTES,
    *checkout_sessions.ROUTES,
    *events.ROUTES,
    *webhook_endpoints.ROUTES,
    *rates.ROUTES,
    *sandbox.ROUTES,
)
