"""One change of branch: choose what the new blocks take, append them, adopt the branch."""

from collections.abc import Collection, Sequence
from typing import Final

from sluice.base.database import Connection
from sluice.base.errors import IllegalMove, Invalid, NotFound
from sluice.base.work import Work
from sluice.engine.chains.model import Header
from sluice.engine.chains.sandbox import store
from sluice.engine.chains.sandbox.model import (
    NAME,
    Include,
    Keep,
    State,
    Transaction,
    rearrange,
    seal,
)

_BLOCKS_MAX: Final = 1_000


async def choose(
    connection: Connection,
    parent: Header,
    include: Include | Sequence[str],
    *,
    waiting: Sequence[Transaction],
) -> list[str]:
    """Return what the first new block takes; what its branch has spent cannot be taken again."""
    if include is Include.NONE:
        return []
    named = not isinstance(include, Include)
    wanted = await get_transactions(connection, include) if named else waiting
    spent = await _spent(connection, parent, {tx.spends for tx in wanted})
    chosen: list[str] = []
    for transaction in wanted:
        if transaction.spends not in spent:
            spent.add(transaction.spends)
            chosen.append(transaction.tx_id)
        elif named:
            raise IllegalMove(
                f"The branch has spent this already: {transaction.tx_id}", code="already_spent"
            )
    return chosen


async def append(work: Work, parent: Header, count: int, *, content: Sequence[str]) -> list[Header]:
    """Add blocks on a parent, the first one with this content, without choosing a branch."""
    if not 1 <= count <= _BLOCKS_MAX:
        raise Invalid(f"count must be from 1 to {_BLOCKS_MAX}", param="count")
    contents = [content, *([()] * (count - 1))]
    headers: list[Header] = []
    for tx_ids in contents:
        salt = work.random_bytes(16)
        headers.append(seal(headers[-1] if headers else parent, tx_ids, time=work.now, salt=salt))
    await store.add_blocks(work.connection, headers, contents)
    work.tell(NAME)
    return headers


async def adopt(work: Work, tip: Header, *, keep: Keep) -> None:
    """Make the branch that ends in this tip the best one."""
    connection = work.connection
    chain = await store.get_chain(connection)
    old_tip = await store.get_tip(connection)
    root, *entering = await store.find_side(connection, tip.hash)
    if root.height < chain.finalized_height:
        raise IllegalMove(
            f"The chain is final up to {chain.finalized_height}.", code="block_finalized"
        )
    leaving = await store.find_headers(connection, root.height + 1, old_tip.height)
    left = await store.find_content(connection, [header.hash for header in leaving])
    entered = await store.find_content(connection, [header.hash for header in entering])
    living = await store.find_living(connection, [tx.spends for tx in entered])
    states = rearrange(
        {tx.tx_id: tx for tx in (*left, *entered, *living)}.values(),
        leaving={tx.tx_id for tx in left},
        entering={tx.tx_id for tx in entered},
        keep=keep,
    )
    await store.save_branch(
        connection, [header.hash for header in leaving], [header.hash for header in entering]
    )
    await store.save_states(connection, states)
    work.tell(NAME)


async def get_transactions(connection: Connection, tx_ids: Sequence[str]) -> list[Transaction]:
    """Return these transactions in the order named, or refuse."""
    found = {tx.tx_id: tx for tx in await store.find_transactions(connection, tx_ids)}
    for tx_id in tx_ids:
        if tx_id not in found:
            raise NotFound(f"No such transaction: {tx_id}", param="transaction")
    return [found[tx_id] for tx_id in tx_ids]


async def _spent(connection: Connection, parent: Header, wanted: Collection[str]) -> set[str]:
    """Return what the branch that ends in this parent has spent; `wanted` is all that matters."""
    root, *side = await store.find_side(connection, parent.hash)
    above = await store.find_content(connection, [header.hash for header in side])
    living = await store.find_living(connection, sorted(wanted))
    heights = await store.find_heights(
        connection, [tx.tx_id for tx in living if tx.state is State.INCLUDED]
    )
    below = {tx.spends for tx in living if heights.get(tx.tx_id, root.height + 1) <= root.height}
    return below | {tx.spends for tx in above}
