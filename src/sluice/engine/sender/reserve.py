"""Give a queued send its slot and its transaction, in one Work, before anything is signed."""

import datetime as dt
from typing import Final

from sluice.base.errors import Invalid
from sluice.base.work import Work
from sluice.engine.chains.writer import ChainWriter, OrderHeld, Price, Standing
from sluice.engine.sender import coin_store, store
from sluice.engine.sender.end import end_send
from sluice.engine.sender.facts import SendOpened
from sluice.engine.sender.freeze import alarm, freeze_wallet
from sluice.engine.sender.guard import note_standing, why_held, with_change, without_underway
from sluice.engine.sender.model import MOVES, Attempt, HotWallet, Send, SendState
from sluice.engine.sender.parts import Parts

# What a person or a market must change is looked at again in a minute; trouble passes sooner.
HELD: Final = dt.timedelta(minutes=1)
TROUBLED: Final = dt.timedelta(seconds=5)
# Worth a person's look; the others pass by themselves.
_ALARMING: Final = frozenset(
    {"day_limit", "send_limit", "order_held", "wallet_short", "signature_awaited"}
)


async def reserve(parts: Parts, wallet: HotWallet, send: Send) -> bool:
    """Look at the chain, then write everything down; return whether the send is open now."""
    writer = parts.writer(wallet.network)
    standing = await writer.standing(wallet.account)
    async with parts.works.begin() as work:
        whole = await with_change(work, wallet, standing, writer.fee_asset)
        await note_standing(work, wallet, whole)
        if max(standing.next_mined, standing.next_pending) > await _promised(work, wallet):
            await freeze_wallet(work, wallet, _STRANGER)
            return False
    try:
        price = await writer.rehearse(send.order, wallet.account)
    except OrderHeld as held:
        await _wait(parts, wallet, send, held.code, whole)
        return False
    except Invalid as refused:
        async with parts.works.begin() as work:
            await end_send(work, send, SendState.FAILED, code=refused.code, reason=refused.message)
        return False
    try:
        async with parts.works.begin() as work:
            why = await _open(work, writer, send, standing, price)
    except OrderHeld as held:
        why = held.code
    if why is not None:
        await _wait(parts, wallet, send, why, whole)
    return why is None


async def _wait(parts: Parts, wallet: HotWallet, send: Send, why: str, whole: Standing) -> None:
    """Put it off; what a block will bring back to the wallet is no reason to fill it up."""
    is_coming = whole.returning and whole.balances.get(send.order.asset, 0) >= send.order.units
    if why == "wallet_short" and is_coming:
        await put_off(parts, wallet, send, "change_underway", wait=parts.pace(wallet.network).look)
    else:
        await put_off(parts, wallet, send, why)


async def put_off(
    parts: Parts, wallet: HotWallet, send: Send, reason: str, *, wait: dt.timedelta = HELD
) -> None:
    """Try a send again later; tell a person the first time that only one can help."""
    async with parts.works.begin() as work:
        held = await store.lock(work, send.id)
        if held is None or held.ended_at is not None:
            return
        if held.reason != reason and reason in _ALARMING:
            alarm(work, wallet, f"{reason}:{send.order.asset}")
        await store.later(work, send.id, work.now + wait, reason)


async def _promised(work: Work, wallet: HotWallet) -> int:
    """Return the first number that was not given to a send of ours."""
    held = await store.get_wallet(work, wallet.id, lock=True)
    return wallet.next_nonce if held is None else held.next_nonce


async def _open(
    work: Work, writer: ChainWriter, send: Send, standing: Standing, price: Price
) -> str | None:
    """Do it under the wallet's lock; return why it must wait, if it must."""
    held = await store.get_wallet(work, send.wallet_id, lock=True)
    mine = await store.lock(work, send.id)
    if held is None or mine is None or mine.state is not SendState.QUEUED:
        return None
    if held.is_frozen:
        return "wallet_frozen"
    taken = await coin_store.taken(work, held.id, standing.coins)
    standing = await without_underway(work, held, standing, writer.fee_asset)
    slot = writer.take(send.order, standing, price, nonce=held.next_nonce, taken=taken)
    unsigned = writer.build(send.order, held.account, slot, price)
    why = await why_held(work, held, send, unsigned.cost_max)
    if why is not None:
        return why
    MOVES.check(mine.state, SendState.OPEN)
    await store.open_send(work, send.id, slot)
    store.add_attempt(work, send, Attempt(send.id, 1, False, price, unsigned, work.now))  # noqa: FBT003
    if slot.nonce is not None:
        await store.take(work, held.id, slot.nonce + 1)
    work.record(
        [
            SendOpened(
                merchant_id=send.merchant_id,
                livemode=send.livemode,
                send_id=send.id,
                reference=send.order.reference,
                tx_id=None,
            )
        ]
    )
    return None


_STRANGER: Final = (
    "stranger: the chain has seen a transaction of this wallet that Sluice did not make"
)
