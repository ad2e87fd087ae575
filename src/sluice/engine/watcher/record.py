"""One block into the database, one transaction; a switch of branches, one transaction too."""

from collections.abc import Iterable, Sequence

from sluice.base.database import Row
from sluice.base.errors import Conflict
from sluice.base.work import Work
from sluice.engine.chains.model import Block, Header, Network, Tip, Transfer
from sluice.engine.watcher import anchor_store, store
from sluice.engine.watcher.facts import (
    ChainSwitched,
    TransferConfirmed,
    TransferFinalized,
    TransferMoved,
    TransferOrphaned,
    TransferSeen,
)
from sluice.engine.watcher.match import match_transfers


async def record_blocks(work: Work, network: Network, blocks: Sequence[Block], tip: Tip) -> None:
    """Put blocks on top of the cursor; refuse when somebody else moved it meanwhile."""
    held = await store.cursor(work, network.name, lock=True)
    if held is None or held.hash != blocks[0].header.parent:
        raise Conflict("another worker moved this chain's cursor", code="cursor_moved")
    await _apply(work, network, blocks, tip)


async def record_switch(
    work: Work, network: Network, blocks: Sequence[Block], tip: Tip, *, keep: Header, left: str
) -> None:
    """Undo everything above `keep` and apply the other branch: nobody sees what is between.

    `left` is the hash of the block we stood on. A transfer that both branches hold keeps standing,
    only as deep as the new branch makes it.
    """
    held = await store.cursor(work, network.name, lock=True)
    if held is None or held.hash != left:
        raise Conflict("another worker moved this chain's cursor", code="cursor_moved")
    lost = await store.undo_above(work, network.name, keep.height)
    await store.move(work, network.name, keep, tip.finalized_height, network.finality.reorg_max)
    await anchor_store.anchor(work, network.name, {})
    back = await _apply(work, network, blocks, tip) if blocks else set()
    work.record(_facts(TransferOrphaned, (row for row in lost if _key(row) not in back)))
    switched = ChainSwitched(
        merchant_id=None,
        livemode=network.livemode,
        network=network.name,
        height=keep.height,
        depth=held.height - keep.height,
    )
    work.record([switched])


async def record_pending(work: Work, network: Network, pending: Sequence[Transfer]) -> None:
    """Note transfers that wait in the mempool: shown to people, never credited."""
    found = await store.candidates(work, network.name, pending)
    sightings = match_transfers(pending, found, network)
    if sightings:
        work.record(_facts(TransferSeen, await store.see(work, network.name, sightings, None)))


async def _apply(
    work: Work, network: Network, blocks: Sequence[Block], tip: Tip
) -> set[tuple[str, int]]:
    """Write blocks and what became true with them; return the keys of the transfers in them."""
    seen: list[TransferSeen] = []
    for block in blocks:
        await store.add_block(work, network.name, block.header)
        if block.transfers:
            found = await store.candidates(work, network.name, block.transfers)
            sightings = match_transfers(block.transfers, found, network)
            if sightings:
                rows = await store.see(work, network.name, sightings, block.header)
                lag_s = max(0.0, (work.now - block.header.time).total_seconds())
                seen += [TransferSeen(**row, lag_s=lag_s) for row in rows]
    last = blocks[-1].header
    finalized = None if tip.finalized_height is None else min(tip.finalized_height, last.height)
    await store.move(work, network.name, last, finalized, network.finality.reorg_max)
    if tip.anchored:
        await anchor_store.anchor(work, network.name, tip.anchored)
    work.record(seen)
    await _deepen(work, network, last.height, finalized)
    work.tell(f"chain:{network.name}")
    return {(fact.tx_id, fact.index) for fact in seen}


async def confirm_deep(work: Work, network: Network) -> None:
    """Let what is deep enough under the cursor count; nothing moves otherwise."""
    held = await store.cursor(work, network.name, lock=True)
    if held is not None and held.halted_reason is None:
        await _deepen(work, network, held.height, held.finalized_height)
        work.tell(f"chain:{network.name}")


async def _deepen(work: Work, network: Network, height: int, finalized: int | None) -> None:
    confirmed = await store.confirm(work, network.name, height, finalized)
    final = await store.finalize(
        work,
        network.name,
        max(height - network.finality.reorg_max, -1 if finalized is None else finalized),
    )
    work.record(_facts(TransferConfirmed, confirmed))
    work.record(_facts(TransferFinalized, final))


def _facts(kind: type[TransferMoved], rows: Iterable[Row]) -> list[TransferMoved]:
    return [kind(**row) for row in rows]


def _key(row: Row) -> tuple[str, int]:
    return row["tx_id"], row["index"]
