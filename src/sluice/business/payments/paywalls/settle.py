"""Settle a payment: take the word once, hand it in, and believe nobody but the chain.

The word is written down with its intent before it leaves. From then on it is an ordinary payment:
whoever brings it to the chain, the transfer is known by payer and nonce, counted, booked and told.
"""

import asyncio
import datetime as dt
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from sluice.base.actor import Actor
from sluice.base.database import UniqueViolation
from sluice.base.errors import Conflict, Unavailable
from sluice.base.money.catalogue import money
from sluice.base.work import Work, Works
from sluice.business.accounts.merchants.edit import read_wallets
from sluice.business.accounts.merchants.model import Merchant
from sluice.business.payments.intents.confirm import confirm_intent
from sluice.business.payments.intents.create import create_intent
from sluice.business.payments.intents.find import find_intent
from sluice.business.payments.intents.model import (
    Choice,
    NewIntent,
    PaymentIntent,
    Resolution,
    Status,
)
from sluice.business.payments.paywalls import store
from sluice.business.payments.paywalls.judge import Payable, find_payable, judge_payment
from sluice.business.payments.paywalls.model import (
    Payment,
    Question,
    Reason,
    Requirement,
    Settlement,
    Taken,
)
from sluice.engine.chains.model import Style
from sluice.engine.chains.registry import Chains
from sluice.engine.rates.quote import RatePolicy
from sluice.engine.sender.words import find_carrier, queue_word
from sluice.engine.watcher.checks import is_found_right

# Brings a seller's question to whoever sends for us. What comes back is a hint and thrown away.
HandIn: TypeAlias = Callable[[bytes], Awaitable[None]]

_LOOKS_A_SECOND: Final = 2
_LOOK: Final = dt.timedelta(milliseconds=500)
# A transfer that was included in the word's last second must still find its intent waiting.
_SPARE_S: Final = 3600
_WINDOW_MAX: Final = dt.timedelta(days=1)
_AGAIN: Final = dt.timedelta(seconds=15)
_METADATA_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class Facilitator:
    """What settling needs: where words are kept, networks, prices, and who sends for us."""

    works: Works
    chains: Chains
    rates: RatePolicy
    hand_in: HandIn | None
    patience_s: int = 25


async def verify(
    parts: Facilitator, actor: Actor, payment: Payment, asked: Requirement
) -> Reason | None:
    """Return why a payment would not be taken, or None; nothing is kept."""
    found = find_payable(parts.chains, asked, livemode=actor.livemode)
    if isinstance(found, Reason):
        return found
    async with parts.works.look(actor) as work:
        wallets = await read_wallets(work)
        subject = found.authorizer.subject_of(found.domain)
        is_right = await is_found_right(work, found.chain.network.name, subject)
        at = work.now
    if not is_right:
        return Reason.VERIFYING  # the token was not looked at yet, or signs otherwise now
    wallet = wallets.addresses.get(found.chain.network.name)
    return await judge_payment(payment, asked, found, wallet=wallet, at=at)


async def settle(
    parts: Facilitator,
    caller: tuple[Actor, Merchant],
    question: Question,
) -> Settlement:
    """Take a payment, bring it to the chain, and wait for it there a while.

    The same word is said to be done once; with an identifier the same answer may be had again.
    """
    (actor, _), (payment, asked, _) = caller, question
    found = find_payable(parts.chains, asked, livemode=actor.livemode)
    if isinstance(found, Reason):
        return _failed(asked, payment, found)
    async with parts.works.look(actor) as work:
        carrier = await find_carrier(work, found.chain, found.asset, asked.units)
    hand_in = parts.hand_in if carrier is None else _leave_to_wallet
    if hand_in is None:
        raise Unavailable(
            "Nobody here brings payments of this size to the network; set SLUICE_X402_FACILITATOR, "
            "or let the merchant's hot wallet carry them.",
            code="settlement_unavailable",
        )
    taken = await _find(parts, actor, payment, found)
    if taken is None:
        refused = await verify(parts, actor, payment, asked)
        if refused is not None:
            return _failed(asked, payment, refused)
        taken = await _take(parts, caller, question, found)
    if taken is None or taken.request != _digest(payment, asked):
        return _failed(asked, payment, Reason.TRANSACTION_STATE)
    if taken.answered_at is None:
        await hand_in(taken.question)
    intent = await _wait(parts, actor, taken)
    if intent.payment is None or not is_included(intent):
        return _failed(asked, payment, Reason.PENDING)
    async with parts.works.begin(actor) as work:
        is_first = await store.answer(work, taken)
    if not is_first and not _is_repeat(payment, taken):
        return _failed(asked, payment, Reason.TRANSACTION_STATE)
    return Settlement(asked.chain_id, payment.authorization.payer, intent.payment.tx_id)


async def hand_in_again(parts: Facilitator) -> None:
    """Hand in every word that is due and not on the chain yet, until its time is over."""
    if parts.hand_in is None:
        return
    async with parts.works.begin() as work:
        due = await store.claim_due(work, 50)
    for taken in due:
        actor = _owner(taken)
        async with parts.works.begin(actor) as work:
            intent = await find_intent(work, taken.intent_id)
            if is_included(intent) or work.now >= taken.until:
                await store.rest(work, taken)
                continue
        await parts.hand_in(taken.question)


