"""Bring home what lies at deposit addresses: what is worth it, many at once, frozen ones left out.

Payments were credited when they came, so nothing here is booked. Whether it worked the addresses'
own balances say, the next time they are looked at: no order's end needs to be believed.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

import structlog

from sluice.base.errors import SluiceError
from sluice.base.work import Works
from sluice.business.accounts.merchants.edit import as_merchant
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.registry import Chains
from sluice.engine.chains.sweeper import Sweeper
from sluice.engine.sender.model import HotWallet
from sluice.engine.sender.sweep import idle_sweepers, queue_sweep
from sluice.engine.watcher.deposits import find_held, look_later, note_empty

# Deposits looked at for one wallet in one round.
_ROUND: Final = 500

log = structlog.get_logger()


class Round(NamedTuple):
    """One wallet's turn: whose, where, and what empties deposits there."""

    works: Works
    wallet: HotWallet
    chain: Chain
    sweeper: Sweeper


async def sweep_deposits(works: Works, chains: Chains) -> None:
    """Let every wallet that may sweep, and is not doing so, order what is worth it."""
    async with works.begin() as work:
        wallets = await idle_sweepers(work)
    for wallet in wallets:
        chain = chains.by_name.get(wallet.network)
        if chain is None or chain.sweeper is None:
            continue
        try:
            await _sweep(Round(works, wallet, chain, chain.sweeper))
        except SluiceError as error:
            log.warning("sweep.troubled", wallet=wallet.id, error=error.message)


async def _sweep(round_: Round) -> None:
    works, wallet, chain = round_.works, round_.wallet, round_.chain
    async with works.begin() as work:
        held = await find_held(
            work, wallet.merchant_id, chain, livemode=wallet.livemode, most=_ROUND
        )
    by_destination: dict[str, list[str]] = defaultdict(list)
    for deposit in held:
        by_destination[deposit.destination].append(deposit.reference)
    address_of = {deposit.reference: deposit.address for deposit in held}
    for destination, references in by_destination.items():
        for at in range(0, len(references), round_.sweeper.batch_max):
            some = references[at : at + round_.sweeper.batch_max]
            empty = await _order(round_, destination, some)
            async with works.begin() as work:
                await note_empty(work, chain, [address_of[one] for one in some if one in empty])
                await look_later(work, chain, [address_of[one] for one in some if one not in empty])


async def _order(round_: Round, destination: str, references: Sequence[str]) -> set[str]:
    """Order what is worth it of one destination's deposits; return those that hold nothing."""
    empty = set(references)
    for asset in round_.chain.network.assets:
        told = await round_.sweeper.held(destination, asset, references)
        holding = {one: held for one, held in zip(references, told, strict=True) if held.most}
        empty -= holding.keys()
        least = round_.wallet.limits.sweep_min.get(asset)
        worth = [one for one, held in holding.items() if least is not None and held.least >= least]
        if worth:
            await _order_asset(round_, destination, asset, worth)
    return empty


async def _order_asset(round_: Round, destination: str, asset: str, worth: Sequence[str]) -> None:
    """Queue one sweep, without what the token would keep."""
    wallet, chain = round_.wallet, round_.chain
    played = await round_.sweeper.rehearse(destination, asset, worth)
    free = [one for one, swept in zip(worth, played, strict=True) if not swept.is_kept]
    if len(free) < len(worth):
        kept = len(worth) - len(free)
        log.warning("sweep.kept", network=chain.network.name, asset=asset, deposits=kept)
    if not free:
        return
    owner = as_merchant(wallet.merchant_id, livemode=wallet.livemode)
    async with round_.works.begin(owner) as work:
        call = round_.sweeper.call(destination, asset, free)
        send = await queue_sweep(work, wallet, chain, call, destination=destination)
    units = sum(swept.units for swept in played)
    log.info("sweep.ordered", send=send.id, asset=asset, deposits=len(free), units=str(units))
