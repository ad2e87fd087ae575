"""Rows of transactions that accounts of the sandbox number themselves."""

from typing import Final

from sluice.base.database import Connection
from sluice.engine.chains.sandbox.model import State, Transaction

_OF_NONCE: Final = """
SELECT tx_id, sender, spends, replaces, state, nonce, fee FROM sandbox_transactions
WHERE sender = $1 AND nonce = $2 ORDER BY seq"""
_NEXT: Final = """
SELECT coalesce(max(nonce) FILTER (WHERE state = 'included'), -1) + 1 AS next_mined,
  coalesce(max(nonce) FILTER (WHERE state IN ('included', 'mempool')), -1) + 1 AS next_pending
FROM sandbox_transactions WHERE sender = $1 AND nonce IS NOT NULL"""


async def find_numbered(connection: Connection, sender: str, nonce: int) -> list[Transaction]:
    """Return every transaction of an account with this number, oldest first."""
    rows = await connection.fetch(_OF_NONCE, sender, nonce)
    return [Transaction(**dict(row) | {"state": State(row["state"])}) for row in rows]


async def next_numbers(connection: Connection, sender: str) -> tuple[int, int]:
    """Return the first number no block used, and the first that nothing that waits used either."""
    [row] = await connection.fetch(_NEXT, sender)
    return row["next_mined"], row["next_pending"]
