"""Create merchants, change their settings, set where they are paid."""

import dataclasses

from sluice.base.actor import Actor
from sluice.base.database import UniqueViolation
from sluice.base.errors import Conflict, NotFound
from sluice.base.ids import is_well_formed
from sluice.base.work import Work
from sluice.business.accounts.merchants import store
from sluice.business.accounts.merchants.model import CALLERS_CHANGED, Merchant, Settings
from sluice.business.trust.audit.record import record_action
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.model import Style
from sluice.engine.watcher.model import Target
from sluice.engine.watcher.targets import expect_wallet


async def create_merchant(work: Work, name: str, settings: Settings) -> Merchant:
    """Add a merchant."""
    merchant = Merchant(work.new_id("acct"), name, "active", settings, work.now)
    store.add(work, merchant)
    await record_action(work, "merchant.created", merchant.id, {"name": name})
    return merchant


async def change_settings(work: Work, merchant_id: str, settings: Settings) -> Merchant:
    """Change how payments made from now on are treated."""
    merchant = dataclasses.replace(await find_merchant(work, merchant_id), settings=settings)
    await store.save(work, merchant)
    work.tell(CALLERS_CHANGED)
    await record_action(work, "merchant.settings_changed", merchant_id, {})
    return merchant


async def set_status(work: Work, merchant_id: str, status: str) -> Merchant:
    """Suspend a merchant or let it go on: `active` or `suspended`."""
    merchant = dataclasses.replace(await find_merchant(work, merchant_id), status=status)
    await store.save(work, merchant)
    work.tell(CALLERS_CHANGED)
    await record_action(work, f"merchant.{status}", merchant_id, {})
    return merchant


async def set_wallet(work: Work, chain: Chain, address: str) -> str:
    """Set where the merchant is paid on a network, and watch that address from now on.

    Raises Conflict when another merchant is paid there, or once was.
    """
    parsed = chain.addresses.parse(address)
    merchant_id, livemode = work.owner
    try:
        await store.set_wallet(work, chain.network.name, parsed)
    except UniqueViolation as error:
        raise Conflict("Another merchant is paid at this address.", code="wallet_taken") from error
    target = Target(
        id=work.new_id("tgt"),
        merchant_id=merchant_id,
        livemode=livemode,
        network=chain.network.name,
        style=Style.WALLET,
        address=parsed,
        reference=None,
        watch_until=work.now,
    )
    if not await expect_wallet(work, target):
        raise Conflict("Another merchant was paid at this address.", code="wallet_taken")
    await record_action(
        work, "wallet.set", merchant_id, {"network": chain.network.name, "address": parsed}
    )
    return parsed


async def find_merchant(work: Work, merchant_id: str) -> Merchant:
    """Return a merchant, or refuse."""
    merchant = await store.get(work, merchant_id)
    if merchant is None:
        raise NotFound(f"No such account: '{merchant_id}'", param="account")
    return merchant


async def list_merchants(work: Work, *, limit: int = 100) -> list[Merchant]:
    """Return merchants, oldest first."""
    return await store.page(work, limit)


async def read_wallets(work: Work) -> dict[str, str]:
    """Return where the merchant is paid, by network."""
    return await store.wallets(work)


def as_merchant(merchant_id: str, *, livemode: bool) -> Actor:
    """Return the actor that the operator becomes to act for a merchant."""
    if not is_well_formed(merchant_id, "acct"):
        raise NotFound(f"No such account: '{merchant_id}'", param="account")
    return Actor(merchant_id, livemode, frozenset({"*"}), key_id="operator")  # type: ignore[arg-type]
