"""How fast a key may call."""

from typing import Final

from sluice.app.app import App
from sluice.base.errors import Throttled
from sluice.base.limits.presets import Limited
from sluice.business.accounts.api_keys.authenticate import Caller

_BY_METHOD: Final = {"GET": (Limited.ANYTHING, Limited.QUERY)}


async def throttle(app: App, caller: Caller, method: str, limited: Limited | None = None) -> None:
    """Count a request; refuse it when its key was too fast."""
    counted = _BY_METHOD.get(method, (Limited.ANYTHING,))
    for kind in (*counted, limited):
        limit = kind and app.limits.limit_for(kind, livemode=caller.actor.livemode)
        if kind is None or limit is None:
            continue
        decision = await app.limiter.spend(f"{kind}:{caller.actor.key_id}", limit)
        if not decision.allowed:
            app.metrics.rate_limited.labels(str(kind)).inc()
            raise Throttled(
                "Too many requests; slow down and try again.",
                retry_after_s=decision.retry_after_s,
            )
