"""Keys: each opens one merchant in one mode as long as it is valid, and is kept as a hash alone."""

import dataclasses
import datetime as dt
from typing import Any

import pytest

from sluice.base.clock import ManualClock
from sluice.base.errors import Forbidden, Invalid, NotFound, Unauthenticated
from sluice.base.ids import encode
from sluice.base.sealing import Sealer
from sluice.base.work import Works
from sluice.business.accounts.api_keys.authenticate import Caller, authenticate
from sluice.business.accounts.api_keys.edit import create_key, list_keys, revoke_key
from sluice.business.accounts.api_keys.model import BUNDLES, ApiKey, make_token, read_token
from sluice.business.accounts.merchants.edit import as_merchant, set_status
from sluice.business.accounts.merchants.model import Merchant


class Keys:
    """Makes and tries keys."""

    def __init__(self, works: Works, sealer: Sealer) -> None:
        self.works = works
        self.sealer = sealer

    async def make(
        self,
        shop: Merchant,
        kind: str = "sk",
        *,
        livemode: bool = False,
        **options: Any,  # noqa: ANN401
    ) -> tuple[ApiKey, str]:
        """Make a key."""
        async with self.works.begin(as_merchant(shop.id, livemode=livemode)) as work:
            return await create_key(work, kind, sealer=self.sealer, **options)

    async def revoke(self, shop: Merchant, key_id: str) -> None:
        """End a key."""
        async with self.works.begin(as_merchant(shop.id, livemode=False)) as work:
            await revoke_key(work, key_id)

    async def opens(self, token: str) -> Caller:
        """Try a token."""
        return await authenticate(self.works, token, sealer=self.sealer)

    async def set_status(self, shop: Merchant, status: str) -> None:
        """Suspend the merchant, or not."""
        async with self.works.begin() as work:
            await set_status(work, shop.id, status)


@pytest.fixture
def keys(works: Works, sealer: Sealer) -> Keys:
    return Keys(works, sealer)


@pytest.mark.parametrize("livemode", [False, True])
@pytest.mark.parametrize(("kind", "bundle"), [("sk", "full"), ("rk", "full"), ("pk", "client")])
async def test_a_key_opens_its_merchant_in_its_mode(
    keys: Keys, shop: Merchant, kind: str, bundle: str, *, livemode: bool
) -> None:
    key, token = await keys.make(shop, kind, livemode=livemode)

    caller = await keys.opens(token)

    assert token.startswith(f"{kind}_{'live' if livemode else 'test'}_")
    assert token.endswith(key.last4)
    assert (caller.merchant, caller.kind) == (shop, kind)
    assert (caller.actor.merchant, caller.actor.livemode) == (shop.id, livemode)
    assert (caller.actor.permissions, caller.actor.key_id) == (BUNDLES[bundle], key.id)


@pytest.mark.parametrize("kdf", ["hmac", "sha256", "pbkdf2-sha512-10000", "scrypt"])
async def test_a_key_opens_however_its_hash_was_made(keys: Keys, shop: Merchant, kdf: str) -> None:
    _, token = await keys.make(shop, kdf=kdf)

    assert (await keys.opens(token)).merchant == shop


async def test_a_hash_nobody_knows_how_to_make_is_refused(keys: Keys, shop: Merchant) -> None:
    with pytest.raises(Invalid, match="md5"):
        await keys.make(shop, kdf="md5")


async def test_a_restricted_key_may_do_what_it_was_given(keys: Keys, shop: Merchant) -> None:
    _, token = await keys.make(shop, "rk", permissions={"payments:read"})

    actor = (await keys.opens(token)).actor

    actor.require("payments:read")
    with pytest.raises(Forbidden, match="refunds:write"):
        actor.require("refunds:write")


@pytest.mark.parametrize(
    ("kind", "options"), [("xk", {}), ("rk", {"permissions": {"payments:read", "gold:dig"}})]
)
async def test_what_no_key_can_be_is_refused(
    keys: Keys, shop: Merchant, kind: str, options: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        await keys.make(shop, kind, **options)


async def test_a_revoked_key_opens_nothing_from_that_moment(keys: Keys, shop: Merchant) -> None:
    key, token = await keys.make(shop)
    other_key, other = await keys.make(shop)

    await keys.revoke(shop, key.id)

    with pytest.raises(Unauthenticated):
        await keys.opens(token)
    assert (await keys.opens(other)).actor.key_id == other_key.id
    with pytest.raises(NotFound):
        await keys.revoke(shop, key.id)


async def test_nobody_revokes_another_merchants_key(
    keys: Keys, shop: Merchant, other_shop: Merchant
) -> None:
    key, token = await keys.make(shop)

    with pytest.raises(NotFound):
        await keys.revoke(other_shop, key.id)

    assert (await keys.opens(token)).merchant == shop


async def test_a_key_ends_at_its_instant(keys: Keys, shop: Merchant, clock: ManualClock) -> None:
    _, token = await keys.make(shop, expires_at=clock.now() + dt.timedelta(days=1))

    clock.advance(86_400 - 0.001)
    assert (await keys.opens(token)).merchant == shop
    clock.advance(0.001)
    with pytest.raises(Unauthenticated):
        await keys.opens(token)


async def test_a_suspended_merchants_keys_are_refused_until_it_goes_on(
    keys: Keys, shop: Merchant
) -> None:
    _, token = await keys.make(shop)

    await keys.set_status(shop, "suspended")
    with pytest.raises(Forbidden) as refused:
        await keys.opens(token)
    await keys.set_status(shop, "active")

    assert refused.value.code == "account_suspended"
    assert (await keys.opens(token)).kind == "sk"


async def test_a_secret_of_another_key_opens_nothing(keys: Keys, shop: Merchant) -> None:
    _, token = await keys.make(shop)
    _, other = await keys.make(shop)
    forged = dataclasses.replace(read_token(token), secret=read_token(other).secret)

    with pytest.raises(Unauthenticated):
        await keys.opens(forged.text)


@pytest.mark.parametrize("change", [{"livemode": True}, {"kind": "rk"}, {"kind": "pk"}])
async def test_a_token_that_claims_another_mode_or_kind_opens_nothing(
    keys: Keys, shop: Merchant, change: dict[str, Any]
) -> None:
    _, token = await keys.make(shop)
    forged = dataclasses.replace(read_token(token), **change)

    with pytest.raises(Unauthenticated):
        await keys.opens(forged.text)


async def test_a_key_nobody_made_opens_nothing(keys: Keys) -> None:
    forged = make_token("sk", livemode=False, key_id="key_" + encode(7), entropy=bytes(32))

    with pytest.raises(Unauthenticated):
        await keys.opens(forged.text)


async def test_a_leaked_table_holds_no_secret(keys: Keys, works: Works, shop: Merchant) -> None:
    tokens = [(await keys.make(shop, kdf=kdf))[1] for kdf in ("hmac", "scrypt")]

    async with works.begin() as work:
        dump = str(await work.rows("SELECT k::text, encode(verifier, 'escape') FROM api_keys k"))

    for token in tokens:
        assert read_token(token).secret not in dump


async def test_keys_are_listed_for_their_merchant_and_mode(
    keys: Keys, works: Works, shop: Merchant, other_shop: Merchant
) -> None:
    made = [(await keys.make(shop, name=name))[0] for name in ("till", "website")]
    await keys.make(shop, livemode=True)
    await keys.make(other_shop)

    async with works.begin(as_merchant(shop.id, livemode=False)) as work:
        listed = await list_keys(work)

    assert sorted(listed, key=lambda key: key.name) == made
