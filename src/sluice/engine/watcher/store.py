"""Rows of cursors, blocks and transfers; all of them serve every merchant at once."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from sluice.base.database import Row
from sluice.base.work import Work
from sluice.engine.chains.model import Header, Style, Transfer
from sluice.engine.watcher.model import Candidate, Cursor, Sighting

_CURSOR: Final = """
SELECT network, height, hash, finalized_height, reorg_max, halted_reason, moved_at FROM chains
WHERE network = $1"""
_CURSORS: Final = """
SELECT network, height, hash, finalized_height, reorg_max, halted_reason, moved_at FROM chains ORDER BY network"""
_BEGIN: Final = """
INSERT INTO chains (network, height, hash, finalized_height, reorg_max, moved_at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING network"""
_MOVE: Final = """
UPDATE chains SET height = $2, hash = $3, finalized_height = coalesce(greatest(finalized_height, $4), $4),
  reorg_max = $5, moved_at = $6 WHERE network = $1"""
_HALT: Final = "UPDATE chains SET halted_reason = $2 WHERE network = $1"
_UNSETTLED: Final = """
SELECT true FROM transfers WHERE network = $1 AND state IN ('mempool', 'included', 'confirmed')
LIMIT 1 -- every merchant"""
_COUNT_ABOVE: Final = """
SELECT count(*) FROM transfers WHERE network = $1 AND height > $2 -- every merchant"""
_ADD_BLOCK: Final = """
INSERT INTO blocks (network, hash, height, parent, time, canonical) VALUES ($1, $2, $3, $4, $5, true)
ON CONFLICT (network, hash) DO UPDATE SET canonical = true"""
_HEADERS: Final = """
SELECT height, hash, parent, time FROM blocks
WHERE network = $1 AND canonical AND height <= $2 ORDER BY height DESC LIMIT $3"""
_UNDO_BLOCKS: Final = (
    "UPDATE blocks SET canonical = false WHERE network = $1 AND canonical AND height > $2"
)
_ORPHAN: Final = """
UPDATE transfers SET state = 'orphaned', block_hash = NULL, height = NULL, block_time = NULL, confirmed_at = NULL
WHERE network = $1 AND height > $2 AND state <> 'orphaned'
RETURNING merchant_id, livemode, network, tx_id, index, reference"""
# One index each: an OR over the styles would read every target of a shared address. What comes from a
# merchant's own address to his shared one is money he had: emptied deposits are no second payment.
_CANDIDATES: Final = """
WITH t AS (SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::numeric[], $6::text[], $7::text[])
  WITH ORDINALITY AS t (address, memo, asset, units, settles, sender, n)), found AS (
SELECT t.n, t.sender, g.id, g.merchant_id, g.livemode, g.style, g.reference FROM t JOIN targets g
  ON g.network = $1 AND g.address = t.address AND g.style = 'address'
UNION ALL
SELECT t.n, t.sender, g.id, g.merchant_id, g.livemode, g.style, g.reference FROM t JOIN targets g
  ON g.network = $1 AND g.address = t.address AND g.style = 'deposit'
UNION ALL
SELECT t.n, t.sender, g.id, g.merchant_id, g.livemode, g.style, g.reference FROM t JOIN targets g
  ON g.network = $1 AND g.address = t.address AND g.memo = t.settles AND g.style = 'contract'
UNION ALL
SELECT t.n, t.sender, g.id, g.merchant_id, g.livemode, g.style, g.reference FROM t JOIN targets g
  ON g.network = $1 AND g.address = t.address AND g.memo = t.memo AND g.style = 'memo'
UNION ALL
SELECT t.n, t.sender, g.id, g.merchant_id, g.livemode, g.style, g.reference FROM t JOIN targets g
  ON g.network = $1 AND g.address = t.address AND g.asset = t.asset AND g.units = t.units
  AND g.style = 'amount' AND g.open
UNION ALL
SELECT t.n, t.sender, g.id, g.merchant_id, g.livemode, g.style, g.reference FROM t JOIN targets g
  ON g.network = $1 AND g.address = t.address AND g.style = 'wallet')
