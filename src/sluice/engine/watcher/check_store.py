"""Rows of what is looked at again: networks' contracts, doubted transfers, deposit addresses."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sluice.base.work import Work
from sluice.engine.chains.chain import Claim, Finding
from sluice.engine.chains.model import Transfer

_CHECKS: Final = "SELECT subject, is_right, detail, checked_at FROM chain_checks WHERE network = $1"
_IS_RIGHT: Final = "SELECT is_right FROM chain_checks WHERE network = $1 AND subject = $2"
_WRONG: Final = "SELECT subject FROM chain_checks WHERE network = $1 AND NOT is_right"
_SAVE_CHECK: Final = """
INSERT INTO chain_checks (network, subject, is_right, detail, checked_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (network, subject) DO UPDATE
  SET is_right = excluded.is_right, detail = excluded.detail, checked_at = excluded.checked_at"""
_ADD_DEPOSIT: Final = """
INSERT INTO deposit_addresses (merchant_id, livemode, network, address, destination, reference, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)"""
# Those deep enough to count but for the doubt; a height above a stalled word stays where it is.
_DOUBTED: Final = """
SELECT t.tx_id, t.index, t.asset, t.sender, t.recipient, t.units, t.memo, t.block_hash
FROM transfers t JOIN chains c ON c.network = t.network
WHERE t.network = $1 AND t.is_doubted AND t.state = 'included' AND c.halted_reason IS NULL
  AND (CASE WHEN t.depth_wanted = 0 THEN t.height <= c.finalized_height
    WHEN t.depth_wanted < 1000000 THEN t.height <= c.height - t.depth_wanted + 1
    ELSE t.height <= (c.anchored ->> (t.depth_wanted - 1000000)::text)::bigint END
    OR t.height <= c.height - t.depth_stalled + 1)
ORDER BY t.height LIMIT $2 -- every merchant"""
_TRUST: Final = """
UPDATE transfers AS t SET is_doubted = false
FROM unnest($2::text[], $3::int[], $4::text[]) AS k (tx_id, index, block_hash)
WHERE t.network = $1 AND t.tx_id = k.tx_id AND t.index = k.index AND t.block_hash = k.block_hash -- every merchant"""
_FORGET_BLOCKS: Final = """
DELETE FROM blocks b USING (
  SELECT o.network, o.hash FROM blocks o JOIN chains c ON c.network = o.network
  WHERE o.height < c.height - greatest(c.reorg_max * 4, $1) AND NOT EXISTS (
    SELECT FROM transfers t WHERE t.network = o.network AND t.block_hash = o.hash)
  LIMIT $2) old
WHERE b.network = old.network AND b.hash = old.hash -- every merchant"""
_DEPOSITS: Final = """
SELECT network, address, destination, reference, created_at, held_since FROM deposit_addresses
WHERE merchant_id = $1 AND livemode = $2 AND (network, address) > ($3, $4)
ORDER BY network, address LIMIT $5"""


@dataclass(frozen=True, slots=True)
class Checked:
    """A finding, and when somebody last looked."""

    finding: Finding
    checked_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Deposit:
    """An address that was shown to a payer, and the one destination it can pay."""

    network: str
    address: str
    destination: str
    reference: str
    created_at: dt.datetime
    held_since: dt.datetime | None = None


async def checks(work: Work, network: str) -> list[Checked]:
    """Return what was found of a network."""
    return [
        Checked(Finding(row["subject"], row["is_right"], row["detail"]), row["checked_at"])
        for row in await work.rows(_CHECKS, network)
    ]


async def is_right(work: Work, network: str, subject: str) -> bool:
    """Say whether something was looked at and found right."""
    return await work.value(_IS_RIGHT, network, subject) is True


async def wrong(work: Work, network: str) -> frozenset[str]:
    """Return what was found wrong on a network."""
    return frozenset(row["subject"] for row in await work.rows(_WRONG, network))


async def save_check(work: Work, network: str, finding: Finding) -> None:
    """Write down what was found."""
    await work.execute(
        _SAVE_CHECK, network, finding.subject, finding.is_right, finding.detail, work.now
    )


def add_deposit(work: Work, deposit: Deposit) -> None:
    """Write down an address; another's of the same name is refused by the database."""
    work.insert(
        _ADD_DEPOSIT,
        *work.owner,
        deposit.network,
        deposit.address,
        deposit.destination,
        deposit.reference,
        deposit.created_at,
    )


async def deposits(work: Work, after: tuple[str, str], limit: int) -> Sequence[Deposit]:
    """Return a page of the merchant's deposit addresses, by network and address."""
    return [Deposit(**row) for row in await work.rows(_DEPOSITS, *work.owner, *after, limit)]


async def doubted(work: Work, network: str, limit: int) -> list[Claim]:
    """Return transfers that would count if they were not doubted, the oldest first."""
    return [
        Claim(
            Transfer(
                tx_id=row["tx_id"],
                index=row["index"],
                asset=row["asset"],
                sender=row["sender"],
                recipient=row["recipient"],
                units=row["units"],
                memo=row["memo"],
            ),
            row["block_hash"],
        )
        for row in await work.rows(_DOUBTED, network, limit)
    ]


async def trust(work: Work, network: str, claims: Sequence[Claim]) -> None:
    """Doubt these no more, as long as they are where they were read."""
    await work.execute(
        _TRUST,
        network,
        [claim.transfer.tx_id for claim in claims],
        [claim.transfer.index for claim in claims],
        [claim.block_hash for claim in claims],
    )


async def forget_blocks(work: Work, kept: int, limit: int) -> int:
    """Delete headers far below any fork that no transfer lies in; return how many."""
    return await work.execute(_FORGET_BLOCKS, kept, limit)
