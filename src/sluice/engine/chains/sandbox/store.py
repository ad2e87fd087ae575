"""Rows of the sandbox: blocks of every branch, and transactions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sluice.base.database import Connection, Row
from sluice.base.errors import NotFound
from sluice.engine.chains.model import Header, Transfer
from sluice.engine.chains.sandbox.model import (
    GENESIS_PARENT,
    ChainState,
    Output,
    State,
    Transaction,
)

# What a real node would send of its mempool in one answer.
WAITING_MAX: Final = 10_000

_CHAIN: Final = "SELECT network, stalled, finalized_height FROM sandbox_chain"
# From tip $1 down to its ancestors.
_WALK: Final = """WITH RECURSIVE walk AS (
  SELECT b.* FROM sandbox_blocks b WHERE b.hash = $1
  UNION ALL
  SELECT b.* FROM walk c JOIN sandbox_blocks b ON b.hash = c.parent WHERE {0})"""
# OFFSET 0 keeps the planner from joining whole tables: a few rows are looked up by their keys.
_TRANSFER: Final = """LATERAL (
  SELECT o.tx_id, o.index, o.asset, t.sender, o.recipient, o.units, o.memo
  FROM sandbox_transactions t JOIN sandbox_outputs o USING (tx_id)
  WHERE t.tx_id = {0}.tx_id OFFSET 0) o"""


async def lock_chain(connection: Connection) -> ChainState:
    """Hold the chain until the transaction ends: one change of branch at a time."""
    [row] = await connection.fetch(_CHAIN + " FOR UPDATE")
    return ChainState(*row)


async def get_chain(connection: Connection) -> ChainState:
    """Return what the levers last set."""
    [row] = await connection.fetch(_CHAIN)
    return ChainState(*row)


async def save_chain(connection: Connection, state: ChainState) -> None:
    """Write what a lever set."""
    await connection.execute(
        "UPDATE sandbox_chain SET stalled = $1, finalized_height = $2",
        state.stalled,
        state.finalized_height,
    )


async def get_tip(connection: Connection) -> Header:
    """Return the newest block of the best branch."""
    best = "SELECT * FROM sandbox_blocks WHERE canonical ORDER BY height DESC LIMIT 1"
    [row] = await connection.fetch(best)
    return _header(row)


async def get_block(connection: Connection, block_hash: str) -> Header:
    """Return the block with this hash, on whatever branch."""
    row = await connection.fetchrow("SELECT * FROM sandbox_blocks WHERE hash = $1", block_hash)
    if row is None:
        raise NotFound(f"No such block: {block_hash}", param="block")
    return _header(row)


async def find_headers(connection: Connection, first: int, last: int) -> list[Header]:
    """Return the blocks of the best branch between two heights, both included."""
    rows = await connection.fetch(
        "SELECT * FROM sandbox_blocks WHERE canonical AND height BETWEEN $1 AND $2 ORDER BY height",
        first,
        last,
    )
    return [_header(row) for row in rows]


async def find_branch(connection: Connection, tip: str, first: int, last: int) -> list[Header]:
    """Return the blocks between two heights of the branch that ends in this tip."""
    walk = _WALK.format("c.height > $2")
    rows = await connection.fetch(
        f"{walk} SELECT * FROM walk WHERE height BETWEEN $2 AND $3 ORDER BY height",
        tip,
        first,
        last,
    )
    return [_header(row) for row in rows]


async def find_side(connection: Connection, tip: str) -> list[Header]:
    """Return the blocks from this tip down to the first of the best branch, which comes first."""
    walk = _WALK.format("NOT c.canonical")
    rows = await connection.fetch(f"{walk} SELECT * FROM walk ORDER BY height", tip)
    return [_header(row) for row in rows]


async def add_blocks(
    connection: Connection, headers: Sequence[Header], contents: Sequence[Sequence[str]]
) -> None:
    """Add blocks beside the best branch, each with the ids of its transactions."""
    await connection.execute(
        """INSERT INTO sandbox_blocks (hash, height, parent, time, canonical)
           SELECT hash, height, parent, time, false
           FROM unnest($1::text[], $2::bigint[], $3::text[], $4::timestamptz[])
             AS n (hash, height, parent, time) ORDER BY height""",
        *_columns([(new.hash, new.height, new.parent, new.time) for new in headers], 4),
    )
    inside = [
        (header.hash, n, tx_id)
        for header, tx_ids in zip(headers, contents, strict=True)
        for n, tx_id in enumerate(tx_ids)
    ]
    await connection.execute(
        """INSERT INTO sandbox_block_transactions (block_hash, n, tx_id)
           SELECT * FROM unnest($1::text[], $2::int[], $3::text[])""",
        *_columns(inside, 3),
    )


async def save_branch(
    connection: Connection, leaving: Sequence[str], entering: Sequence[str]
) -> None:
    """Take blocks off the best branch and put others on it."""
    update = "UPDATE sandbox_blocks SET canonical = $2 WHERE hash = ANY($1)"
    await connection.executemany(update, [(leaving, False), (entering, True)])


async def add_transactions(
    connection: Connection,
    transactions: Sequence[Transaction],
    outputs: Sequence[Sequence[Output]],
) -> None:
    """Add new transactions, oldest first, each with its outputs."""
    await connection.execute(
        """INSERT INTO sandbox_transactions (tx_id, sender, spends, replaces, state, nonce, fee)
           SELECT tx_id, sender, spends, replaces, state, nonce, fee
           FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[])
             WITH ORDINALITY AS n (tx_id, sender, spends, replaces, state, nonce, fee, place) ORDER BY place""",
        *_columns([_values(transaction) for transaction in transactions], 7),
    )
    rows = [
        (transaction.tx_id, index, out.asset, out.recipient, out.units, out.memo)
        for transaction, outs in zip(transactions, outputs, strict=True)
        for index, out in enumerate(outs)
    ]
    await connection.execute(
        """INSERT INTO sandbox_outputs (tx_id, index, asset, recipient, units, memo)
           SELECT * FROM unnest(
             $1::text[], $2::int[], $3::text[], $4::text[], $5::numeric[], $6::text[])""",
        *_columns(rows, 6),
    )


async def save_states(connection: Connection, states: Mapping[str, State]) -> None:
    """Move transactions; what stops living goes first, for only one of a kind may live."""
    for state in (State.DROPPED, State.REPLACED, State.MEMPOOL, State.INCLUDED):
        moved = [tx_id for tx_id, to in states.items() if to is state]
        if moved:
            await connection.execute(
                "UPDATE sandbox_transactions SET state = $2 WHERE tx_id = ANY($1)", moved, state
            )


async def find_transactions(connection: Connection, tx_ids: Sequence[str]) -> list[Transaction]:
    """Return the known ones among these, oldest first."""
    query = "SELECT * FROM sandbox_transactions WHERE tx_id = ANY($1) ORDER BY seq"
    return await _transactions(connection, query, tx_ids)


async def find_mempool(connection: Connection) -> list[Transaction]:
    """Return the oldest transactions that wait."""
    query = "SELECT * FROM sandbox_transactions WHERE state = 'mempool' ORDER BY seq LIMIT $1"
    return await _transactions(connection, query, WAITING_MAX)


async def has_waiting(connection: Connection) -> bool:
    """Say whether any transaction waits."""
    query = "SELECT EXISTS (SELECT FROM sandbox_transactions WHERE state = 'mempool')"
    return bool(await connection.fetchval(query))


async def find_rivals(connection: Connection, spends: str) -> list[Transaction]:
    """Return every transaction that spends the same, oldest first."""
    query = "SELECT * FROM sandbox_transactions WHERE spends = $1 ORDER BY seq"
    return await _transactions(connection, query, spends)


async def find_living(connection: Connection, spends: Sequence[str]) -> list[Transaction]:
    """Return the transactions that wait or are included and spend one of these."""
    query = """SELECT t.* FROM unnest($1::text[]) AS w (spends), LATERAL (
                 SELECT * FROM sandbox_transactions t
                 WHERE t.spends = w.spends AND t.state IN ('mempool', 'included') OFFSET 0) t
               ORDER BY t.seq"""
    return await _transactions(connection, query, spends)


async def find_content(connection: Connection, hashes: Sequence[str]) -> list[Transaction]:
    """Return the transactions of these blocks of one branch, oldest first."""
    query = """SELECT t.* FROM sandbox_block_transactions i, LATERAL (
                 SELECT * FROM sandbox_transactions t WHERE t.tx_id = i.tx_id OFFSET 0) t
               WHERE i.block_hash = ANY($1) ORDER BY t.seq"""
    return await _transactions(connection, query, hashes)


async def find_heights(connection: Connection, tx_ids: Sequence[str]) -> dict[str, int]:
    """Return at which height of the best branch each of these is, if it is there."""
    rows = await connection.fetch(
        """SELECT i.tx_id, b.height FROM unnest($1::text[]) AS w (tx_id)
           JOIN sandbox_block_transactions i USING (tx_id), LATERAL (
             SELECT height FROM sandbox_blocks b WHERE b.hash = i.block_hash AND b.canonical
             OFFSET 0) b""",
        tx_ids,
    )
    return {row["tx_id"]: row["height"] for row in rows}


async def find_transfers(
    connection: Connection, hashes: Sequence[str]
) -> dict[str, list[Transfer]]:
    """Return the transfers of each of these blocks, in their order."""
    rows = await connection.fetch(
        f"""SELECT i.block_hash, o.* FROM sandbox_block_transactions i, {_TRANSFER.format("i")}
            WHERE i.block_hash = ANY($1) ORDER BY i.block_hash, i.n, o.index""",
        hashes,
    )
    found: dict[str, list[Transfer]] = {block_hash: [] for block_hash in hashes}
    for row in rows:
        found[row[0]].append(Transfer(*row[1:]))
    return found


async def find_pending(connection: Connection) -> list[Transfer]:
    """Return the transfers of the oldest transactions that wait."""
    rows = await connection.fetch(
        f"""SELECT o.* FROM sandbox_transactions w, {_TRANSFER.format("w")}
            WHERE w.state = 'mempool' ORDER BY w.seq, o.index LIMIT {WAITING_MAX}"""
    )
    return [Transfer(*row) for row in rows]


async def _transactions(
    connection: Connection, query: str, argument: str | Sequence[str] | int
) -> list[Transaction]:
    return [
        Transaction(
            tx_id=row["tx_id"],
            sender=row["sender"],
            spends=row["spends"],
            replaces=row["replaces"],
            state=State(row["state"]),
            nonce=row["nonce"],
            fee=row["fee"],
        )
        for row in await connection.fetch(query, argument)
    ]


def _values(tx: Transaction) -> tuple[object, ...]:
    return tx.tx_id, tx.sender, tx.spends, tx.replaces, tx.state, tx.nonce, tx.fee


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> Iterable[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * width


def _header(row: Row) -> Header:
    return Header(row["height"], row["hash"], row["parent"] or GENESIS_PARENT, row["time"])
