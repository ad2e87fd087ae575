"""Give transfers that nobody had announced to whoever they are for, once somebody showed that."""

from collections.abc import Sequence

from sluice.base.work import Work
from sluice.engine.watcher import claim_store
from sluice.engine.watcher.facts import TransferSeen
from sluice.engine.watcher.seen import SeenTransfer


async def find_by_transaction(work: Work, network: str, tx_id: str) -> list[SeenTransfer]:
    """Return the merchant's transfers in a transaction, locked until the Work ends."""
    rows = await claim_store.of_transaction(work, network, tx_id)
    return [SeenTransfer(**row) for row in rows]


async def claim_transfer(work: Work, transfer: SeenTransfer, reference: str) -> None:
    """Let a transfer that is nobody's count under a reference, wherever it will yet be seen."""
    if not await claim_store.claim(work, transfer, reference):
        raise RuntimeError("this transfer is somebody's already")
    work.record(
        [
            TransferSeen(
                merchant_id=transfer.merchant_id,
                livemode=transfer.livemode,
                network=transfer.network,
                tx_id=transfer.tx_id,
                index=transfer.index,
                reference=reference,
            )
        ]
    )


def unclaimed(transfers: Sequence[SeenTransfer]) -> list[SeenTransfer]:
    """Return those that nobody waited for."""
    return [transfer for transfer in transfers if transfer.reference is None]
