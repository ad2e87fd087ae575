"""Money seen, confirmed, final or orphaned: fold it into intents and books, many at once."""

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec

from sluice.base.facts import Fact
from sluice.base.work import Work
from sluice.business.payments.conversions.follow import follow_deposits
from sluice.business.payments.intents import credit_store, store
from sluice.business.payments.intents.book import Credit, Plan, deposit, finalization, plan_books
from sluice.business.payments.intents.facts import (
    IntentFact,
    IntentFinalized,
    MoneyUnexpected,
    fact_about,
)
from sluice.business.payments.intents.model import Payment, PaymentIntent
from sluice.business.payments.intents.resolve import Purpose, Standing, resolve, stand
from sluice.business.payments.intents.standing import payment_of, payments_of, turns_of
from sluice.engine.chains.model import Style
from sluice.engine.ledger.find import find_postings
from sluice.engine.ledger.model import Entry
from sluice.engine.ledger.post import name_entries, post_entries
from sluice.engine.ledger.reverse import reversal_of
from sluice.engine.watcher.facts import TransferMoved
from sluice.engine.watcher.seen import Key, SeenTransfer, find_by_key, find_by_reference


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One intent on its way from where it stood to where its payments put it."""

    before: PaymentIntent
    after: PaymentIntent
    standing: Standing
    plan: Plan
    facts: Sequence[IntentFact]


async def on_transfers_moved(work: Work, facts: Sequence[TransferMoved]) -> None:
    """Something happened to transfers. Whatever it was, what counts is how they stand now."""
    announced = sorted({fact.reference for fact in facts if fact.reference is not None})
    if announced:
        await _receive(work, announced)
    unannounced = sorted(
        {(fact.network, fact.tx_id, fact.index) for fact in facts if fact.reference is None}
    )
    if unannounced:
        await _receive_unannounced(work, unannounced)


async def on_intent_changed(work: Work, facts: Sequence[IntentFact]) -> None:
    """An intent was closed, or offered another way: what came towards it may count otherwise."""
    offer_ids = [offer.id for fact in facts for offer in fact.intent.offers]
    if offer_ids:
        await _receive(work, offer_ids)


async def _receive(work: Work, offer_ids: Sequence[str]) -> None:
    intents = await store.lock_by_offer(work, offer_ids)
    owners = {offer.id: intent.id for intent in intents for offer in intent.offers}
    seen = await _find_seen(work, intents, list(owners))
    live, seqs = await credit_store.of_transfers(work, [transfer.key for transfer in seen])
    transfers: dict[str, list[SeenTransfer]] = defaultdict(list)
    # A credit follows its transfer, which may have been nobody's when it was booked.
    owned: dict[Key, str] = {}
    for transfer in seen:
        owned[transfer.key] = owners[transfer.reference or ""]
        transfers[owned[transfer.key]].append(transfer)
    held: dict[str, list[Credit]] = defaultdict(list)
    for credit in live:
        held[owned[credit.key]].append(credit)
    steps = [
        _step(work, intent, payments_of(intent, transfers[intent.id]), held[intent.id], seqs)
        for intent in intents
    ]
    await _write(work, steps)


async def _find_seen(
    work: Work, intents: Sequence[PaymentIntent], offer_ids: Sequence[str]
) -> list[SeenTransfer]:
    """Return the transfers of some offers; those of conversions are followed on the way."""
    seen = await find_by_reference(work, offer_ids)
    deposits = [
        offer.id for intent in intents for offer in intent.offers if offer.style == Style.DEPOSIT
    ]
    if deposits and await follow_deposits(work, deposits, seen):
        seen = await find_by_reference(work, offer_ids)
        await follow_deposits(work, deposits, seen)
    return seen


def _step(
    work: Work,
    intent: PaymentIntent,
    payments: Sequence[Payment],
    live: Sequence[Credit],
    seqs: dict[Key, int],
) -> Step:
    standing = stand(intent, payments, turns_of(live))
    after, facts = resolve(intent, standing, work.now)
    return Step(intent, after, standing, plan_books(intent, after, standing, live, seqs), facts)


async def _write(work: Work, steps: Sequence[Step]) -> None:
    """Post what the plans say, then save the intents and let the facts out."""
    undone = [credit for step in steps for credit in step.plan.undo]
    unsettled = [step.plan.unsettle for step in steps if step.plan.unsettle]
    reversals = await reversal_of(
        work, [*(c.entry_id for c in undone), *unsettled], "a fork undid it"
    )
    added = [credit for step in steps for credit in step.plan.add]
    settled = [step for step in steps if step.plan.settle]
    entries: list[Entry] = [
        *reversals,
        *(deposit(credit, f"Transfer {credit.tx_id}") for credit in added),
        *(step.plan.settle for step in settled if step.plan.settle),
        *await _finalizations(work, [step for step in steps if step.plan.finalize]),
    ]
    named = name_entries(work, entries)
    ids = iter([entry_id for entry_id, _ in named])
    reversed_by = [(entry.reverses or "", next(ids)) for entry in reversals]
    booked = [dataclasses.replace(credit, entry_id=next(ids)) for credit in added]
    settlements = {step.before.id: next(ids) for step in settled}
    intents = [_booked(work, step, settlements.get(step.before.id)) for step in steps]
    changed = [
        after for after, step in zip(intents, steps, strict=True) if after is not step.before
    ]
    await store.save(work, changed)
    for intent in changed:
        work.tell(intent.id)
    for intent, step in zip(intents, steps, strict=True):
        work.record(_facts(intent, step))
    await post_entries(work, named)
    if undone:
        await work.flush()
        await credit_store.reverse(work, reversed_by[: len(undone)])
    if booked:
        credit_store.add(work, booked)


async def _finalizations(work: Work, steps: Sequence[Step]) -> list[Entry]:
    """Return what frees the money of intents that are final, by what their settlements say."""
    kept = [step.before.settlement_id for step in steps if step.plan.settle is None]
    held = await find_postings(work, [entry_id for entry_id in kept if entry_id])
    entries = []
    for step in steps:
        if step.plan.settle is not None:
            after = msgspec.structs.replace(step.after, settle_seq=step.plan.settle.seq)
            entries.append(finalization(after, step.plan.settle.postings))
        elif step.before.settlement_id is not None:
            entries.append(finalization(step.after, held[step.before.settlement_id]))
    return [entry for entry in entries if entry is not None]


def _booked(work: Work, step: Step, settlement_id: str | None) -> PaymentIntent:
    """Return the intent with what the books now say of it."""
    changes: dict[str, Any] = {}
    if step.plan.unsettle:
        changes = {"settlement_id": None, "finalized_at": None}
    if settlement_id:
        changes |= {"settlement_id": settlement_id, "settle_seq": step.before.settle_seq + 1}
    if step.plan.finalize:
        changes["finalized_at"] = work.now
    return msgspec.structs.replace(step.after, **changes) if changes else step.after


def _facts(intent: PaymentIntent, step: Step) -> list[Fact]:
    # A fact about where the intent stands now also says what was booked with it.
    facts: list[Fact] = [
        fact_about(type(fact), intent) if fact.intent is step.after else fact for fact in step.facts
    ]
    if step.plan.finalize:
        facts.append(fact_about(IntentFinalized, intent))
    senders = {use.payment.key: use.payment.sender for use in step.standing.uses}
    facts += [
        _unexpected(credit, senders[credit.key])
        for credit in step.plan.add
        if credit.purpose is Purpose.UNAPPLIED
    ]
    return facts


async def _receive_unannounced(work: Work, keys: Sequence[Key]) -> None:
    """Money at a merchant's wallet that nobody announced: booked as unapplied, never ignored."""
    seen = await find_by_key(work, keys)
    live, seqs = await credit_store.of_transfers(work, keys)
    wanted = {
        transfer.key: _unannounced(transfer, seqs.get(transfer.key, 0) + 1)
        for transfer in seen
        if payment_of(transfer).is_credited
    }
    undone = [held for held in live if not _same_money(held, wanted.get(held.key))]
    kept = {held.key for held in live} - {held.key for held in undone}
    added = [credit for key, credit in wanted.items() if key not in kept]
    reversals = await reversal_of(work, [credit.entry_id for credit in undone], "a fork undid it")
    entries = [*reversals, *(deposit(credit, f"Transfer {credit.tx_id}") for credit in added)]
    named = name_entries(work, entries)
    await post_entries(work, named)
    ids = iter([entry_id for entry_id, _ in named])
    pairs = [(entry.reverses or "", next(ids)) for entry in reversals]
    if pairs:
        await work.flush()
        await credit_store.reverse(work, pairs)
    if added:
        credit_store.add(
            work, [dataclasses.replace(credit, entry_id=next(ids)) for credit in added]
        )
    senders = {transfer.key: transfer.sender for transfer in seen}
    work.record(_unexpected(credit, senders[credit.key]) for credit in added)


def _same_money(held: Credit, wanted: Credit | None) -> bool:
    return wanted is not None and (held.asset, held.units) == (wanted.asset, wanted.units)


def _unannounced(seen: SeenTransfer, seq: int) -> Credit:
    return Credit(
        merchant_id=seen.merchant_id,
        livemode=seen.livemode,
        network=seen.network,
        tx_id=seen.tx_id,
        index=seen.index,
        seq=seq,
        intent_id=None,
        purpose=Purpose.UNAPPLIED,
        reason="unannounced",
        asset=seen.asset,
        units=seen.units,
    )


def _unexpected(credit: Credit, sender: str) -> MoneyUnexpected:
    return MoneyUnexpected(
        merchant_id=credit.merchant_id,
        livemode=credit.livemode,
        reason=credit.reason,
        network=credit.network,
        tx_id=credit.tx_id,
        index=credit.index,
        asset=credit.asset,
        units=credit.units,
        sender=sender,
        intent_id=credit.intent_id,
    )
