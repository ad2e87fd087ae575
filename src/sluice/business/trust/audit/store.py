"""Rows of the diary. The database makes each hash, so that a query can make it again."""

from collections.abc import Mapping
from typing import Any, Final

from sluice.base.work import Work

_APPEND: Final = """
WITH head AS (SELECT seq + 1 AS seq, hash FROM audit_head FOR UPDATE),
line AS (
  SELECT h.seq, h.hash AS prev, sha256(h.hash || convert_to(
    h.seq::text || '|' || coalesce($2, '') || '|' || $3 || '|' || $4 || '|' || $5 || '|' || $6::jsonb::text, 'UTF8')) AS hash
  FROM head h),
moved AS (UPDATE audit_head SET seq = line.seq, hash = line.hash FROM line)
INSERT INTO audit_log (seq, at, merchant_id, actor, action, object_id, detail, prev, hash)
SELECT seq, $1, $2, $3, $4, $5, $6::jsonb, prev, hash FROM line
-- every merchant: there is one diary"""


async def append(work: Work, action: str, object_id: str, detail: Mapping[str, Any]) -> None:
    """Write the next line: what the Work's actor did."""
    actor = work.actor
    who = actor.key_id or "operator"
    await work.execute(_APPEND, work.now, actor.merchant_id, who, action, object_id, detail)
