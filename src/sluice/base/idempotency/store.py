"""Rows of answers kept under idempotency keys."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from sluice.base.work import Work

_ADD: Final = """
INSERT INTO idempotency_keys (merchant_id, livemode, key, request_hash, request_id, path, status_code,
  response, object_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"""
_GET: Final = """
SELECT request_hash, request_id, status_code, response FROM idempotency_keys
WHERE merchant_id = $1 AND livemode = $2 AND key = $3"""
# -- every merchant
_FORGET: Final = """
DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM idempotency_keys WHERE created_at < $1 ORDER BY created_at LIMIT $2))"""

UNIQUE_KEY: Final = "idempotency_keys_pkey"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the first request with a key was told."""

    request_hash: bytes
    request_id: str
    status_code: int
    response: bytes


def add(work: Work, key: str, answer: Answer, path: str, object_id: str | None) -> None:
    """Keep an answer in the transaction of its effect; the same key twice breaks the second commit."""
    work.insert(
        _ADD, *work.owner, key, answer.request_hash, answer.request_id, path, answer.status_code,
        answer.response, object_id, work.now,
    )  # fmt: skip


async def get(work: Work, key: str) -> Answer | None:
    """Return the answer kept under a key, if any."""
    row = await work.row(_GET, *work.owner, key)
    return None if row is None else Answer(*row.values())


async def forget(work: Work, before: dt.datetime, limit: int) -> int:
    """Delete answers older than an instant."""
    return await work.execute(_FORGET, before, limit)
