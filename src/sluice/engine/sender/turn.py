"""One turn of sending: every wallet with something to do, each on its own."""

import datetime as dt
from typing import Final

import structlog

from sluice.base.database import Row
from sluice.base.errors import SluiceError
from sluice.engine.sender import store
from sluice.engine.sender.advance import advance
from sluice.engine.sender.freeze import freeze_wallet
from sluice.engine.sender.model import HotWallet, Send, SendState
from sluice.engine.sender.parts import Parts
from sluice.engine.sender.reserve import TROUBLED, put_off, reserve

_WALLETS_MAX: Final = 50
_SENDS_MAX: Final = 20
_LATER: Final = dt.timedelta(minutes=1)

log = structlog.get_logger()


async def send_once(parts: Parts) -> bool:
    """Do what is due for every wallet; return whether anything was.

    The trouble of one wallet, its network or its signer holds up no other; its sends wait.
    """
    async with parts.works.begin() as work:
        wallets = await store.busy_wallets(work, work.now, _WALLETS_MAX)
    for wallet in wallets:
        async with parts.works.begin() as work:
            rows = await store.due(work, wallet.id, _SENDS_MAX)
        sends = await _read(parts, wallet, rows)
        for send in sends:
            await _move(parts, wallet, send)
    return bool(wallets)


async def _move(parts: Parts, wallet: HotWallet, send: Send) -> None:
    try:
        if send.state is SendState.OPEN:
            await advance(parts, wallet, send)
        elif wallet.is_frozen:
            await put_off(parts, wallet, send, "wallet_frozen")
        elif await reserve(parts, wallet, send):
            await advance(parts, wallet, await _fresh(parts, send))
    except (SluiceError, OSError) as error:
        code = error.code if isinstance(error, SluiceError) else "unavailable"
        log.warning("send.troubled", send=send.id, network=wallet.network, error=str(error)[:200])
        await put_off(parts, wallet, send, code, wait=TROUBLED)


async def _fresh(parts: Parts, send: Send) -> Send:
    async with parts.works.begin() as work:
        return await store.lock(work, send.id) or send


async def _read(parts: Parts, wallet: HotWallet, rows: list[Row]) -> list[Send]:
    """Read sends; a state this release does not know stops the wallet, and is never guessed."""
    try:
        return [store.read_send(row) for row in rows]
    except ValueError:
        async with parts.works.begin() as work:
            await freeze_wallet(
                work, wallet, "a send is in a state that this release does not know"
            )
            for row in rows:
                await store.later(work, row["id"], work.now + _LATER, row["reason"])
        return []


_UNKNOWN: Final = "a send is in a state that this release does not know"
