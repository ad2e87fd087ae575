"""The second look: what is large is read again, in another way, before it counts."""

from typing import Final

import structlog

from sluice.base.work import Work, Works
from sluice.engine.chains.chain import Chain, ProvidersDisagree
from sluice.engine.watcher import check_store
from sluice.engine.watcher.record import confirm_deep

# Each costs a question to every source needed; what is left is taken next time.
_BATCH: Final = 100
# Old headers are kept as far as a person may have to look back.
_BLOCKS_KEPT: Final = 1_000

log = structlog.get_logger()


async def settle_doubts(works: Works, chain: Chain) -> bool:
    """Read again what is deep enough to count and doubted; return whether something was cleared.

    Raises ProvidersDisagree when some of it is not where it was, or not what it was: it does not
    count until enough sources confirm it, or a fork takes it away.
    """
    if chain.reread is None:
        return False
    name = chain.network.name
    async with works.look() as work:
        claims = await check_store.doubted(work, name, _BATCH)
    if not claims:
        return False
    confirmed = await chain.reread(claims)
    if confirmed:
        async with works.begin() as work:
            await check_store.trust(work, name, confirmed)
            await confirm_deep(work, chain.network)
    if len(confirmed) < len(claims):
        open_ = [claim.transfer.tx_id for claim in claims if claim not in confirmed]
        log.error("transfers.unconfirmed", network=name, tx_ids=open_[:5], count=len(open_))
        raise ProvidersDisagree(
            f"{len(open_)} transfers on {chain.network.title} are not confirmed by their receipts."
        )
    return True


async def forget_old_blocks(work: Work) -> int:
    """Delete a batch of headers that no fork can reach and no transfer lies in."""
    return await check_store.forget_blocks(work, _BLOCKS_KEPT, 5_000)
