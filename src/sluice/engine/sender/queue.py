"""Ask for money to be sent, in the Work that decides it; or take that back in time."""

from typing import Final

from sluice.base.errors import Conflict
from sluice.base.work import Work
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.writer import Order, Standing
from sluice.engine.sender import store
from sluice.engine.sender.edit import open_wallet
from sluice.engine.sender.model import MOVES, HotWallet, Limits, Send, SendState

# Rung when there is something to send.
SENDS: Final = "sends"


async def queue_send(work: Work, wallet: HotWallet, order: Order) -> Send:
    """Queue an order for a wallet of the merchant's; a reference has one that lives, ever.

    The database refuses a second: whoever asks holds the thing it is for.
    """
    for earlier in await store.lock_of_reference(work, order.reference):
        if earlier.state not in (SendState.FAILED, SendState.CANCELED):
            raise Conflict("It is being sent already.", code="already_sending")
    send = Send(
        id=work.new_id("snd"),
        merchant_id=wallet.merchant_id,
        livemode=wallet.livemode,
        wallet_id=wallet.id,
        order=order,
        state=SendState.QUEUED,
        next_at=work.now,
        created_at=work.now,
    )
    store.add(work, send)
    work.tell(SENDS)
    return send


async def cancel_send(work: Work, reference: str) -> bool:
    """Take an order of the merchant's back; False once it has its slot, for then it may be out."""
    for send in await store.lock_of_reference(work, reference):
        if send.state is SendState.QUEUED:
            MOVES.check(send.state, SendState.CANCELED)
            await store.end(work, send.id, SendState.CANCELED, None, None)
        elif send.state not in (SendState.FAILED, SendState.CANCELED):
            return False
    return True


async def find_wallet(work: Work, chain: Chain) -> HotWallet | None:
    """Return the merchant's hot wallet on a network; None where payouts are signed elsewhere.

    A network that gives every merchant a wallet by itself, as the sandbox does, always has one.
    """
    name = chain.network.name
    found = await store.wallet_on(work, name)
    if found is None and chain.vault is not None:
        merchant_id, _ = work.owner
        found = await open_wallet(
            work,
            chain,
            chain.vault(merchant_id),
            f"{name}:{merchant_id}",
            owner=work.owner,
            limits=Limits(),
            standing=Standing(),
        )
    return found
