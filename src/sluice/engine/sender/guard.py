"""What keeps a send from leaving now: holds, limits, the fee's cap; and when a balance is told."""

import dataclasses
import datetime as dt
from collections import Counter
from typing import Final

from sluice.base.work import Work
from sluice.engine.chains.writer import ENDLESS, Standing
from sluice.engine.sender import coin_store, hold_store, store
from sluice.engine.sender.freeze import alarm
from sluice.engine.sender.model import HotWallet, Send

_DAY: Final = dt.timedelta(days=1)
# No look at a chain is older than this when it is used.
LOOK_AGE_MAX: Final = dt.timedelta(hours=1)


async def why_held(work: Work, wallet: HotWallet, send: Send, cost_max: int) -> str | None:
    """Return why a send must wait, or None; the Work holds the wallet."""
    order, limits = send.order, wallet.limits
    if await hold_store.is_held(work, order.asset):
        return "payouts_held"
    if limits.fee_max is not None and cost_max > limits.fee_max:
        return "fee_guard"
    most = limits.send_max.get(order.asset)
    if most is not None and order.units > most:
        return "send_limit"
    most = limits.day_max.get(order.asset)
    if most is not None:
        gone = await store.outflow(work, wallet.id, order.asset, work.now - _DAY)
        if gone + order.units > most:
            return "day_limit"
    return None


async def without_underway(
    work: Work, wallet: HotWallet, standing: Standing, fee_asset: str
) -> Standing:
    """Return the standing less what our own orders on their way take; the Work holds the wallet.

    The chain tells what blocks moved; of two orders that could each be paid alone, one must wait.
    """
    left = Counter(standing.balances)
    since = work.now - LOOK_AGE_MAX
    for asset, units, cost in await store.underway(work, wallet.id, standing.next_mined, since):
        left[asset] -= units
        left[fee_asset] -= cost
    balances = {asset: max(0, units) for asset, units in left.items()}
    return dataclasses.replace(standing, balances=balances)


async def with_change(
    work: Work, wallet: HotWallet, standing: Standing, fee_asset: str
) -> Standing:
    """Return the standing without coins that orders were given, and with what these bring back.

    The money of a wallet with one coin would otherwise seem gone from one payout to its block.
    """
    returning = await coin_store.returning(work, wallet.id, standing.coins)
    if not standing.coins and not returning:
        return standing
    taken = await coin_store.taken(work, wallet.id, standing.coins)
    gone = {(coin.tx_id, coin.index) for slot in taken for coin in slot.coins}
    coins = tuple(one for one in standing.coins if (one.tx_id, one.index) not in gone)
    units = sum(coin.units for coin in coins) + returning
    balances = {**standing.balances, fee_asset: units}
    return dataclasses.replace(standing, balances=balances, coins=coins, returning=returning)


async def note_standing(work: Work, wallet: HotWallet, standing: Standing) -> None:
    """Keep what a wallet holds, and tell when a balance has just passed one of its bounds."""
    held = {asset: units for asset, units in standing.balances.items() if units < ENDLESS}
    told = _beyond(wallet, held)
    before = set(wallet.standing.get("beyond", ()))
    for one in sorted(told - before):
        alarm(work, wallet, one)
    await store.looked(
        work,
        wallet.id,
        {
            "balances": {asset: str(units) for asset, units in held.items()},
            "beyond": sorted(told),
            "next_mined": standing.next_mined,
            "next_pending": standing.next_pending,
        },
    )


def _beyond(wallet: HotWallet, held: dict[str, int]) -> set[str]:
    low = {f"low:{a}" for a, least in wallet.limits.low.items() if held.get(a, least) < least}
    high = {f"high:{a}" for a, most in wallet.limits.high.items() if held.get(a, most) > most}
    return low | high
