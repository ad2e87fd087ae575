"""Rows of coins that orders to send were given: each once, ever."""

from collections.abc import Sequence
from typing import Final

import msgspec

from sluice.base.work import Work
from sluice.engine.chains.writer import Coin, Slot

# A coin that an order was given is gone, also while some source still shows it.
_TAKEN: Final = """
SELECT DISTINCT s.slot FROM spent_coins c JOIN sends s ON s.id = c.send_id
WHERE c.wallet_id = $1 AND c.tx_id = ANY($2) -- every merchant"""
# Orders that coins were given to and that may still be out; whether a later order has what they bring back.
_RETURNING: Final = """
SELECT s.units, s.slot, a.cost, a.tx_ids, EXISTS (
    SELECT FROM spent_coins c WHERE c.wallet_id = s.wallet_id AND c.tx_id = ANY(a.tx_ids)) AS is_used
FROM sends s, LATERAL (
  SELECT max(cost_max) AS cost, coalesce(array_agg(tx_id) FILTER (WHERE tx_id IS NOT NULL), '{}') AS tx_ids
  FROM send_attempts WHERE send_id = s.id) a
WHERE s.wallet_id = $1 AND s.state = 'open' AND s.slot ->> 'nonce' IS NULL -- every merchant"""


async def taken(work: Work, wallet_id: str, coins: Sequence[Coin]) -> list[Slot]:
    """Return the slots that hold coins of the transactions of these."""
    if not coins:
        return []
    rows = await work.rows(_TAKEN, wallet_id, sorted({coin.tx_id for coin in coins}))
    return [msgspec.convert(row["slot"], type=Slot) for row in rows]


async def returning(work: Work, wallet_id: str, coins: Sequence[Coin]) -> int:
    """Return the units that open sends bring back to the wallet by none of these coins yet."""
    shown = {coin.tx_id for coin in coins}
    units = 0
    for row in await work.rows(_RETURNING, wallet_id):
        if not row["is_used"] and shown.isdisjoint(row["tx_ids"]):
            slot = msgspec.convert(row["slot"], type=Slot)
            left = sum(coin.units for coin in slot.coins) - int(row["units"]) - int(row["cost"])
            units += max(left, 0)
    return units
