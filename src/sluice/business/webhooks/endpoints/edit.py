"""Create, change, delete endpoints, and give them new secrets."""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from sluice.base.errors import Invalid
from sluice.base.reach import Reach, judge_url
from sluice.base.sealing import Sealer, place
from sluice.base.work import Work
from sluice.business.trust.audit.record import record_action
from sluice.business.webhooks.deliveries.queue import cancel_deliveries
from sluice.business.webhooks.deliveries.retry import profile_named
from sluice.business.webhooks.deliveries.sign import SECRET_BYTES, make_secret
from sluice.business.webhooks.endpoints import store
from sluice.business.webhooks.endpoints.find import found
from sluice.business.webhooks.endpoints.model import Endpoint, NewEndpoint

OVERLAP_MAX_S: Final = 7 * 86400


async def create_endpoint(
    work: Work, new: NewEndpoint, *, sealer: Sealer, reach: Reach
) -> tuple[Endpoint, str]:
    """Make an endpoint and return it with its secret, which is never shown again."""
    judge_url(new.url, reach)
    merchant_id, livemode = work.owner
    endpoint_id = work.new_id("we")
    secret = make_secret(work.random_bytes(SECRET_BYTES))
    endpoint = Endpoint(
        id=endpoint_id,
        merchant_id=merchant_id,
        livemode=livemode,
        url=new.url,
        enabled_events=new.enabled_events,
        status="enabled",
        secret=_sealed(sealer, merchant_id, endpoint_id, secret),
        schemes=new.schemes,
        retry_profile=new.retry_profile,
        timeout_s=profile_named(new.retry_profile).timeout_s,
        created_at=work.now,
        description=new.description,
        metadata=new.metadata,
        api_version=new.api_version,
    )
    store.add(work, endpoint)
    await record_action(work, "webhook_endpoint.created", endpoint_id, {"url": new.url})
    return endpoint, secret


async def update_endpoint(
    work: Work, endpoint: Endpoint, changes: Mapping[str, Any], *, reach: Reach
) -> Endpoint:
    """Change an endpoint that this Work holds locked; enabling it again forgets that it failed."""
    if "url" in changes:
        judge_url(changes["url"], reach)
    changed = dataclasses.replace(endpoint, **changes)
    timeout_s = profile_named(changed.retry_profile).timeout_s
    changed = dataclasses.replace(changed, timeout_s=timeout_s)
    if changed.status == "enabled" and endpoint.status == "disabled":
        changed = dataclasses.replace(changed, failing_since=None, disabled_reason=None)
        work.tell("deliveries")
    await store.save(work, changed)
    detail = {"fields": sorted(changes)}
    await record_action(work, "webhook_endpoint.updated", endpoint.id, detail)
    return changed


async def delete_endpoint(work: Work, endpoint_id: str) -> Endpoint:
    """Tell an endpoint nothing any more; what was waiting for it is given up."""
    endpoint = found(await store.get(work, endpoint_id, lock=True), endpoint_id)
    await store.save(work, dataclasses.replace(endpoint, status="deleted"))
    await cancel_deliveries(work, endpoint_id)
    await record_action(work, "webhook_endpoint.deleted", endpoint_id, {})
    return endpoint


async def roll_secret(
    work: Work, endpoint_id: str, *, overlap_s: int, sealer: Sealer
) -> tuple[Endpoint, str]:
    """Give an endpoint a new secret; for `overlap_s` seconds deliveries carry both signatures."""
    if not 0 <= overlap_s <= OVERLAP_MAX_S:
        raise Invalid(
            f"expires_in must be 0 to {OVERLAP_MAX_S}.",
            code="parameter_out_of_range",
            param="expires_in",
        )
    endpoint = found(await store.get(work, endpoint_id, lock=True), endpoint_id)
    secret = make_secret(work.random_bytes(SECRET_BYTES))
    rolled = dataclasses.replace(
        endpoint,
        secret=_sealed(sealer, endpoint.merchant_id, endpoint_id, secret),
        old_secret=endpoint.secret,
        old_secret_until=work.now + dt.timedelta(seconds=overlap_s),
    )
    await store.save(work, rolled)
    await record_action(
        work, "webhook_endpoint.secret_rolled", endpoint_id, {"overlap_s": overlap_s}
    )
    return rolled, secret


def open_secrets(endpoint: Endpoint, at: dt.datetime, *, sealer: Sealer) -> list[str]:
    """Return the secrets that sign at an instant, newest first."""
    sealed = [endpoint.secret]
    if (
        endpoint.old_secret is not None
        and endpoint.old_secret_until is not None
        and at < endpoint.old_secret_until
    ):
        sealed.append(endpoint.old_secret)
    context = place("webhook_endpoints", "secret", endpoint.merchant_id, endpoint.id)
    return [sealer.open(blob, context=context).decode() for blob in sealed]


def _sealed(sealer: Sealer, merchant_id: str, endpoint_id: str, secret: str) -> bytes:
    return sealer.seal(
        secret.encode(), context=place("webhook_endpoints", "secret", merchant_id, endpoint_id)
    )
