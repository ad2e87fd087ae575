"""Take an open send one step on: sign, tell, look, bump, end; each written down before the next."""

from typing import Final

from sluice.base.work import Work
from sluice.engine.chains.writer import ChainWriter, Fate, Order, OrderHeld, Price, Verdict
from sluice.engine.keys.signer import Signature
from sluice.engine.sender import store
from sluice.engine.sender.end import Cost, end_send
from sluice.engine.sender.freeze import freeze_wallet
from sluice.engine.sender.model import (
    Attempt,
    Bump,
    End,
    HotWallet,
    Send,
    SendState,
    Sign,
    Step,
    Stop,
    Tell,
    Void,
    Wait,
    next_step,
)
from sluice.engine.sender.outside import find_signed
from sluice.engine.sender.parts import Parts
from sluice.engine.sender.reserve import put_off

# Signing and telling follow each other at once; a turn never does more than this.
_STEPS_MAX: Final = 4


async def advance(parts: Parts, wallet: HotWallet, send: Send) -> None:
    """Do what an open send needs now."""
    for _ in range(_STEPS_MAX):
        if not await _step(parts, wallet, send):
            break


async def _step(parts: Parts, wallet: HotWallet, send: Send) -> bool:
    """Take one step; return whether another may follow at once."""
    pace = parts.pace(wallet.network)
    async with parts.works.begin() as work:
        attempts = await store.attempts(work, send.id)
        now = work.now
        held = await store.get_wallet(work, wallet.id)
    fates = await _fates(parts.writer(wallet.network), wallet, send, attempts)
    step = next_step(attempts, fates, now, patience=pace.patience, again=pace.again)
    if isinstance(step, End):
        await _end(parts, wallet, send, step)
        return False
    if isinstance(step, Stop):
        async with parts.works.begin() as work:
            await freeze_wallet(work, wallet, f"{step.why} ({send.id})")
    elif not isinstance(step, Wait) and held is not None and not held.is_frozen:
        return await _act(parts, wallet, send, step)
    async with parts.works.begin() as work:
        await store.later(work, send.id, work.now + pace.look, send.reason)
    return False


async def _fates(
    writer: ChainWriter, wallet: HotWallet, send: Send, attempts: list[Attempt]
) -> dict[int, Fate]:
    slot = send.slot
    return {
        one.n: await writer.fate(one.tx_id, slot, wallet.account)
        for one in attempts
        if one.tx_id is not None and slot is not None
    }


async def _act(parts: Parts, wallet: HotWallet, send: Send, step: Step) -> bool:
    if isinstance(step, Sign) and wallet.is_signed_outside:
        return await _await_signature(parts, wallet, send, step.attempt)
    if isinstance(step, Sign):
        await _sign(parts, wallet, send, step.attempt)
        return True
    if isinstance(step, Tell):
        return await _tell(parts, wallet, send, step)
    try:
        return await _again(parts, wallet, send, step)
    except OrderHeld as held:
        await put_off(parts, wallet, send, held.code)
        return False


async def _await_signature(parts: Parts, wallet: HotWallet, send: Send, attempt: Attempt) -> bool:
    """Look whether the wallet outside has sent it; otherwise tell that it has to sign, and wait."""
    if await find_signed(parts, wallet, send, attempt):
        return True
    look = parts.pace(wallet.network).look
    await put_off(parts, wallet, send, "signature_awaited", wait=look)
    return False


async def _sign(parts: Parts, wallet: HotWallet, send: Send, attempt: Attempt) -> None:
    """Sign what was written down, if it is what the order says; keep the bytes before any use."""
    writer = parts.writer(wallet.network)
    order = _order(writer, wallet, send, is_void=attempt.is_void)
    if send.slot is None or attempt.unsigned != writer.build(
        order, wallet.account, send.slot, attempt.price
    ):
        async with parts.works.begin() as work:
            await freeze_wallet(work, wallet, f"a transaction is not what was ordered ({send.id})")
        return
    signer = await parts.find_signer(wallet.signer)
    signatures: list[Signature] = [
        await signer.sign_digest(digest) for digest in attempt.unsigned.digests
    ]
    sealed = writer.seal(attempt.unsigned, wallet.account, signatures)
    async with parts.works.begin() as work:
        await store.seal(work, attempt, sealed.tx_id, sealed.raw)


async def _tell(parts: Parts, wallet: HotWallet, send: Send, step: Tell) -> bool:
    """Send bytes that are kept, as often as it takes; only what came of it is new."""
    writer = parts.writer(wallet.network)
    verdict = Verdict.UNKNOWN
    for attempt in step.attempts:
        verdict = await writer.broadcast(attempt.raw or b"")
        async with parts.works.begin() as work:
            await store.told(work, attempt, verdict)
            await store.later(work, send.id, work.now + parts.pace(wallet.network).look, None)
    if verdict is Verdict.HOLD:
        await put_off(parts, wallet, send, "wallet_short")
        return False
    return verdict in (Verdict.BUMP, Verdict.DEAD)


async def _again(parts: Parts, wallet: HotWallet, send: Send, step: Step) -> bool:
    """Write another attempt down, in the same slot: dearer, or void."""
    writer = parts.writer(wallet.network)
    if isinstance(step, Bump):
        is_void, price = step.attempt.is_void, writer.bump(step.attempt.price)
    else:
        void = writer.void(wallet.account, send.order.reference)
        is_void, price = isinstance(step, Void), await writer.rehearse(void, wallet.account)
    async with parts.works.begin() as work:
        why = await _add(work, writer, wallet, send, is_void=is_void, price=price)
    if why is not None:
        await put_off(parts, wallet, send, why)
    return why is None


async def _add(
    work: Work, writer: ChainWriter, wallet: HotWallet, send: Send, *, is_void: bool, price: Price
) -> str | None:
    held = await store.get_wallet(work, wallet.id, lock=True)
    mine = await store.lock(work, send.id)
    if held is None or mine is None or mine.slot is None or mine.state is not SendState.OPEN:
        return None
    attempts = await store.attempts(work, send.id)
    if attempts[-1].raw is None:
        return None
    order = _order(writer, wallet, send, is_void=is_void)
    unsigned = writer.build(order, wallet.account, mine.slot, price)
    if held.limits.fee_max is not None and unsigned.cost_max > held.limits.fee_max:
        return "fee_guard"
    n = attempts[-1].n + 1
    store.add_attempt(work, send, Attempt(send.id, n, is_void, price, unsigned, work.now))
    return None


def _order(writer: ChainWriter, wallet: HotWallet, send: Send, *, is_void: bool) -> Order:
    return writer.void(wallet.account, send.order.reference) if is_void else send.order


async def _end(parts: Parts, wallet: HotWallet, send: Send, step: End) -> None:
    """Write how it ended, and what it took; the money's own story follows from the fact."""
    units = step.attempt.unsigned.cost_max if step.fate.cost is None else step.fate.cost
    cost = Cost(units, parts.writer(wallet.network).fee_asset)
    done = step.state is SendState.DONE
    code = "" if done else "voided" if step.attempt.is_void else "execution_failed"
    async with parts.works.begin() as work:
        await end_send(
            work,
            send,
            step.state,
            tx_id=step.attempt.tx_id,
            code=code,
            reason=step.fate.reason or "",
            cost=cost,
        )
