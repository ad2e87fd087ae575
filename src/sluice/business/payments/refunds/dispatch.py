"""Hand a refund that may leave to the merchant's hot wallet, where there is one."""

from sluice.base.work import Work
from sluice.business.payments.outgoing.rules import check_order
from sluice.business.payments.refunds import store
from sluice.business.payments.refunds.model import Refund
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.writer import Order
from sluice.engine.sender.queue import find_wallet, queue_send


async def dispatch(work: Work, refund: Refund, *, chain: Chain) -> Refund:
    """Queue its send, in the Work that let it leave.

    Without a hot wallet it stays pending: the merchant's own wallet is shown what to send.
    """
    order = order_of(refund, chain)
    if order is None or not refund.may_leave or refund.send_id is not None:
        return refund
    wallet = await find_wallet(work, chain)
    if wallet is None:
        return refund
    send = await queue_send(work, wallet, order)
    sent = refund.change(send_id=send.id, version=refund.version - 1)
    await store.save(work, sent)
    return sent


def order_of(refund: Refund, chain: Chain) -> Order | None:
    """Return what is to be sent, once the address is known; refuse what no chain carries."""
    if refund.recipient is None:
        return None
    order = Order(
        network=refund.network,
        asset=refund.money.asset.code,
        units=refund.money.units,
        recipient=refund.recipient,
        reference=refund.id,
    )
    check_order(chain, order, param="to_address")
    return order
