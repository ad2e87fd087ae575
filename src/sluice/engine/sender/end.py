"""Write how a send ended, once, with the fact that lets the books follow."""

import structlog

from sluice.base.work import Work
from sluice.engine.sender import store
from sluice.engine.sender.facts import SendDone, SendFailed
from sluice.engine.sender.model import MOVES, Send, SendState

log = structlog.get_logger()


async def end_send(
    work: Work,
    send: Send,
    state: SendState,
    *,
    tx_id: str | None = None,
    code: str = "",
    reason: str = "",
) -> None:
    """End a send; one that ended meanwhile stays as it is."""
    held = await store.lock(work, send.id)
    if held is None or held.ended_at is not None:
        return
    MOVES.check(held.state, state)
    await store.end(work, send.id, state, tx_id, code or None)
    log.info("send.ended", send=send.id, reference=send.order.reference, state=state, code=code)
    told = {"merchant_id": send.merchant_id, "livemode": send.livemode, "send_id": send.id}
    about = {"reference": send.order.reference, "tx_id": tx_id}
    if state is SendState.DONE:
        work.record([SendDone(**told, **about)])  # type: ignore[arg-type]
    else:
        work.record([SendFailed(**told, **about, code=code, reason=reason)])  # type: ignore[arg-type]
