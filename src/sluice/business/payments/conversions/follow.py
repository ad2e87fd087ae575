"""Bitcoin was seen at a deposit, or sBTC was minted for it: note where each conversion stands."""

import dataclasses
from collections import defaultdict
from collections.abc import Sequence

from sluice.base.work import Work
from sluice.business.payments.conversions import store
from sluice.business.payments.conversions.model import Conversion, Deposit, State
from sluice.business.payments.conversions.pair import Legs, pair_legs
from sluice.engine.chains.model import Style
from sluice.engine.chains.peg import settles_of
from sluice.engine.watcher.model import Target
from sluice.engine.watcher.seen import SeenTransfer
from sluice.engine.watcher.targets import adopt, expect_once


async def follow_deposits(
    work: Work, offer_ids: Sequence[str], seen: Sequence[SeenTransfer]
) -> bool:
    """Bring conversions to where the chains have them; say whether a mint was found late.

    From the moment an output is seen its mint is waited for by name. A mint that was there before
    was booked as money nobody had announced: it gets its name now.
    """
    deposits = await store.deposits(work, offer_ids)
    held = {
        (one.network, *one.outpoint): one for one in await store.of_offers(work, list(deposits))
    }
    by_offer: dict[str, list[SeenTransfer]] = defaultdict(list)
    for transfer in seen:
        if transfer.reference in deposits:
            by_offer[transfer.reference].append(transfer)
    adopted = False
    for offer_id, transfers in by_offer.items():
        deposit = deposits[offer_id]
        for legs in pair_legs(transfers, deposit.network):
            before = held.get(legs.paid.key)
            if before is None:
                adopted |= await _begin(work, deposit, legs.paid)
                await store.add(work, _conversion(deposit, legs))
            elif (after := _stand(before, legs)) != before:
                await store.save(work, after)
    return adopted


async def _begin(work: Work, deposit: Deposit, paid: SeenTransfer) -> bool:
    settles = settles_of((paid.tx_id, paid.index))
    wanted = Target(
        id=work.new_id("tgt"),
        merchant_id=deposit.merchant_id,
        livemode=deposit.livemode,
        network=deposit.peg,
        style=Style.CONTRACT,
        address=deposit.recipient,
        reference=deposit.offer_id,
        watch_until=work.now,
        memo=settles,
    )
    if not await expect_once(work, wanted):
        return False
    return await adopt(work, wanted)


def _conversion(deposit: Deposit, legs: Legs) -> Conversion:
    begun = Conversion(
        deposit.merchant_id,
        deposit.livemode,
        deposit.network,
        legs.paid.tx_id,
        legs.paid.index,
        deposit.offer_id,
        deposit.intent_id,
        legs.paid.units,
        State.PENDING,
    )
    return _stand(begun, legs)


def _stand(before: Conversion, legs: Legs) -> Conversion:
    """Return the conversion by what both chains show now."""
    paid, minted = legs.paid, legs.minted
    now = dataclasses.replace(before, units=paid.units, mined_at=paid.height)
    if minted is not None:
        now = dataclasses.replace(now, minted_tx_id=minted.tx_id, minted=minted.units)
        return now.move(State.MINTED) if minted.state in {"confirmed", "final"} else now
    if paid.state == "orphaned":
        return now if now.state is State.LOST else now.move(State.LOST)
    if before.state in {State.MINTED, State.LOST}:
        now = dataclasses.replace(now, minted_tx_id=None, minted=None)
        return now.move(State.PENDING)
    return now
