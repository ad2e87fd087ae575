"""Rows of payers' words that were taken."""

import datetime as dt
from typing import Final

from sluice.base.database import Row
from sluice.base.work import Work
from sluice.business.payments.paywalls.model import Taken

_COLUMNS: Final = """merchant_id, livemode, id, network, token, payer, nonce, identifier, request, question,
  intent_id, until, created_at, answered_at"""
_ADD: Final = f"""
INSERT INTO x402_payments ({_COLUMNS}, next_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, NULL, $14)"""
_MINE: Final = f"SELECT {_COLUMNS} FROM x402_payments WHERE merchant_id = $1 AND livemode = $2"
_BY_WORD: Final = _MINE + " AND network = $3 AND token = $4 AND payer = $5 AND nonce = $6"
_BY_IDENTIFIER: Final = _MINE + " AND identifier = $3"
_ANSWER: Final = """
UPDATE x402_payments SET answered_at = $4, next_at = NULL
WHERE merchant_id = $1 AND livemode = $2 AND id = $3 AND answered_at IS NULL"""
_REST: Final = (
    "UPDATE x402_payments SET next_at = NULL WHERE merchant_id = $1 AND livemode = $2 AND id = $3"
)
# every merchant: the worker hands in whatever is due
_CLAIM: Final = f"""
UPDATE x402_payments SET next_at = $1 + interval '15 seconds'
WHERE (merchant_id, livemode, id) IN (
  SELECT merchant_id, livemode, id FROM x402_payments WHERE next_at <= $1
  ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING {_COLUMNS}"""


async def add(work: Work, taken: Taken, next_at: dt.datetime | None) -> None:
    """Add a word, to be handed in from an instant on if at all.

    A second of the same token, payer and nonce is a UniqueViolation.
    """
    await work.execute(
        _ADD, taken.merchant_id, taken.livemode, taken.id, taken.network, taken.token, taken.payer,
        taken.nonce, taken.identifier, taken.request, taken.question, taken.intent_id, taken.until,
        taken.created_at, next_at,
    )  # fmt: skip


async def find_word(work: Work, network: str, token: str, payer: str, nonce: bytes) -> Taken | None:
    """Return the merchant's word of this payer and nonce."""
    row = await work.row(_BY_WORD, *work.owner, network, token, payer, nonce)
    return None if row is None else _taken(row)


async def find_identifier(work: Work, identifier: str) -> Taken | None:
    """Return the merchant's word with this identifier."""
    row = await work.row(_BY_IDENTIFIER, *work.owner, identifier)
    return None if row is None else _taken(row)


async def answer(work: Work, taken: Taken) -> bool:
    """Note that the payment was said to be done; False when that was said before."""
    return await work.execute(_ANSWER, *work.owner, taken.id, work.now) == 1


async def rest(work: Work, taken: Taken) -> None:
    """Hand it in no more."""
    await work.execute(_REST, taken.merchant_id, taken.livemode, taken.id)


async def claim_due(work: Work, limit: int) -> list[Taken]:
    """Return words to hand in again, each put off for a while."""
    return [_taken(row) for row in await work.rows(_CLAIM, work.now, limit)]


def _taken(row: Row) -> Taken:
    return Taken(
        id=row["id"],
        merchant_id=row["merchant_id"],
        livemode=row["livemode"],
        network=row["network"],
        token=row["token"],
        payer=row["payer"],
        nonce=row["nonce"],
        identifier=row["identifier"],
        request=row["request"],
        question=row["question"],
        intent_id=row["intent_id"],
        until=row["until"],
        created_at=row["created_at"],
        answered_at=row["answered_at"],
    )
