"""Which hot wallets bring deposits home, and the orders by which they do."""

from typing import Final

from sluice.base.work import Work
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.writer import Call, Order
from sluice.engine.sender import store, sweep_store
from sluice.engine.sender.model import HotWallet, Send
from sluice.engine.sender.queue import queue_send

_WALLETS_MAX: Final = 1_000


async def idle_sweepers(work: Work) -> list[HotWallet]:
    """Return the wallets that may sweep and have no sweep on its way."""
    idle = []
    for wallet_id in await sweep_store.sweeping(work, _WALLETS_MAX):
        wallet = await store.get_wallet(work, wallet_id)
        if wallet is not None and not await sweep_store.is_sweeping(work, wallet_id):
            idle.append(wallet)
    return idle


async def queue_sweep(
    work: Work, wallet: HotWallet, chain: Chain, call: Call, *, destination: str
) -> Send:
    """Queue a call that empties deposits; nothing of the wallet's moves but the fee."""
    if chain.writer is None:
        raise RuntimeError("nothing here sends on this network")
    order = Order(
        network=chain.network.name,
        asset=chain.writer.fee_asset,
        units=0,
        recipient=destination,
        reference=work.new_id("sw"),
        call=call,
    )
    return await queue_send(work, wallet, order)
