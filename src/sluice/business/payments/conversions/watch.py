"""Tell the signers of each deposit, hear how far they are, and warn before its lock is over."""

import dataclasses
from typing import Final

import structlog

from sluice.base.errors import SluiceError
from sluice.base.work import Work, Works
from sluice.business.payments.conversions import store
from sluice.business.payments.conversions.accept import peg_of
from sluice.business.payments.conversions.facts import ConversionDelayed, ConversionReclaimable
from sluice.business.payments.conversions.model import Conversion, Deposit, State
from sluice.engine.chains.chain import ProviderTrouble
from sluice.engine.chains.peg import PegNews
from sluice.engine.chains.registry import Chains
from sluice.engine.watcher.cursors import read_cursors

_BATCH: Final = 50

log = structlog.get_logger()


async def watch_conversions(works: Works, chains: Chains) -> None:
    """Look after every conversion that is not over; the signers are asked outside of any Work."""
    async with works.look() as work:
        held = await store.find_open(work, _BATCH)
        deposits = await store.deposits(work, [one.offer_id for one in held])
        heights = {cursor.network: cursor.height for cursor in await read_cursors(work)}
    for conversion in held:
        deposit = deposits[conversion.offer_id]
        news = await _hear(conversion, deposit, chains)
        async with works.begin() as work:
            await _note(work, conversion, deposit, news, heights.get(conversion.network))


async def _hear(conversion: Conversion, deposit: Deposit, chains: Chains) -> PegNews | None:
    """Tell the signers what is in a block, and ask about what they were told; None is no news."""
    if conversion.mined_at is None:
        return None
    try:
        peg = peg_of(chains.find(deposit.peg))
        if conversion.is_told:
            return await peg.ask(conversion.outpoint)
        fetch = chains.find(deposit.network).fetch_raw
        raw = None if fetch is None else await fetch(conversion.tx_id, conversion.mined_at)
        if raw is None:
            raise ProviderTrouble(f"{deposit.network} gives no bytes of {conversion.tx_id}.")
        return await peg.tell(deposit.scripts, conversion.outpoint, raw)
    except SluiceError as error:
        log.warning(
            "conversion.untold",
            network=conversion.network,
            tx=conversion.tx_id,
            error=error.message,
        )
        return None


async def _note(
    work: Work, seen: Conversion, deposit: Deposit, news: PegNews | None, tip: int | None
) -> None:
    """Write down what was heard, and what has become of the lock meanwhile."""
    before = await store.lock(work, seen)
    if before is None or before.state in {State.MINTED, State.LOST}:
        return
    after = before
    if news is not None:
        after = dataclasses.replace(
            after, is_told=True, news=news.status, sweep_tx_id=news.sweep_tx_id
        )
        if news.sweep_tx_id is not None and after.state is State.PENDING:
            after = after.move(State.SWEPT)
    lock = deposit.scripts.lock_blocks
    if tip is not None and after.is_late(tip, lock) and not after.is_delayed:
        after = dataclasses.replace(after, is_delayed=True)
        log.warning("conversion.delayed", network=after.network, tx=after.tx_id)
        work.record([_fact(ConversionDelayed, after)])
    may_return = tip is not None and after.may_return(tip, lock)
    if may_return and after.state is not State.RECLAIMABLE:
        after = after.move(State.RECLAIMABLE)
        log.warning("conversion.reclaimable", network=after.network, tx=after.tx_id)
        work.record([_fact(ConversionReclaimable, after)])
    if after != before:
        await store.save(work, after)
        work.tell(after.intent_id)


def _fact(
    kind: type[ConversionDelayed | ConversionReclaimable], conversion: Conversion
) -> ConversionDelayed | ConversionReclaimable:
    return kind(
        merchant_id=conversion.merchant_id, livemode=conversion.livemode, conversion=conversion
    )
