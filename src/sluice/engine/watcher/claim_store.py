"""Rows of a merchant's transfers, found by their transaction."""

from typing import Final

from sluice.base.database import Row
from sluice.base.work import Work
from sluice.engine.watcher.seen import SeenTransfer

_OF_TRANSACTION: Final = """
SELECT merchant_id, livemode, network, tx_id, index, reference, asset, units, sender, state, depth_wanted,
  least(seen_at, block_time) AS paid_at, height, memo FROM transfers
WHERE merchant_id = $1 AND livemode = $2 AND network = $3 AND tx_id = $4 ORDER BY index FOR UPDATE"""
_CLAIM: Final = """
UPDATE transfers SET reference = $6
WHERE merchant_id = $1 AND livemode = $2 AND network = $3 AND tx_id = $4 AND index = $5 AND reference IS NULL"""


async def of_transaction(work: Work, network: str, tx_id: str) -> list[Row]:
    """Return and lock the merchant's transfers in a transaction."""
    return await work.rows(_OF_TRANSACTION, *work.owner, network, tx_id)


async def claim(work: Work, transfer: SeenTransfer, reference: str) -> bool:
    """Give a transfer a reference, unless it has one; say whether it had none."""
    return await work.execute(_CLAIM, *work.owner, *transfer.key, reference) == 1