SELECT n, id, merchant_id, livemode, style, reference FROM found WHERE style = 'address' OR NOT EXISTS (
  SELECT FROM targets own WHERE own.network = $1 AND own.address = found.sender AND own.style = 'address'
    AND own.merchant_id = found.merchant_id AND own.livemode = found.livemode)"""
# A transfer seen again takes its place in the block, and what that block says it moved: a contract
# may pay another amount on another branch. Whom it is for was decided the first time.
#
# An address that was ever seen is never leased to another payment, whatever becomes of the transfer.
_SEE: Final = """
WITH news AS (
INSERT INTO transfers AS had (network, tx_id, index, merchant_id, livemode, target_id, reference, asset, sender,
  recipient, units, memo, state, depth_wanted, depth_stalled, is_doubted, block_hash, height, block_time, seen_at)
SELECT $1, n.*, $14, $15, $16, $17 FROM (
  SELECT u.tx_id, u.index, u.merchant_id, u.livemode, u.target_id, u.reference, u.asset, u.sender, u.recipient,
    u.units, u.memo, $13, u.depth_wanted, u.depth_stalled, u.is_doubted
  FROM unnest($2::text[], $3::int[], $4::text[], $5::boolean[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::text[], $11::numeric[], $12::text[], $18::int[], $19::int[], $20::boolean[]) AS u (tx_id, index, merchant_id,
    livemode, target_id, reference, asset, sender, recipient, units, memo, depth_wanted, depth_stalled, is_doubted)
) n
ON CONFLICT (network, tx_id, index) DO UPDATE
  SET state = excluded.state, block_hash = excluded.block_hash, height = excluded.height,
    block_time = excluded.block_time, depth_wanted = excluded.depth_wanted, asset = excluded.asset,
    depth_stalled = excluded.depth_stalled, is_doubted = excluded.is_doubted,
    sender = excluded.sender, recipient = excluded.recipient, units = excluded.units, memo = excluded.memo
  WHERE had.state = 'orphaned' OR (had.state = 'mempool' AND excluded.state = 'included')
RETURNING merchant_id, livemode, network, tx_id, index, reference, recipient),
used AS (
UPDATE receiving_addresses a SET state = 'used' FROM news n
WHERE a.network = n.network AND a.address = n.recipient AND a.state = 'leased')
SELECT merchant_id, livemode, network, tx_id, index, reference FROM news"""
_CONFIRM: Final = """
UPDATE transfers SET state = 'confirmed', confirmed_at = $4
WHERE network = $1 AND state = 'included' AND NOT is_doubted
  AND (CASE WHEN depth_wanted = 0 THEN height <= $3 WHEN depth_wanted < 1000000 THEN height <= $2 - depth_wanted + 1
    ELSE height <= (SELECT (anchored ->> (depth_wanted - 1000000)::text)::bigint FROM chains WHERE network = $1) END
    OR height <= $2 - depth_stalled + 1)
RETURNING merchant_id, livemode, network, tx_id, index, reference"""
# A deposit address holds money for good from now on, until it was looked at and found empty.
_FINALIZE: Final = """
WITH final AS (
UPDATE transfers SET state = 'final'
WHERE network = $1 AND state = 'confirmed' AND height <= $2
RETURNING merchant_id, livemode, network, tx_id, index, reference, recipient),
held AS (
UPDATE deposit_addresses d SET held_since = coalesce(d.held_since, $3) FROM final f
WHERE d.network = f.network AND d.address = f.recipient)
SELECT merchant_id, livemode, network, tx_id, index, reference FROM final"""
_LOSE: Final = """
UPDATE transfers SET state = 'orphaned'
WHERE network = $1 AND state = 'mempool' AND seen_at < $2 AND NOT (tx_id = ANY($3::text[]))
RETURNING merchant_id, livemode, network, tx_id, index, reference"""

_SEEN: Final = """
SELECT merchant_id, livemode, network, tx_id, index, reference, asset, units, sender, state, depth_wanted,
  least(seen_at, block_time) AS paid_at, height, memo FROM transfers"""
_SEEN_BY_REFERENCE: Final = _SEEN + " WHERE reference = ANY($1::text[])"
_SEEN_BY_KEY: Final = (
    _SEEN
    + """
JOIN unnest($1::text[], $2::text[], $3::int[]) AS k (network, tx_id, index) USING (network, tx_id, index)
ORDER BY network, tx_id, index FOR UPDATE OF transfers"""
)


async def cursor(work: Work, network: str, *, lock: bool = False) -> Cursor | None:
    """Return where we stand on a network."""
    row = await work.row(_CURSOR + (" FOR UPDATE" if lock else ""), network)
    return None if row is None else Cursor(*row.values())


async def cursors(work: Work) -> list[Cursor]:
    """Return where we stand on every network."""
    return [Cursor(*row.values()) for row in await work.rows(_CURSORS)]


async def begin(
    work: Work, network: str, header: Header, finalized: int | None, reorg_max: int
) -> None:
    """Start following a network on top of a block, unless somebody else was quicker."""
    begun = await work.value(
        _BEGIN, network, header.height, header.hash, finalized, reorg_max, work.now
    )
    if begun is not None:
        await add_block(work, network, header)


async def move(
    work: Work, network: str, header: Header, finalized: int | None, reorg_max: int
) -> None:
    """Set the cursor on a block."""
    await work.execute(_MOVE, network, header.height, header.hash, finalized, reorg_max, work.now)


async def halt(work: Work, network: str, reason: str | None) -> None:
    """Stop a network, or with None let it go on."""
    await work.execute(_HALT, network, reason)


async def has_unsettled(work: Work, network: str) -> bool:
    """Say whether some transfer is seen and not final."""
    return await work.value(_UNSETTLED, network) is True


async def count_above(work: Work, network: str, height: int) -> int:
    """Return how many transfers lie in blocks above a height."""
    return int(await work.value(_COUNT_ABOVE, network, height))


async def add_block(work: Work, network: str, header: Header) -> None:
    """Write a block on the best branch."""
    await work.execute(_ADD_BLOCK, network, header.hash, header.height, header.parent, header.time)


async def headers(work: Work, network: str, top: int, limit: int) -> list[Header]:
    """Return our best branch from `top` down, newest first."""
    return [
        Header(row["height"], row["hash"], row["parent"], row["time"])
        for row in await work.rows(_HEADERS, network, top, limit)
    ]


async def undo_above(work: Work, network: str, keep: int) -> list[Row]:
    """Take blocks above a height off the best branch; return the transfers that lost their place."""
    await work.execute(_UNDO_BLOCKS, network, keep)
    return await work.rows(_ORPHAN, network, keep)


async def candidates(work: Work, network: str, transfers: Sequence[Transfer]) -> list[Candidate]:
    """Return the targets that transfers may be for."""
    rows = await work.rows(
        _CANDIDATES,
        network,
        [transfer.recipient for transfer in transfers],
        [transfer.memo for transfer in transfers],
        [transfer.asset for transfer in transfers],
        [transfer.units for transfer in transfers],
        [transfer.settles for transfer in transfers],
        [transfer.sender for transfer in transfers],
    )
    told = (row.values() for row in rows)
    return [
        Candidate(n - 1, target_id, merchant_id, livemode, Style(style), reference)
        for n, target_id, merchant_id, livemode, style, reference in told
    ]


async def see(
    work: Work, network: str, sightings: Sequence[Sighting], header: Header | None
) -> list[Row]:
    """Write transfers into a block, or with None into the mempool; return those that are news."""
    transfers = [sighting.transfer for sighting in sightings]
    targets = [sighting.target for sighting in sightings]
    return await work.rows(
        _SEE,
        network,
        [transfer.tx_id for transfer in transfers],
        [transfer.index for transfer in transfers],
        [target.merchant_id for target in targets],
        [target.livemode for target in targets],
        [target.target_id for target in targets],
        [target.reference for target in targets],
        [transfer.asset for transfer in transfers],
        [transfer.sender for transfer in transfers],
        [transfer.recipient for transfer in transfers],
        [transfer.units for transfer in transfers],
        [transfer.memo for transfer in transfers],
        "mempool" if header is None else "included",
        header and header.hash,
        header and header.height,
        header and header.time,
        work.now,
        [sighting.depth_wanted for sighting in sightings],
        [sighting.depth_stalled for sighting in sightings],
        [sighting.is_doubted for sighting in sightings],
    )


async def confirm(work: Work, network: str, height: int, finalized: int | None) -> list[Row]:
    """Confirm every transfer that is deep enough under this tip."""
    return await work.rows(_CONFIRM, network, height, finalized, work.now)


async def finalize(work: Work, network: str, up_to: int) -> list[Row]:
    """Call final every confirmed transfer at or below a height."""
    return await work.rows(_FINALIZE, network, up_to, work.now)


async def lose(
    work: Work, network: str, seen_before: dt.datetime, still_pending: Sequence[str]
) -> list[Row]:
    """Give up mempool transfers that were seen long ago and are pending no more."""
    return await work.rows(_LOSE, network, seen_before, list(still_pending))


async def transfers_by_reference(work: Work, references: Sequence[str]) -> list[Row]:
    """Return transfers waited for under some references."""
    return await work.rows(_SEEN_BY_REFERENCE, list(references))


async def transfers_by_key(work: Work, keys: Sequence[tuple[str, str, int]]) -> list[Row]:
    """Return and lock transfers by key."""
    return await work.rows(_SEEN_BY_KEY, *(list(column) for column in zip(*keys, strict=True)))
