"""Open a hot wallet for a merchant, change its limits, list them."""

import datetime as dt
from typing import Final

from sluice.base.database import UniqueViolation
from sluice.base.errors import Conflict
from sluice.base.work import Work
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.peg import Peg
from sluice.engine.chains.writer import ChainWriter, Standing
from sluice.engine.sender import store
from sluice.engine.sender.model import HotWallet, Limits

# How long a changed payout address waits: time for a person to notice.
_CHANGE: Final = dt.timedelta(days=1)


def no_writer(chain: Chain) -> Conflict:
    """Return the refusal for a network on which nothing here sends."""
    return Conflict(
        f"Sluice does not send on {chain.network.title}; sign its payouts in your own wallet.",
        code="network_not_sending",
    )


async def open_wallet(
    work: Work,
    chain: Chain,
    public_key: bytes,
    signer: str,
    *,
    owner: tuple[str, bool],
    limits: Limits,
    standing: Standing,
) -> HotWallet:
    """Add a merchant's hot wallet on a network; it starts with the number that comes next there.

    Raises Conflict when there is one already, or when its key serves another merchant.
    """
    if chain.writer is None:
        raise no_writer(chain)
    merchant_id, livemode = owner
    wallet = HotWallet(
        id=work.new_id("hw"),
        merchant_id=merchant_id,
        livemode=livemode,
        network=chain.network.name,
        address=chain.writer.address_of(public_key),
        public_key=public_key,
        signer=signer,
        limits=limits,
        next_nonce=max(standing.next_mined, standing.next_pending),
        created_at=work.now,
    )
    try:
        store.add_wallet(work, wallet)
        await work.flush()
    except UniqueViolation as error:
        raise Conflict(
            "There is a hot wallet for this merchant and network, or this key has one.",
            code="wallet_taken",
        ) from error
    return wallet


async def change_limits(work: Work, wallet: HotWallet, limits: Limits) -> None:
    """Bound a wallet anew."""
    await store.limit(work, wallet.id, limits)


async def set_payout_address(
    work: Work, chain: Chain, wallet: HotWallet, address: str
) -> dt.datetime:
    """Set where payouts go; return from when on. Whoever takes an account over must wait a day."""
    parsed = chain.addresses.parse(address)
    since = work.now if wallet.payout_address in {None, parsed} else work.now + _CHANGE
    await store.pay_out_to(work, wallet.id, parsed, since)
    return since


async def set_withdraw_address(
    work: Work, peg: Peg, wallet: HotWallet, address: str
) -> dt.datetime:
    """Set where payouts through the peg go; return from when on, as above."""
    parsed = peg.read_address(address)
    since = work.now if wallet.withdraw_address in {None, parsed} else work.now + _CHANGE
    await store.withdraw_to(work, wallet.id, parsed, since)
    return since


async def list_wallets(work: Work, *, limit: int = 100) -> list[HotWallet]:
    """Return the wallets of every merchant, oldest first."""
    return await store.page_wallets(work, limit)


async def merchant_wallets(work: Work) -> list[HotWallet]:
    """Return the merchant's hot wallets."""
    return await store.wallets_of(work)


def writer_of(chain: Chain) -> ChainWriter:
    """Return what sends on a network, or refuse."""
    if chain.writer is None:
        raise no_writer(chain)
    return chain.writer
