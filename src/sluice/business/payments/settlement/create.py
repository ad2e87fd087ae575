"""Make a payout: only of what may be spent, only to the address the operator set."""

import datetime as dt
from typing import Final

from sluice.base.errors import Invalid
from sluice.base.work import Work
from sluice.business.accounts.merchants.model import RefundRules
from sluice.business.payments.outgoing.book import PAYOUT, reservation
from sluice.business.payments.outgoing.reserve import reserve_money
from sluice.business.payments.outgoing.rules import (
    check_order,
    check_recipient,
    needs_approval,
    requester_of,
)
from sluice.business.payments.settlement import store
from sluice.business.payments.settlement.facts import PayoutCreated
from sluice.business.payments.settlement.model import NewPayout, Payout, Status
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.registry import Chains
from sluice.engine.chains.writer import Order
from sluice.engine.sender.model import HotWallet
from sluice.engine.sender.queue import find_wallet, queue_send

_DAY: Final = dt.timedelta(days=1)


async def create_payout(
    work: Work, new: NewPayout, *, chains: Chains, rules: RefundRules
) -> Payout:
    """Pay a merchant out from its hot wallet."""
    chain, wallet = await _wallet(work, new, chains)
    asset = new.money.asset.code
    recipient = await _recipient(work, new, chain, wallet)
    payout_id = work.new_id("po")
    order = order_of(payout_id, chain.network.name, new, recipient)
    check_order(chain, order, param="destination")
    entry = reservation(work.owner, PAYOUT, payout_id, network=chain.network.name, whole=new.money)
    today = await store.asked_since(work, asset, work.now - _DAY)
    awaits = needs_approval(new.money.units, today, asset, rules.approve_above)
    reserve_id = await reserve_money(work, entry, chain.network.name)
    payout = Payout(
        id=payout_id,
        merchant_id=work.actor.merchant,
        livemode=work.actor.livemode,
        network=chain.network.name,
        money=new.money,
        recipient=recipient,
        status=Status.PENDING,
        needs_approval=awaits,
        requested_by=requester_of(work),
        reserve_id=reserve_id,
        created_at=work.now,
        description=new.description,
        statement_descriptor=new.statement_descriptor,
        metadata=new.metadata,
        send_id=None if awaits else (await queue_send(work, wallet, order)).id,
    )
    store.add(work, payout)
    work.record([PayoutCreated(merchant_id=payout.merchant_id, livemode=payout.livemode,
                               payout=payout)])  # fmt: skip
    return payout


def order_of(payout_id: str, network: str, new: NewPayout | Payout, recipient: str) -> Order:
    """Return what is to be sent."""
    return Order(network, new.money.asset.code, new.money.units, recipient, payout_id)


async def _wallet(work: Work, new: NewPayout, chains: Chains) -> tuple[Chain, HotWallet]:
    """Return the one network whose hot wallet pays this out, or refuse."""
    asset = new.money.asset.code
    served = (
        [chains.find(new.network, param="network")]
        if new.network is not None
        else chains.for_mode(livemode=work.actor.livemode)
    )
    found = []
    for chain in served:
        if asset in chain.network.assets and chain.network.livemode is work.actor.livemode:
            wallet = await find_wallet(work, chain)
            if wallet is not None:
                found.append((chain, wallet))
    if len(found) == 1:
        return found[0]
    if not found:
        raise Invalid(
            f"No hot wallet holds {asset} here; payments to your own wallets need no payout.",
            code="payouts_not_enabled",
            param="currency",
        )
    raise Invalid(
        f"Say on which network: {', '.join(chain.network.name for chain, _ in found)}.",
        code="parameter_missing",
        param="network",
    )


async def _recipient(work: Work, new: NewPayout, chain: Chain, wallet: HotWallet) -> str:
    """Return where payouts go; in test mode, where no key is real, the request may say it."""
    if wallet.payout_address_from is not None and work.now < wallet.payout_address_from:
        raise Invalid(
            f"The payout address was changed; it is used from {wallet.payout_address_from} on.",
            code="payout_address_too_new",
            param="destination",
        )
    wanted = new.destination
    if wanted is not None and not work.actor.livemode and wallet.payout_address is None:
        return await check_recipient(work, chain, wanted, param="destination")
    if wallet.payout_address is None:
        raise Invalid(
            "There is no payout address; the operator sets it: sluice wallets payout-address.",
            code="payout_address_missing",
            param="destination",
        )
    if wanted is not None and chain.addresses.parse(wanted) != wallet.payout_address:
        raise Invalid(
            "Payouts go to the address the operator set, and to no other.",
            code="address_not_allowed",
            param="destination",
        )
    return await check_recipient(work, chain, wallet.payout_address, param="destination")
