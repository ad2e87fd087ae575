"""Freeze a wallet, and let it go on after a person has looked."""

import structlog

from sluice.base.errors import NotFound
from sluice.base.work import Work
from sluice.engine.chains.writer import State
from sluice.engine.sender import store
from sluice.engine.sender.end import end_send
from sluice.engine.sender.facts import WalletAlarmed, WalletFact, WalletFrozen
from sluice.engine.sender.model import HotWallet, Send, SendState
from sluice.engine.sender.parts import Parts

log = structlog.get_logger()

# The most sends of one wallet that may be open at once.
OPEN_MAX = 1000


async def freeze_wallet(work: Work, wallet: HotWallet, reason: str) -> None:
    """Let nothing new leave; what is out already is followed to its end."""
    if await store.freeze(work, wallet.id, reason):
        log.critical("wallet.frozen", wallet=wallet.id, network=wallet.network, reason=reason)
        work.record([_fact(WalletFrozen, wallet, reason)])


def alarm(work: Work, wallet: HotWallet, reason: str) -> None:
    """Tell somebody about a wallet."""
    log.error("wallet.alarmed", wallet=wallet.id, network=wallet.network, reason=reason)
    work.record([_fact(WalletAlarmed, wallet, reason)])


async def thaw_wallet(parts: Parts, wallet_id: str) -> HotWallet:
    """Let a wallet send again, because a person looked.

    It goes on from the number its network says comes next. A send whose slot somebody else's
    transaction used up can never leave any more, and ends as failed.
    """
    async with parts.works.begin() as work:
        wallet = await find_any(work, wallet_id)
        rows = await store.due(work, wallet.id, OPEN_MAX)
    writer = parts.writer(wallet.network)
    standing = await writer.standing(wallet.account)
    for row in rows:
        send = store.read_send(row)
        if send.slot is not None:
            await _give_up(parts, wallet, send)
    async with parts.works.begin() as work:
        await store.get_wallet(work, wallet.id, lock=True)
        await store.thaw(work, wallet.id, standing.next_pending)
    return wallet


async def find_any(work: Work, wallet_id: str) -> HotWallet:
    """Return a wallet of any merchant's, or refuse."""
    wallet = await store.get_wallet(work, wallet_id)
    if wallet is None:
        raise NotFound(f"No such wallet: '{wallet_id}'", param="wallet")
    return wallet


async def _give_up(parts: Parts, wallet: HotWallet, send: Send) -> None:
    """End a send whose every transaction was passed over for another that a block holds."""
    writer = parts.writer(wallet.network)
    async with parts.works.begin() as work:
        attempts = await store.attempts(work, send.id)
    slot = send.slot
    fates = [
        await writer.fate(one.tx_id, slot, wallet.account)
        for one in attempts
        if one.tx_id is not None and slot is not None
    ]
    if fates and all(fate.state is State.REPLACED for fate in fates):
        async with parts.works.begin() as work:
            await end_send(work, send, SendState.FAILED, code="replaced", reason=_REPLACED)


_REPLACED = "Another transaction of the wallet, which Sluice did not make, used its number."


def _fact(kind: type[WalletFact], wallet: HotWallet, reason: str) -> WalletFact:
    return kind(
        merchant_id=wallet.merchant_id,
        livemode=wallet.livemode,
        wallet_id=wallet.id,
        network=wallet.network,
        address=wallet.address,
        reason=reason,
    )
