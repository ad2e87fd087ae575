"""Write how a send ended, once, with the fact that lets the books follow."""

from dataclasses import dataclass

import structlog

from sluice.base.work import Work
from sluice.engine.sender import store
from sluice.engine.sender.facts import SendDone, SendFailed
from sluice.engine.sender.model import MOVES, Send, SendState

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Cost:
    """What a network took for the transaction that ended a send, in the coin of its fees."""

    units: int
    asset: str


async def end_send(
    work: Work,
    send: Send,
    state: SendState,
    *,
    tx_id: str | None = None,
    code: str = "",
    reason: str = "",
    cost: Cost | None = None,
) -> None:
    """End a send; one that ended meanwhile stays as it is. `cost` only where a block has it."""
    held = await store.lock(work, send.id)
    if held is None or held.ended_at is not None:
        return
    MOVES.check(held.state, state)
    await store.end(work, send.id, state, tx_id, code or None)
    if cost is not None:
        await store.charge(work, send.id, cost.units, cost.asset)
    log.info("send.ended", send=send.id, reference=send.order.reference, state=state, code=code)
    told: dict[str, object] = {
        "merchant_id": send.merchant_id, "livemode": send.livemode, "send_id": send.id,
    }  # fmt: skip
    about: dict[str, object] = {
        "reference": send.order.reference,
        "tx_id": tx_id,
        "network": send.order.network,
    }
    if cost is not None:
        about |= {"fee_asset": cost.asset, "cost": cost.units}
    if state is SendState.DONE:
        work.record([SendDone(**told, **about)])  # type: ignore[arg-type]
    else:
        work.record([SendFailed(**told, **about, code=code, reason=reason)])  # type: ignore[arg-type]
