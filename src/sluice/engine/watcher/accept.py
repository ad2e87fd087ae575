"""A fork deeper than we believe in, accepted by a person: the network's branch becomes ours."""

from dataclasses import dataclass
from typing import Final

import structlog

from sluice.base.errors import Invalid
from sluice.base.work import Work, Works
from sluice.engine.chains.chain import Chain, ProviderTrouble
from sluice.engine.chains.model import Block, Header, Tip
from sluice.engine.watcher import store
from sluice.engine.watcher.model import Cursor
from sluice.engine.watcher.record import record_switch

# Headers further down are forgotten; such a fork means another network.
_HEADERS_MAX: Final = 100_000
_SPAN: Final = 500

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DeepFork:
    """Where the branches part, and what following the network's branch takes back."""

    cursor: Cursor
    tip: Tip
    keep: Header
    transfers: int

    @property
    def depth(self) -> int:
        """Return how many of our blocks are left."""
        return self.cursor.height - self.keep.height


async def find_fork(works: Works, chain: Chain) -> DeepFork:
    """Find the newest block that we share with a halted network's best branch.

    Raises Invalid when the network is not halted, or shares no block with us.
    """
    name = chain.network.name
    async with works.look() as work:
        cursor = await _halted(work, chain)
        ours = await store.headers(work, name, cursor.height, _HEADERS_MAX)
    ours.reverse()
    tip = await chain.reader.tip()
    shared = [header for header in ours if header.height <= tip.header.height]
    # What is below a shared block is shared too, so the border can be searched for.
    low, high = 0, len(shared)
    while low < high:
        middle = (low + high) // 2
        theirs = await chain.reader.header(shared[middle].height)
        if theirs is not None and theirs.hash == shared[middle].hash:
            low = middle + 1
        else:
            high = middle
    if low == 0:
        raise Invalid(
            f"{chain.network.title} shares none of the {len(ours)} blocks we know; "
            "look whether the providers serve the right network.",
            code="fork_unbounded",
        )
    keep = shared[low - 1]
    async with works.look() as work:
        transfers = await store.count_above(work, name, keep.height)
    return DeepFork(cursor, tip, keep, transfers)


async def accept_fork(works: Works, chain: Chain, fork: DeepFork) -> None:
    """Follow the network's branch and go on; every credit on ours is taken back in the books.

    Raises Conflict when the network moved meanwhile: look again.
    """
    network = chain.network
    top = min(fork.tip.header.height, max(fork.cursor.height, fork.keep.height + 1))
    blocks = await _read(chain, fork.keep, top)
    async with works.begin() as work:
        await _halted(work, chain)
        await record_switch(work, network, blocks, fork.tip, keep=fork.keep, left=fork.cursor.hash)
        await store.halt(work, network.name, None)
    log.critical(
        "chain.fork_accepted", network=network.name, height=fork.keep.height, depth=fork.depth
    )


async def _halted(work: Work, chain: Chain) -> Cursor:
    cursor = await store.cursor(work, chain.network.name)
    if cursor is None or cursor.halted_reason is None:
        raise Invalid(f"{chain.network.title} is not halted.", code="chain_not_halted")
    return cursor


async def _read(chain: Chain, keep: Header, top: int) -> list[Block]:
    blocks: list[Block] = []
    parent = keep.hash
    for first in range(keep.height + 1, top + 1, _SPAN):
        part = await chain.reader.blocks(first, min(first + _SPAN - 1, top))
        if part[0].header.parent != parent:
            raise ProviderTrouble(f"{chain.reader.name} changed its branch while it was read")
        blocks += part
        parent = part[-1].header.hash
    return blocks
