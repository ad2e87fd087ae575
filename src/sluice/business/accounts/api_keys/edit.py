"""Create, list and revoke keys."""

import datetime as dt
from collections.abc import Collection

from sluice.base.errors import Invalid, NotFound
from sluice.base.sealing import Sealer
from sluice.base.work import Work
from sluice.business.accounts.api_keys import store
from sluice.business.accounts.api_keys.model import BUNDLES, PERMISSIONS, ApiKey, make_token
from sluice.business.accounts.merchants.model import CALLERS_CHANGED
from sluice.business.trust.audit.record import record_action


async def create_key(
    work: Work,
    kind: str,
    *,
    sealer: Sealer,
    name: str = "",
    permissions: Collection[str] | None = None,
    expires_at: dt.datetime | None = None,
    kdf: str = "hmac",
) -> tuple[ApiKey, str]:
    """Make a key and return it with its token, which is never shown again."""
    if kind not in {"sk", "rk", "pk"}:
        raise Invalid("A key is sk (secret), rk (restricted) or pk (publishable).", param="kind")
    granted = (
        BUNDLES["client" if kind == "pk" else "full"]
        if permissions is None
        else frozenset(permissions)
    )
    unknown = granted - set(PERMISSIONS) - {"payments:client"}
    if unknown:
        raise Invalid(
            f"There are no permissions {', '.join(sorted(unknown))}.", param="permissions"
        )
    merchant_id, livemode = work.owner
    key_id = work.new_id("key")
    token = make_token(kind, livemode=livemode, key_id=key_id, entropy=work.random_bytes(32))
    key = ApiKey(
        key_id,
        merchant_id,
        livemode,
        kind,
        granted,
        name or f"{kind} key",
        token.text[-4:],
        work.now,
        expires_at,
    )
    store.add(work, key, sealer.hash_secret(token.secret, kdf=kdf))
    await record_action(
        work, "api_key.created", key_id, {"kind": kind, "permissions": sorted(granted)}
    )
    return key, token.text


async def revoke_key(work: Work, key_id: str) -> None:
    """End a key."""
    if not await store.revoke(work, key_id, work.now):
        raise NotFound(f"No such live key: '{key_id}'", param="key")
    work.tell(CALLERS_CHANGED)
    await record_action(work, "api_key.revoked", key_id, {})


async def list_keys(work: Work) -> list[ApiKey]:
    """Return the merchant's keys."""
    return await store.list_all(work)
