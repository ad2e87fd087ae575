"""Carry payers' signed words to the network with the merchant's hot wallet, which pays the fee."""

from sluice.base.work import Work
from sluice.engine.chains.authorization import Authorization, TokenDomain
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.writer import Order
from sluice.engine.sender import store
from sluice.engine.sender.model import HotWallet, Send
from sluice.engine.sender.queue import queue_send


async def find_carrier(work: Work, chain: Chain, asset: str, units: int) -> HotWallet | None:
    """Return the merchant's hot wallet, where it is to carry words of this size.

    Payers choose when it pays a fee, so that is off until its limits say from which amount on.
    """
    wallet = await store.wallet_on(work, chain.network.name)
    if chain.writer is None or wallet is None or wallet.is_frozen:
        return None
    least = wallet.limits.carry_min.get(asset)
    return wallet if least is not None and units >= least else None


async def carries_anything(work: Work, chain: Chain) -> bool:
    """Say whether the merchant's hot wallet carries words on this network at all."""
    wallet = await store.wallet_on(work, chain.network.name)
    return wallet is not None and not wallet.is_frozen and bool(wallet.limits.carry_min)


async def queue_word(
    work: Work,
    wallet: HotWallet,
    chain: Chain,
    signed: tuple[TokenDomain, Authorization, bytes],
    *,
    reference: str,
) -> Send:
    """Queue the call that uses a word; nothing of the wallet's moves but the fee.

    Whoever else uses the word first has paid for us: then the call fails when it is rehearsed, and
    the payment is seen all the same.
    """
    if chain.authorizer is None or chain.writer is None:
        raise RuntimeError("no token takes words on this network")
    order = Order(
        network=chain.network.name,
        asset=chain.writer.fee_asset,
        units=0,
        recipient=signed[1].payee,
        reference=reference,
        call=chain.authorizer.call(*signed),
    )
    return await queue_send(work, wallet, order)
