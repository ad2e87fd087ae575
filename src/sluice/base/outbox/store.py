"""Rows of facts and of reactions still to run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from sluice.base.database import Connection
from sluice.base.facts import Fact
from sluice.base.outbox.model import Routes

# Two linked statements; Work splices them into its one round trip.
ADD_FACTS: Final = """
INSERT INTO facts (merchant_id, livemode, name, body, at)
SELECT merchant_id, livemode, name, body, $5
FROM unnest($1::text[], $2::boolean[], $3::text[], $4::bytea[])
  WITH ORDINALITY AS f (merchant_id, livemode, name, body, n) ORDER BY n
RETURNING id, name"""
ADD_REACTIONS: Final = """
INSERT INTO reactions (fact_id, reaction)
SELECT f.id, r.reaction FROM facts_added f
JOIN unnest($1::text[], $2::text[]) AS r (name, reaction) ON r.name = f.name"""

# -- every merchant
_CLAIM: Final = """
SELECT r.fact_id, r.attempts, f.name, f.body FROM reactions r JOIN facts f ON f.id = r.fact_id
WHERE r.reaction = $1 AND r.next_at <= now() ORDER BY r.fact_id LIMIT $2
FOR UPDATE OF r SKIP LOCKED"""
_DONE: Final = "DELETE FROM reactions WHERE reaction = $1 AND fact_id = ANY($2::bigint[])"
_FAILED: Final = """
UPDATE reactions SET attempts = attempts + 1, last_error = $3,
  next_at = now() + make_interval(secs => $4)
WHERE reaction = $1 AND fact_id = $2 AND attempts = $5"""
_WAITING: Final = """
SELECT reaction, count(*) AS waiting, max(attempts) AS attempts, min(f.at) AS oldest
FROM reactions r JOIN facts f ON f.id = r.fact_id
GROUP BY reaction ORDER BY reaction -- every merchant"""
# -- every merchant
_FORGET: Final = """
DELETE FROM facts WHERE id IN (
  SELECT id FROM facts f WHERE at < $1 AND NOT EXISTS (SELECT FROM reactions r WHERE r.fact_id = f.id)
  ORDER BY id LIMIT $2)"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A fact waiting for one reaction, locked until the transaction ends."""

    fact_id: int
    attempts: int
    name: str
    body: bytes


def fact_columns(facts: Sequence[Fact]) -> tuple[list[object], ...]:
    """Return facts as the columns that ADD_FACTS takes."""
    return (
        [fact.merchant_id for fact in facts],
        [fact.livemode for fact in facts],
        [type(fact).__name__ for fact in facts],
        [msgspec.json.encode(fact) for fact in facts],
    )


def reaction_columns(facts: Sequence[Fact], routes: Routes) -> tuple[list[str], list[str]]:
    """Return the (fact name, reaction) pairs that ADD_REACTIONS takes."""
    pairs = sorted(
        {(type(fact).__name__, woken) for fact in facts for woken in routes.woken_by(fact)}
    )
    return [name for name, _ in pairs], [reaction for _, reaction in pairs]


async def claim(connection: Connection, reaction: str, limit: int) -> list[Claimed]:
    """Lock the oldest waiting facts of a reaction; those another worker holds are passed over."""
    rows = await connection.fetch(_CLAIM, reaction, limit)
    return [Claimed(row["fact_id"], row["attempts"], row["name"], row["body"]) for row in rows]


async def done(connection: Connection, reaction: str, fact_ids: Sequence[int]) -> None:
    """Strike off reactions, in the transaction of their effect."""
    await connection.execute(_DONE, reaction, fact_ids)


async def failed(
    connection: Connection, reaction: str, claimed: Claimed, error: str, wait_s: float
) -> None:
    """Note that a reaction failed and when to try again."""
    await connection.execute(_FAILED, reaction, claimed.fact_id, error, wait_s, claimed.attempts)


async def waiting(connection: Connection) -> list[dict[str, Any]]:
    """Return each reaction with work left: how many, the most attempts, the oldest fact's time."""
    return [dict(row) for row in await connection.fetch(_WAITING)]


async def forget(connection: Connection, before: object, limit: int) -> None:
    """Delete old facts that no reaction waits for."""
    await connection.execute(_FORGET, before, limit)
