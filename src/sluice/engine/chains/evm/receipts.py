"""Receipts: a second look at transfers, past the index of logs, by each node that must agree."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from sluice.engine.chains.chain import Claim, ProviderTrouble
from sluice.engine.chains.evm.decode import SUCCESS, read_log
from sluice.engine.chains.evm.faults import NodeTrouble
from sluice.engine.chains.evm.node import Node
from sluice.engine.chains.evm.shapes import RawReceipt
from sluice.engine.chains.model import Transfer

log = structlog.get_logger()


class Receipts:
    """Confirms what as many nodes as must agree have in a receipt that succeeded, the same way."""

    def __init__(self, nodes: Sequence[Node], agree: int, *, assets: Mapping[str, str]) -> None:
        self._nodes = nodes
        self._agree = agree
        self._assets = assets  # contract -> asset

    async def __call__(self, claims: Sequence[Claim]) -> list[Claim]:
        """Return the claims that hold. Raises ProviderTrouble when too few nodes answer."""
        counts = [0] * len(claims)
        answered = 0
        for node in self._nodes:
            try:
                receipts = await node.receipts([claim.transfer.tx_id for claim in claims])
            except NodeTrouble as trouble:
                log.warning("receipts.unread", source=node.name, why=trouble.message)
                continue
            answered += 1
            for at, (claim, receipt) in enumerate(zip(claims, receipts, strict=True)):
                counts[at] += self._shows(claim, receipt)
            if min(counts) >= self._agree:
                break
        if answered < self._agree:
            raise ProviderTrouble(f"{answered} of the {self._agree} nodes needed answered.")
        return [claim for claim, count in zip(claims, counts, strict=True) if count >= self._agree]

    def _shows(self, claim: Claim, receipt: RawReceipt | None) -> bool:
        """Say whether the receipt is of this transaction in this block and holds this transfer."""
        if receipt is None or receipt.status is None or int(receipt.status, 16) != SUCCESS:
            return False
        tx_id = claim.transfer.tx_id
        if (
            receipt.transaction_hash.lower() != tx_id
            or receipt.block_hash.lower() != claim.block_hash
        ):
            return False
        if any(
            one.block_hash.lower() != claim.block_hash or one.transaction_hash.lower() != tx_id
            for one in receipt.logs
        ):
            return False
        ordered = sorted(receipt.logs, key=lambda one: int(one.log_index, 16))
        found = [
            read for raw in ordered if isinstance(read := read_log(raw, self._assets), Transfer)
        ]
        index = claim.transfer.index
        if index >= len(found):
            return False
        return replace(found[index], index=index) == replace(claim.transfer, memo=None)
