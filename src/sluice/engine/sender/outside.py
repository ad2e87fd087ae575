"""Sends that a wallet outside signs: shown as it takes them, taken back signed, or found sent."""

from dataclasses import dataclass

from sluice.base.errors import Conflict, Invalid, NotFound
from sluice.engine.chains.outside import Outside, Returned
from sluice.engine.sender import store
from sluice.engine.sender.freeze import OPEN_MAX, find_any
from sluice.engine.sender.model import Attempt, HotWallet, Send, SendState
from sluice.engine.sender.parts import Parts
from sluice.engine.sender.queue import SENDS


@dataclass(frozen=True, slots=True)
class Awaiting:
    """A send that lacks its signature, and its transaction as a wallet takes it."""

    send: Send
    text: str


async def list_unsigned(parts: Parts, wallet_id: str) -> list[Awaiting]:
    """Return what a wallet outside has to sign, oldest first."""
    async with parts.works.begin() as work:
        wallet = await find_any(work, wallet_id)
        rows = await store.open_sends(work, wallet.id, OPEN_MAX)
        sends = [store.read_send(row) for row in rows]
        newest = [(send, (await store.attempts(work, send.id))[-1]) for send in sends]
    outside = _outside(parts, wallet)
    return [
        Awaiting(send, outside.show(attempt.unsigned, wallet.account))
        for send, attempt in newest
        if attempt.raw is None
    ]


async def take_signed(parts: Parts, send_id: str, text: str) -> str:
    """Take back what was signed; return its id. Raises Invalid for anything but what was shown."""
    async with parts.works.begin() as work:
        send = await store.lock(work, send_id)
        if send is None:
            raise NotFound(f"No such send: '{send_id}'", param="send")
        wallet = await find_any(work, send.wallet_id)
        attempts = await store.attempts(work, send.id)
    outside = _outside(parts, wallet)
    if not attempts:
        raise Conflict("Nothing was made for it yet; look again soon.", code="send_not_open")
    returned = await outside.read(text, attempts[-1].unsigned, wallet.account)
    await _keep(parts, wallet, send, attempts[-1], returned)
    return returned.sealed.tx_id


async def find_signed(parts: Parts, wallet: HotWallet, send: Send, attempt: Attempt) -> bool:
    """Keep what the wallet has sent by itself, if the network knows it; say whether it does."""
    returned = await _outside(parts, wallet).find(attempt.unsigned, wallet.account)
    if returned is None:
        return False
    await _keep(parts, wallet, send, attempt, returned)
    return True


async def _keep(
    parts: Parts, wallet: HotWallet, send: Send, attempt: Attempt, returned: Returned
) -> None:
    """Keep the bytes; a wallet that chose another price made another attempt in the same slot."""
    writer = parts.writer(wallet.network)
    async with parts.works.begin() as work:
        await store.get_wallet(work, wallet.id, lock=True)
        mine = await store.lock(work, send.id)
        newest = (await store.attempts(work, send.id))[-1]
        if mine is None or mine.state is not SendState.OPEN or mine.slot is None:
            raise Conflict("This send has ended.", code="send_not_open")
        if newest.n != attempt.n or newest.raw is not None:
            raise Conflict("It was signed meanwhile.", code="send_signed")
        if returned.price is not None:
            void = writer.void(wallet.account, send.order.reference)
            order = void if attempt.is_void else send.order
            unsigned = writer.build(order, wallet.account, mine.slot, returned.price)
            if unsigned.digests != returned.digests:
                raise Invalid("It is not what was given to sign.", code="signed_invalid")
            attempt = Attempt(
                send.id, newest.n + 1, attempt.is_void, returned.price, unsigned, work.now
            )
            store.add_attempt(work, send, attempt)
        await store.seal(work, attempt, returned.sealed.tx_id, returned.sealed.raw)
        await store.later(work, send.id, work.now, None)
        work.tell(SENDS)


def _outside(parts: Parts, wallet: HotWallet) -> Outside:
    """Return what shows and reads for a wallet, or refuse one that a signer of ours serves."""
    if not wallet.is_signed_outside:
        raise Conflict("A signer of Sluice signs for this wallet.", code="wallet_signed_here")
    outside = parts.chains.find(wallet.network).outside
    if outside is None:
        raise Conflict(
            "Wallets outside sign on Bitcoin and EVM networks only.", code="network_not_sending"
        )
    return outside
