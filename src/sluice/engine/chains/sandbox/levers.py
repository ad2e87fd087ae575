"""The levers: what a person, a test or a simulation makes the sandbox do, each inside a Work."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import replace as changed
from typing import Final

from sluice.base.errors import IllegalMove, Invalid
from sluice.base.work import Work
from sluice.engine.chains.model import Header
from sluice.engine.chains.sandbox import lie_store, store
from sluice.engine.chains.sandbox.addresses import address_of
from sluice.engine.chains.sandbox.branch import adopt, append, choose, get_transactions
from sluice.engine.chains.sandbox.model import (
    MOVES,
    NAME,
    Include,
    Keep,
    Lie,
    Output,
    Payment,
    State,
    Transaction,
    is_kept,
)

# Who pays when nobody in particular does: nobody has its key, and it never runs dry.
FAUCET: Final = address_of(hashlib.sha256(b"sluice sandbox faucet").digest()[:20])


async def pay(work: Work, outputs: Sequence[Output], *, sender: str = FAUCET) -> Transaction:
    """Send a transaction to the mempool."""
    [transaction] = await pay_many(work, [Payment(sender, outputs)])
    return transaction


async def pay_many(work: Work, payments: Sequence[Payment]) -> list[Transaction]:
    """Send many transactions to the mempool at once."""
    transactions = [_signed(work, payment) for payment in payments]
    await store.add_transactions(
        work.connection, transactions, [payment.outputs for payment in payments]
    )
    work.tell(NAME)
    return transactions


async def replace(work: Work, tx_id: str, outputs: Sequence[Output]) -> Transaction:
    """Send a transaction that spends what this one spends; only one of them can be included."""
    await store.lock_chain(work.connection)
    [old] = await get_transactions(work.connection, [tx_id])
    rivals = await store.find_rivals(work.connection, old.spends)
    if any(rival.state is State.INCLUDED for rival in rivals):
        raise IllegalMove(
            "A block has this payment already; fork it away first.", code="transaction_included"
        )
    payment = Payment(old.sender, outputs)
    new = changed(_signed(work, payment), spends=old.spends, replaces=tx_id)
    lost = {
        rival.tx_id: MOVES.check(rival.state, State.REPLACED)
        for rival in rivals
        if rival.state is not State.REPLACED
    }
    await store.save_states(work.connection, lost)
    await store.add_transactions(work.connection, [new], [outputs])
    work.tell(NAME)
    return new


async def drop(work: Work, tx_id: str) -> None:
    """Let the network forget a transaction that waits."""
    await store.lock_chain(work.connection)
    [transaction] = await get_transactions(work.connection, [tx_id])
    if transaction.state is not State.MEMPOOL:
        raise IllegalMove(
            f"This transaction is {transaction.state}; only one that waits can be dropped.",
            code="transaction_not_waiting",
        )
    await store.save_states(work.connection, {tx_id: MOVES.check(transaction.state, State.DROPPED)})
    work.tell(NAME)


async def mine(
    work: Work,
    count: int = 1,
    *,
    include: Include | Sequence[str] = Include.ALL,
    on: str | None = None,
) -> list[Header]:
    """Add blocks on the best branch, or on the block with the hash `on`.

    The first one takes the transactions; named ones may also be dropped or replaced: some miner
    still had them. The longest branch is the best, and of equals the one seen first.
    """
    await store.lock_chain(work.connection)
    tip = await store.get_tip(work.connection)
    parent = tip if on is None else await store.get_block(work.connection, on)
    waiting = await store.find_mempool(work.connection) if include is Include.ALL else []
    content = await choose(work.connection, parent, include, waiting=waiting)
    headers = await append(work, parent, count, content=content)
    if headers[-1].height > tip.height:
        await adopt(work, headers[-1], keep=True)
    return headers


async def fork(
    work: Work,
    depth: int,
    *,
    keep: Keep = True,
    include: Include | Sequence[str] = Include.NONE,
    switch: bool = False,
) -> list[Header]:
    """Replace the newest `depth` blocks by one more than that, or by as many with `switch`.

    What was in them goes back to the mempool if kept and vanishes otherwise; `include` says what
    the first new block takes.
    """
    await store.lock_chain(work.connection)
    tip = await store.get_tip(work.connection)
    if not 1 <= depth <= tip.height:
        raise Invalid(f"depth must be from 1 to {tip.height}", param="depth")
    parent, *left = await store.find_headers(work.connection, tip.height - depth, tip.height)
    content = await store.find_content(work.connection, [header.hash for header in left])
    waiting = [transaction for transaction in content if is_kept(transaction.tx_id, keep=keep)]
    waiting += await store.find_mempool(work.connection)
    chosen = await choose(work.connection, parent, include, waiting=waiting)
    headers = await append(work, parent, depth if switch else depth + 1, content=chosen)
    await adopt(work, headers[-1], keep=keep)
    return headers


async def switch_to(work: Work, block_hash: str, *, keep: Keep = True) -> Header:
    """Prefer another branch that is as long as the best one."""
    await store.lock_chain(work.connection)
    tip = await store.get_tip(work.connection)
    block = await store.get_block(work.connection, block_hash)
    if block.height != tip.height:
        raise IllegalMove(
            f"That branch ends at {block.height} and the best at {tip.height}; mine on it instead.",
            code="branch_too_short",
        )
    await adopt(work, block, keep=keep)
    return block


async def finalize(work: Work, height: int | None = None) -> int:
    """Declare the best branch final up to this height, or up to its tip: no fork reaches below."""
    chain = await store.lock_chain(work.connection)
    tip = await store.get_tip(work.connection)
    height = tip.height if height is None else height
    if not chain.finalized_height <= height <= tip.height:
        raise Invalid(
            f"height must be from {chain.finalized_height} to {tip.height}", param="height"
        )
    await store.save_chain(work.connection, changed(chain, finalized_height=height))
    work.tell(NAME)
    return height


async def stall(work: Work) -> None:
    """Let no block appear by itself any more."""
    chain = await store.lock_chain(work.connection)
    await store.save_chain(work.connection, changed(chain, stalled=True))


async def resume(work: Work) -> None:
    """Let blocks appear by themselves again."""
    chain = await store.lock_chain(work.connection)
    await store.save_chain(work.connection, changed(chain, stalled=False))


async def tick(work: Work, *, idle_s: float) -> Header | None:
    """Mine a block when something waits or the newest one is `idle_s` old, unless stalled."""
    chain = await store.lock_chain(work.connection)
    if chain.stalled:
        return None
    tip = await store.get_tip(work.connection)
    is_idle = work.now - tip.time >= dt.timedelta(seconds=idle_s)
    if not is_idle and not await store.has_waiting(work.connection):
        return None
    [header] = await mine(work)
    return header


async def lie(work: Work, provider: str, told: Lie, *, uses: int | None = None) -> None:
    """Let this provider depart from the truth in so many answers, or in all from now on."""
    if uses is not None and uses < 1:
        raise Invalid("uses must be at least 1", param="uses")
    if told.tip is not None:
        await store.get_block(work.connection, told.tip)
    await lie_store.add(work.connection, provider, told, uses)


async def stop_lying(work: Work, provider: str | None = None) -> None:
    """Let this provider, or every one, tell the truth again."""
    await lie_store.remove(work.connection, provider)


def _signed(work: Work, payment: Payment) -> Transaction:
    tx_id = work.random_bytes(32).hex()
    return Transaction(tx_id, payment.sender, spends=tx_id, replaces=None, state=State.MEMPOOL)
