"""Create merchants, change their settings, set where they are paid."""

import dataclasses

from sluice.base.actor import Actor
from sluice.base.database import UniqueViolation
from sluice.base.errors import Conflict, Invalid, NotFound
from sluice.base.ids import is_well_formed
from sluice.base.work import Work
from sluice.business.accounts.merchants import store
from sluice.business.accounts.merchants.model import CALLERS_CHANGED, Merchant, Settings, Wallets
from sluice.business.trust.audit.record import record_action
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.model import Style
from sluice.engine.keys.receiving.activate import activate_account
from sluice.engine.keys.receiving.gaps import GAP_MAX
from sluice.engine.keys.receiving.model import Account
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
    if tuple(chain.network.styles) == (Style.ADDRESS,):
        raise Invalid(
            f"On {chain.network.title} each payment needs an address of its own: set an account's "
            "public key instead (sluice merchants account).",
            code="wallet_not_enough",
        )
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


async def receive_with(
    work: Work, chain: Chain, text: str, *, first_address: str, gap_max: int = GAP_MAX
) -> Account:
    """Pay the merchant at new addresses of his account, once he saw the first one in his wallet."""
    account = await activate_account(
        work, chain, text, first_address=first_address, gap_max=gap_max
    )
    detail = {"network": account.network, "first_address": account.first_address}
    await record_action(work, "receiving_account.set", account.id, detail)
    return account


async def read_wallets(work: Work) -> Wallets:
    """Return where the merchant is paid, by network."""
    return await store.wallets(work)


def as_merchant(merchant_id: str, *, livemode: bool) -> Actor:
    """Return the actor that the operator becomes to act for a merchant."""
    if not is_well_formed(merchant_id, "acct"):
        raise NotFound(f"No such account: '{merchant_id}'", param="account")
    return Actor(merchant_id, livemode, frozenset({"*"}), key_id="operator")  # type: ignore[arg-type]
