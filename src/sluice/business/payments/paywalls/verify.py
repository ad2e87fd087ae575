"""Hold a payment against what was asked. Pure; the chain's own word comes after, by simulation."""

import datetime as dt
from collections.abc import Callable
from typing import Final, TypeAlias

from sluice.business.payments.paywalls.model import (
    VERSION,
    Payment,
    PaymentRequired,
    Reason,
    Requirement,
)
from sluice.engine.chains.authorization import Authorization, TokenDomain, Window

# Says whether the payer's own key signed this word for this contract.
HasSigned: TypeAlias = Callable[[TokenDomain, Authorization, bytes], bool]

# A word that is about to end is not taken: it must still hold when it is mined.
SPARE_S: Final = 6


def choose_requirement(payment: Payment, required: PaymentRequired) -> Requirement | Reason:
    """Return which of our own requirements is paid; the payer's copy only points at one of them.

    Version 1 sends no copy, so it needs one requirement on its network to point at.
    """
    if payment.resource is not None and payment.resource.url != required.resource.url:
        return Reason.REQUIREMENTS
    here = [one for one in required.accepts if one.chain_id == payment.chain_id]
    if not here:
        return Reason.NETWORK
    accepted = payment.accepted
    if accepted is None:
        is_clear = payment.version != VERSION and len(here) == 1
        return here[0] if is_clear else Reason.REQUIREMENTS
    return next((one for one in here if one.is_same(accepted)), Reason.REQUIREMENTS)


def verify_payment(
    payment: Payment,
    asked: Requirement,
    domain: TokenDomain,
    *,
    at: dt.datetime,
    has_signed: HasSigned,
) -> Reason | None:
    """Return why the payment is not taken, or None.

    The domain is the one our registry knows, never the payer's or the seller's: words for any
    other are worthless. More than was asked is refused like less. Whether the word was used
    before, and whether the payer has the money, only the chain can say.
    """
    if payment.chain_id != asked.chain_id:
        return Reason.NETWORK
    if not _fits(asked, domain):
        return Reason.REQUIREMENTS
    if payment.accepted is not None and not payment.accepted.is_same(asked):
        return Reason.REQUIREMENTS
    return _refuse_word(payment.authorization, asked, at) or (
        None if has_signed(domain, payment.authorization, payment.signature) else Reason.SIGNATURE
    )


def _fits(asked: Requirement, domain: TokenDomain) -> bool:
    """Say whether a requirement names the contract as the contract names itself."""
    named = (asked.extra.get("name"), asked.extra.get("version"))
    return (
        asked.chain_id == domain.chain_id
        and asked.asset.lower() == domain.contract
        and named == (domain.name, domain.version)
    )


def _refuse_word(word: Authorization, asked: Requirement, at: dt.datetime) -> Reason | None:
    # Money that goes where it comes from pays nobody.
    if word.payee != asked.pay_to.lower() or word.payer == word.payee:
        return Reason.RECIPIENT
    if word.units != asked.units:
        return Reason.VALUE
    window = word.window(at, spare_s=SPARE_S)
    if window is Window.EARLY:
        return Reason.VALID_AFTER
    return Reason.VALID_BEFORE if window is Window.LATE else None
