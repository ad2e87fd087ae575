"""A token -> who is asking."""

import datetime as dt
from dataclasses import dataclass

from sluice.base.actor import Actor
from sluice.base.errors import Forbidden, Unauthenticated
from sluice.base.ids import MerchantId
from sluice.base.sealing import Sealer
from sluice.base.work import Works
from sluice.business.accounts.api_keys import store
from sluice.business.accounts.api_keys.model import read_token
from sluice.business.accounts.merchants.model import Merchant


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, and the merchant they ask for."""

    actor: Actor
    merchant: Merchant
    kind: str
    expires_at: dt.datetime | None = None

    @property
    def is_client(self) -> bool:
        """Say whether a publishable key asks, which anybody may have read in a page."""
        return "payments:client" in self.actor.permissions


async def authenticate(works: Works, text: str, *, sealer: Sealer) -> Caller:
    """Return the caller of a token as the database knows it now, or refuse."""
    token = read_token(text)
    async with works.glance() as work:
        found = await store.find(work, token.key_id)
        now = work.now
    if found is None:
        raise Unauthenticated("Invalid API key.")
    key, kept, merchant = found
    genuine = sealer.verify_secret(token.secret, kept)
    if (
        not genuine
        or (key.kind, key.livemode) != (token.kind, token.livemode)
        or not key.is_valid(now)
    ):
        raise Unauthenticated("Invalid API key.")
    if merchant.status != "active":
        raise Forbidden("This account is suspended.", code="account_suspended")
    actor = Actor(MerchantId(key.merchant_id), key.livemode, key.permissions, key.id)
    return Caller(actor, merchant, key.kind, key.expires_at)