async def _find(
    parts: Facilitator, actor: Actor, payment: Payment, payable: Payable
) -> Taken | None:
    """Return the word if it was taken; an identifier that stands for another one is refused."""
    word = payment.authorization
    async with parts.works.look(actor) as work:
        if payment.identifier is not None:
            known = await store.find_identifier(work, payment.identifier)
            if known is not None and (known.payer, known.nonce) != (word.payer, word.nonce):
                raise Conflict(
                    "This payment-identifier stands for another payment.",
                    code="payment_identifier_reuse",
                    param="extensions.payment-identifier.info.id",
                )
        name = payable.chain.network.name
        return await store.find_word(work, name, payable.domain.contract, word.payer, word.nonce)


async def _take(
    parts: Facilitator,
    caller: tuple[Actor, Merchant],
    question: Question,
    payable: Payable,
) -> Taken | None:
    """Write the word down with its intent; None when somebody was faster with the same word."""
    (actor, merchant), (payment, asked, body) = caller, question
    try:
        async with parts.works.begin(actor) as work:
            intent = await _promise(work, parts, merchant, question, payable)
            word = payment.authorization
            ends_at = dt.datetime.fromtimestamp(
                min(word.valid_before, (work.now + _WINDOW_MAX).timestamp()), dt.UTC
            )
            taken = Taken(
                id=work.new_id("xp"),
                merchant_id=merchant.id,
                livemode=actor.livemode,
                network=payable.chain.network.name,
                token=payable.domain.contract,
                payer=word.payer,
                nonce=word.nonce,
                identifier=payment.identifier,
                request=_digest(payment, asked),
                question=body,
                intent_id=intent.id,
                until=ends_at,
                created_at=work.now,
            )
            await _dispatch(work, taken, question, payable)
            return taken
    except UniqueViolation:
        return await _find(parts, actor, payment, payable)


async def _dispatch(work: Work, taken: Taken, question: Question, payable: Payable) -> None:
    """Keep the word, and let the merchant's own wallet carry it where it does; else hand it in."""
    payment, asked, _ = question
    wallet = await find_carrier(work, payable.chain, payable.asset, asked.units)
    await store.add(work, taken, None if wallet is not None else work.now + _AGAIN)
    if wallet is not None:
        signed = (payable.domain, payment.authorization, payment.signature)
        await queue_word(work, wallet, payable.chain, signed, reference=taken.id)


async def _leave_to_wallet(_question: bytes) -> None:
    """Do nothing more: the order to send was kept with the word."""


async def _promise(
    work: Work,
    parts: Facilitator,
    merchant: Merchant,
    question: Question,
    payable: Payable,
) -> PaymentIntent:
    """Make the intent that the transfer will pay, known by payer and nonce."""
    payment, asked, _ = question
    word = payment.authorization
    left_s = word.valid_before - int(work.now.timestamp())
    resource = payment.resource.url if payment.resource is not None else ""
    told = {"x402_payer": word.payer, "x402_resource": resource[:_METADATA_MAX]}
    new = NewIntent(
        amount=money(asked.units, payable.asset),
        description=payment.resource.description if payment.resource is not None else None,
        metadata={name: text for name, text in told.items() if text},
        expires_in_s=min(left_s, int(_WINDOW_MAX.total_seconds())) + _SPARE_S,
    )
    intent = await create_intent(work, new, merchant=merchant)
    choice = Choice(
        networks=[payable.chain.network.name],
        assets=[payable.asset],
        style=Style.MEMO,
        memo=word.reference,
    )
    wallets = await read_wallets(work)
    return await confirm_intent(
        work, intent, choice, chains=parts.chains, rates=parts.rates, wallets=wallets
    )


async def _wait(parts: Facilitator, actor: Actor, taken: Taken) -> PaymentIntent:
    """Return the intent once its money is in a block, or as it stands when patience is over."""
    for _ in range(parts.patience_s * _LOOKS_A_SECOND + 1):
        async with parts.works.look(actor) as work:
            intent = await find_intent(work, taken.intent_id)
        if is_included(intent):
            return intent
        await asyncio.sleep(_LOOK.total_seconds())
    return intent


def _is_repeat(payment: Payment, taken: Taken) -> bool:
    """Say whether the payer named this payment, and asks for its answer again by that name."""
    return taken.identifier is not None and taken.identifier == payment.identifier


def is_included(intent: PaymentIntent) -> bool:
    """Say whether all the money is in blocks; deep enough or not."""
    return intent.status is Status.SUCCEEDED or (
        intent.status is Status.PROCESSING and intent.resolution is not Resolution.SEEN
    )


def _digest(payment: Payment, asked: Requirement) -> bytes:
    """Return what makes two requests with one word the same: what is paid, and for what."""
    resource = payment.resource.url if payment.resource is not None else ""
    parts = (asked.chain_id, asked.units, asked.asset.lower(), asked.pay_to.lower(), resource)
    return hashlib.sha256(repr((*parts, payment.signature)).encode()).digest()


def _failed(asked: Requirement, payment: Payment, reason: Reason) -> Settlement:
    return Settlement(asked.chain_id, payment.authorization.payer, "", reason)


def _owner(taken: Taken) -> Actor:
    return Actor(taken.merchant_id, taken.livemode, frozenset())  # type: ignore[arg-type]
