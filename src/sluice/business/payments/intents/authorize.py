"""A payer signs a word instead of sending; a hot wallet of the merchant's carries it."""

import datetime as dt
from typing import Final, NamedTuple

from sluice.base.errors import Invalid, Unavailable
from sluice.base.work import Work
from sluice.business.payments.intents.model import Offer, PaymentIntent
from sluice.business.payments.intents.wallet import check_order
from sluice.engine.chains.authorization import (
    NONCE_BYTES,
    Authorization,
    Authorizer,
    TokenDomain,
    Unusable,
    Window,
)
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.model import Style
from sluice.engine.chains.wallets import WalletOrder, WalletRequest
from sluice.engine.sender.words import find_carrier, queue_word
from sluice.engine.watcher.checks import is_found_right
from sluice.engine.watcher.model import Target
from sluice.engine.watcher.targets import expect_once

# Time to look at what is signed; then it is worth nothing, wherever it lies.
_LASTS: Final = dt.timedelta(minutes=20)
# What is left of it when it is taken must be enough to be mined.
_SPARE_S: Final = 60


class Signed(NamedTuple):
    """A payer's word and his signature."""

    word: Authorization
    signature: bytes


async def ask_word(
    work: Work, intent: PaymentIntent, offer: Offer, order: WalletOrder, *, chain: Chain
) -> WalletRequest | None:
    """Return what the payer's wallet is to sign; None where nobody would carry his word.

    Raises Invalid when there is nothing to ask a wallet for.
    """
    found = _token(chain, offer)
    if found is None:
        return None
    authorizer, domain = found
    if await find_carrier(work, chain, offer.asset, order.units) is None:
        return None
    if not await is_found_right(work, offer.network, authorizer.subject_of(domain)):
        return None
    check_order(work, intent, offer, order, chain=chain)
    until = min(work.now + _LASTS, intent.deadline(offer))
    word = Authorization(
        payer=chain.addresses.parse(order.payer),
        payee=offer.address,
        units=order.units,
        valid_after=0,
        valid_before=int(until.timestamp()),
        nonce=work.random_bytes(NONCE_BYTES),
    )
    return authorizer.ask_wallet(domain, word)


def read_word(
    chain: Chain, order: WalletOrder, *, valid_before: int, nonce: str, signature: str
) -> Signed:
    """Return the word that was signed if it was signed for this order. Raises Invalid."""
    try:
        chance, signed = (bytes.fromhex(text.removeprefix("0x")) for text in (nonce, signature))
    except ValueError:
        raise Invalid("Write it in hex.", code="authorization_signature") from None
    payer = chain.addresses.parse(order.payer)
    word = Authorization(payer, order.address, order.units, 0, valid_before, chance)
    return Signed(word, signed)


async def rehearse_word(chain: Chain, offer: Offer, signed: Signed) -> None:
    """Refuse a word that the token would not take now; asks the network, keeps nothing."""
    found = _token(chain, offer)
    if found is None:
        raise nobody_carries(chain)
    authorizer, domain = found
    unusable = await authorizer.rehearse(domain, *signed)
    if unusable is not None:
        raise Invalid(_WHY[unusable], code=f"authorization_{unusable}", param="signature")


async def take_word(
    work: Work,
    intent: PaymentIntent,
    offer: Offer,
    order: WalletOrder,
    signed: Signed,
    *,
    chain: Chain,
) -> None:
    """Take a rehearsed word for exactly this order, and queue the call that uses it."""
    check_order(work, intent, offer, order, chain=chain)
    word = signed.word
    exact = (chain.addresses.parse(order.payer), offer.address, order.units)
    if (word.payer, word.payee, word.units) != exact:
        raise Invalid("This was signed for another payment.", code="authorization_other")
    if word.window(work.now, spare_s=_SPARE_S) is not Window.OPEN:
        raise Invalid("What was signed is too old; ask for a new one.", code="authorization_late")
    found, wallet = _token(chain, offer), await find_carrier(work, chain, offer.asset, word.units)
    if found is None or wallet is None:
        raise nobody_carries(chain)
    await _expect(work, intent, offer, word)
    await queue_word(work, wallet, chain, (found[1], word, signed.signature), reference=offer.id)


async def _expect(work: Work, intent: PaymentIntent, offer: Offer, word: Authorization) -> None:
    """Know the transfer by payer and nonce, where its address is not this payment's alone."""
    if offer.style == Style.ADDRESS:
        return
    await expect_once(
        work,
        Target(
            id=work.new_id("tgt"),
            merchant_id=intent.merchant_id,
            livemode=intent.livemode,
            network=offer.network,
            style=Style.MEMO,
            address=offer.address,
            reference=offer.id,
            watch_until=intent.watch_until,
            memo=word.reference,
        ),
    )


def _token(chain: Chain, offer: Offer) -> tuple[Authorizer, TokenDomain] | None:
    domain = None if chain.authorizer is None else chain.authorizer.domain_of(offer.asset)
    return None if chain.authorizer is None or domain is None else (chain.authorizer, domain)


def nobody_carries(chain: Chain) -> Unavailable:
    """Return the refusal where no hot wallet of the merchant's carries words."""
    return Unavailable(
        f"Nobody brings signed payments to {chain.network.title} here; send it yourself.",
        code="authorization_unavailable",
    )


_WHY: Final = {
    Unusable.FUNDS: "The payer holds too little of it.",
    Unusable.USED: "This was used already.",
    Unusable.EARLY: "This may not be used yet.",
    Unusable.LATE: "What was signed is too old; ask for a new one.",
    Unusable.SIGNATURE: "The payer's wallet did not sign this.",
    Unusable.OTHER: "The token refuses this payment.",
}
