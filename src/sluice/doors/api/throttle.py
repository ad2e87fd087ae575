"""How fast a key may call."""

from typing import Final

from sluice.app.app import App
from sluice.base.errors import Throttled
from sluice.base.limits.presets import Limited
from sluice.business.accounts.api_keys.authenticate import Caller
from sluice.doors.api.route import Route

_BY_METHOD: Final = {"GET": (Limited.ANYTHING, Limited.QUERY)}


async def throttle(app: App, caller: Caller, route: Route) -> None:
    """Count a request; refuse it when its key was too fast."""
    counted = _BY_METHOD.get(route.method, (Limited.ANYTHING,))
    for limited in (*counted, route.limited):
        limit = limited and app.limits.limit_for(limited, livemode=caller.actor.livemode)
        if limited is None or limit is None:
            continue
        decision = await app.limiter.spend(f"{limited}:{caller.actor.key_id}", limit)
        if not decision.allowed:
            app.metrics.rate_limited.labels(str(limited)).inc()
            raise Throttled(
                "Too many requests; slow down and try again.",
                retry_after_s=decision.retry_after_s,
            )
