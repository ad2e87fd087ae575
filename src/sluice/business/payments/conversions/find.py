"""The conversions of an intent, and the way back of one."""

from sluice.base.errors import Conflict, NotFound
from sluice.base.work import Work
from sluice.business.payments.conversions import store
from sluice.business.payments.conversions.model import Conversion, Deposit, State


async def find_conversions(work: Work, intent_id: str) -> list[Conversion]:
    """Return what was paid for an intent through the peg, oldest first."""
    return await store.of_intent(work, intent_id)


async def takes_deposits(work: Work) -> set[str]:
    """Return the networks whose coin the merchant takes as another's token."""
    return await store.accounts(work)


async def find_reclaimable(
    work: Work, intent_id: str, tx_id: str | None
) -> tuple[Conversion, Deposit]:
    """Return the one conversion that can be taken back, or refuse."""
    held = [one for one in await find_conversions(work, intent_id) if tx_id in {None, one.tx_id}]
    if not held:
        raise NotFound("Nothing was paid through the peg for this.", param="payment_intent")
    open_ones = [one for one in held if one.state is State.RECLAIMABLE]
    if len(open_ones) != 1:
        states = ", ".join(f"{one.tx_id}: {one.state}" for one in held)
        raise Conflict(
            f"Not exactly one conversion can be taken back ({states}).", code="not_reclaimable"
        )
    [conversion] = open_ones
    deposits = await store.deposits(work, [conversion.offer_id])
    return conversion, deposits[conversion.offer_id]
