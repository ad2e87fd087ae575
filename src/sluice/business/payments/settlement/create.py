"""Make a payout: only of what may be spent, only to the address the operator set."""

import datetime as dt
from collections.abc import Callable
from typing import Final

from sluice.base.errors import Invalid
from sluice.base.money.money import Money
from sluice.base.work import Work
from sluice.business.accounts.merchants.model import RefundRules
from sluice.business.payments.conversions.accept import peg_of
from sluice.business.payments.conversions.terms import current_terms
from sluice.business.payments.outgoing.book import PAYOUT, reservation
from sluice.business.payments.outgoing.reserve import reserve_money
from sluice.business.payments.outgoing.rules import (
    check_coin_recipient,
    check_order,
    check_recipient,
    needs_approval,
    requester_of,
)
from sluice.business.payments.settlement import store
from sluice.business.payments.settlement.facts import PayoutCreated
from sluice.business.payments.settlement.model import (
    Destination,
    NewPayout,
    Payout,
    Status,
    Withdrawal,
)
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
    destination = await _destination(work, new, chain, wallet)
    payout_id = work.new_id("po")
    order = await order_of(work, chain, payout_id, new.money, destination)
    check_order(chain, order, param="destination")
    whole = destination.whole(new.money)
    entry = reservation(work.owner, PAYOUT, payout_id, network=chain.network.name, whole=whole)
    today = await store.asked_since(work, asset, work.now - _DAY)
    awaits = needs_approval(new.money.units, today, asset, rules.approve_above)
    reserve_id = await reserve_money(work, entry, chain.network.name)
    payout = Payout(
        id=payout_id,
        merchant_id=work.actor.merchant,
        livemode=work.actor.livemode,
        network=chain.network.name,
        money=new.money,
        recipient=destination.recipient,
        withdrawal=destination.withdrawal,
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


async def order_of(
    work: Work, chain: Chain, payout_id: str, money: Money, destination: Destination
) -> Order:
    """Return what is to be sent; a withdrawal calls the peg, within its limits of the moment."""
    network, asset, recipient = chain.network.name, money.asset.code, destination.recipient
    if destination.withdrawal is None:
        return Order(network, asset, money.units, recipient, payout_id)
    fee_max = destination.withdrawal.fee_max
    terms = await current_terms(work, network)
    try:
        asked = peg_of(chain).ask_for(terms, recipient, money.units, fee_max=fee_max)
    except Invalid as error:
        raise Invalid(error.message, code=error.code, param="amount") from error
    return Order(network, asset, asked.units, recipient, payout_id, call=asked.call)


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
        if _carries(chain, new, livemode=work.actor.livemode):
            wallet = await find_wallet(work, chain)
            if wallet is not None:
                found.append((chain, wallet))
    if len(found) == 1:
        return found[0]
    if not found and new.arrives_on is not None:
        raise Invalid(
            f"No hot wallet here pays {asset} out on {new.arrives_on}.",
            code="payouts_not_enabled",
            param="arrives_on",
        )
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


def _carries(chain: Chain, new: NewPayout, *, livemode: bool) -> bool:
    asset = new.money.asset.code
    if asset not in chain.network.assets or chain.network.livemode is not livemode:
        return False
    if new.arrives_on is None:
        return True
    return chain.peg is not None and (chain.peg.source, chain.peg.asset) == (new.arrives_on, asset)


async def _destination(work: Work, new: NewPayout, chain: Chain, wallet: HotWallet) -> Destination:
    """Return where it goes: to the wallet's payout address, or out through the peg."""
    if new.arrives_on is None:
        if new.fee_max is not None:
            raise Invalid(
                "Only a payout that arrives on another network has a fee of its own.",
                code="parameter_invalid",
                param="fee_max",
            )
        allowed = wallet.payout_address, wallet.payout_address_from
        address = _wanted(work, new, chain.addresses.parse, allowed)
        return Destination(await check_recipient(work, chain, address, param="destination"))
    peg = peg_of(chain)
    allowed = wallet.withdraw_address, wallet.withdraw_address_from
    address = _wanted(work, new, peg.read_address, allowed)
    recipient = await check_coin_recipient(work, peg, address, param="destination")
    fee_max = peg.fee_max if new.fee_max is None else new.fee_max
    return Destination(recipient, Withdrawal(peg.source, fee_max))


def _wanted(
    work: Work,
    new: NewPayout,
    parse: Callable[[str], str],
    allowed: tuple[str | None, dt.datetime | None],
) -> str:
    """Return where payouts go; in test mode, where no key is real, the request may say it."""
    address, since = allowed
    if since is not None and work.now < since:
        raise Invalid(
            f"The payout address was changed; it is used from {since} on.",
            code="payout_address_too_new",
            param="destination",
        )
    if address is None and new.destination is not None and not work.actor.livemode:
        return new.destination
    if address is None:
        raise Invalid(
            "There is no payout address; the operator sets it: sluice wallets payout-address.",
            code="payout_address_missing",
            param="destination",
        )
    if new.destination is not None and parse(new.destination) != address:
        raise Invalid(
            "Payouts go to the address the operator set, and to no other.",
            code="address_not_allowed",
            param="destination",
        )
    return address
