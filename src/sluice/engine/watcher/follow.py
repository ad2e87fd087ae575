"""Ask for the next blocks and put them where they belong."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

import structlog

from sluice.base.work import Work, Works
from sluice.engine.chains.chain import Chain, ProviderTrouble
from sluice.engine.chains.model import Block, Header, Tip
from sluice.engine.watcher import store
from sluice.engine.watcher.facts import ChainHalted, TransferOrphaned
from sluice.engine.watcher.fork import TooDeep, plan_switch
from sluice.engine.watcher.model import Cursor
from sluice.engine.watcher.record import record_blocks, record_pending, record_switch
from sluice.engine.watcher.targets import refresh_wanted

# Blocks read in one request when catching up; each is still recorded in a Work of its own.
_SPAN: Final = 20

log = structlog.get_logger()


async def follow_once(works: Works, chain: Chain) -> bool:
    """Take the next step along a network; return whether there was one.

    Raises ProviderTrouble or ProvidersDisagree when the network cannot be read right now; nothing
    is changed then.
    """
    name = chain.network.name
    async with works.begin() as work:
        cursor = await store.cursor(work, name)
    tip = await chain.reader.tip()
    if cursor is None:
        await _begin(works, chain, tip)
        return True
    if cursor.halted_reason is not None or tip.header.height < cursor.height:
        return False
    if tip.header.hash == cursor.hash:
        return False
    await refresh_wanted(works, chain)
    if tip.header.height == cursor.height:
        await _switch(works, chain, cursor, tip)
        return True
    last = min(tip.header.height, cursor.height + _SPAN)
    blocks = await chain.reader.blocks(cursor.height + 1, last)
    _check_tip(chain, blocks, tip)
    if blocks[0].header.parent != cursor.hash:
        await _switch(works, chain, cursor, tip)
        return True
    for block in blocks:
        async with works.begin() as work:
            await record_blocks(work, chain.network, [block], tip)
    return True


async def follow_pending(works: Works, chain: Chain) -> None:
    """Look into the mempool, and give up what has been gone from it for a while."""
    if chain.watch is not None:
        await refresh_wanted(works, chain)
    pending = await chain.reader.pending()
    async with works.begin() as work:
        await record_pending(work, chain.network, pending)
        before = work.now - dt.timedelta(seconds=chain.network.mempool_patience_s)
        lost = await store.lose(
            work, chain.network.name, before, [transfer.tx_id for transfer in pending]
        )
        work.record([TransferOrphaned(**row) for row in lost])


async def resume(work: Work, network: str) -> None:
    """Let a halted network go on, because a person looked at it."""
    await store.halt(work, network, None)


async def _begin(works: Works, chain: Chain, tip: Tip) -> None:
    """Start a little below the tip, so that a fork right after it finds ground to stand on."""
    height = max(0, tip.header.height - chain.network.finality.reorg_max)
    header = await chain.reader.header(height)
    if header is None:
        raise ProviderTrouble(f"{chain.reader.name} does not know its own block {height}")
    async with works.begin() as work:
        await store.begin(
            work, chain.network.name, header, tip.finalized_height, chain.network.finality.reorg_max
        )


async def _switch(works: Works, chain: Chain, cursor: Cursor, tip: Tip) -> None:
    """Leave our branch for theirs, from the newest block both share."""
    network = chain.network
    async with works.begin() as work:
        ours = await store.headers(
            work, network.name, cursor.height, network.finality.reorg_max + 1
        )
    theirs = {}
    for header in ours:
        found = await chain.reader.header(header.height)
        if found is not None:
            theirs[header.height] = found.hash
            if found.hash == header.hash:
                break
    plan = plan_switch(ours, theirs, network.finality.reorg_max)
    if isinstance(plan, TooDeep):
        await _halt(works, chain, cursor, plan)
        return
    keep = next(header for header in ours if header.height == plan.keep)
    blocks = await _branch(chain, keep, cursor.height, tip)
    async with works.begin() as work:
        await record_switch(work, network, blocks, tip, keep=keep, left=cursor.hash)
    log.warning(
        "chain.switched", network=network.name, height=plan.keep, depth=cursor.height - plan.keep
    )


async def _branch(chain: Chain, keep: Header, height: int, tip: Tip) -> list[Block]:
    """Read the other branch at least as far as ours reached, and check that it stands on `keep`."""
    blocks = list(
        await chain.reader.blocks(
            keep.height + 1, min(tip.header.height, max(height, keep.height + 1))
        )
    )
    _check_tip(chain, blocks, tip)
    if blocks[0].header.parent != keep.hash:
        raise ProviderTrouble(f"{chain.reader.name} changed its branch while it was read")
    return blocks


def _check_tip(chain: Chain, blocks: Sequence[Block], tip: Tip) -> None:
    """Refuse a tip that came after we told the reader what to look for."""
    newest = blocks[-1].header
    if newest.height == tip.header.height and newest.hash != tip.header.hash:
        raise ProviderTrouble(
            f"{chain.reader.name} changed its branch while it was read", code="provider_moved"
        )


async def _halt(works: Works, chain: Chain, cursor: Cursor, found: TooDeep) -> None:
    reason = (
        f"a fork below height {found.reached} is deeper than reorg_max {cursor.reorg_max}; "
        f"we stand on {cursor.height} {cursor.hash}"
    )
    async with works.begin() as work:
        await store.halt(work, chain.network.name, reason)
        work.record(
            [
                ChainHalted(
                    merchant_id=None,
                    livemode=chain.network.livemode,
                    network=chain.network.name,
                    reason=reason,
                )
            ]
        )
    log.critical("chain.halted", network=chain.network.name, reason=reason)
