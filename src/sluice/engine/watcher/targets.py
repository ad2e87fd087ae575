"""What we are waiting for."""

import dataclasses
import datetime as dt
from typing import Final

from sluice.base.errors import Unavailable
from sluice.base.work import Work, Works
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.watch import Watch
from sluice.engine.keys.receiving.find import PAGE_MAX, leased_after, open_addresses
from sluice.engine.watcher import target_store as store
from sluice.engine.watcher.model import Target

_TRIES: Final = 8
# A Work lives far shorter than this: what it leased before a look is committed by the next.
_OVERLAP: Final = dt.timedelta(minutes=10)
_EVER: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def expect(work: Work, target: Target) -> None:
    """Wait for money on a target from this commit on."""
    store.add_target(work, target)


async def expect_instead(work: Work, target: Target) -> None:
    """Wait at an address where a payment was awaited that never came, for the next one."""
    if not await store.take_target(work, target):
        raise RuntimeError("nobody waits at this address")


async def expect_once(work: Work, target: Target) -> bool:
    """Wait for money on a target, unless it is waited for already; say whether it was not."""
    return await store.try_target(work, target)


async def adopt(work: Work, target: Target) -> bool:
    """Give transfers that nobody had announced to a target they `settle`; say whether any were."""
    return await store.adopt(work, target) > 0


async def expect_unique_amount(work: Work, target: Target, *, spread: int) -> Target:
    """Wait for an amount nobody else is asked for: up to `spread` units less than the target's.

    Raises Unavailable with code `amounts_exhausted` when every amount in reach is taken.
    """
    high = target.units or 0
    low = max(1, high - spread)
    taken = await store.amounts_taken(work, target, low, high)
    for _ in range(_TRIES):
        free = high - low + 1 - len(taken)
        if free <= 0:
            break
        units = _nth_free(high, taken, work.random_below(free))
        wanted = dataclasses.replace(target, units=units)
        if await store.try_target(work, wanted):
            return wanted
        taken.add(units)
    raise Unavailable(
        "Too many payments of this amount are open at this address; try another asset or network.",
        code="amounts_exhausted",
    )


async def expect_wallet(work: Work, target: Target) -> bool:
    """Watch a merchant's own address; say whether it is theirs: it may be watched for another."""
    return await store.try_target(work, target) or await store.has_wallet(work, target)


async def is_watched(work: Work, network: str, address: str) -> bool:
    """Say whether payments are waited for at an address, as far as whoever asks may see."""
    return await store.has_target(work, network, address)


async def refresh_wanted(works: Works, chain: Chain) -> None:
    """Tell the network's reader at which addresses somebody waits, before it reads on."""
    if chain.watch is not None:
        await _refresh_watch(works, chain, chain.watch)
    if chain.wanted is not None:
        async with works.look() as work:
            addresses = await store.shared_addresses(work, chain.network.name)
        chain.wanted.clear()
        chain.wanted.update(addresses)


async def _refresh_watch(works: Works, chain: Chain, watch: Watch) -> None:
    """Add what was leased since the last look; all there is at the first."""
    async with works.look() as work:
        since = work.now - _OVERLAP if len(watch) else _EVER
        shared = await store.shared_addresses(work, chain.network.name)
    watch.add(shared)
    after = (since, "")
    while True:
        async with works.look() as work:
            page = await leased_after(work, chain.network.name, after)
        watch.add(lease.address for lease in page)
        if len(page) < PAGE_MAX:
            break
        after = (page[-1].leased_at, page[-1].address)
    async with works.look() as work:
        watch.open = await open_addresses(work, chain.network.name)


async def close_old_amounts(work: Work, *, before: dt.datetime) -> int:
    """Release unique amounts that nobody waits for any more."""
    return await store.close_amounts(work, before)


def _nth_free(high: int, taken: set[int], n: int) -> int:
    units = high
    while units in taken or n > 0:
        if units not in taken:
            n -= 1
        units -= 1
    return units
