"""The payer's own wallet is asked: which offer it pays, and what is left of it."""

from collections.abc import Mapping

from sluice.app.app import App
from sluice.base.errors import Invalid
from sluice.base.money.catalogue import money
from sluice.base.work import Work
from sluice.business.payments.checkout.look import Sight
from sluice.business.payments.intents.authorize import (
    Signed,
    ask_word,
    read_word,
    rehearse_word,
    take_word,
)
from sluice.business.payments.intents.model import Offer
from sluice.business.payments.intents.wallet import ask_wallet, check_order
from sluice.doors.web.checkout.state import Asked, Pair, missing, offer_in_use
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.sponsor import Sponsorship
from sluice.engine.chains.wallets import WalletOrder, WalletRequest


async def ask(
    work: Work, sight: Sight, pair: Pair | None, payer: str, *, app: App
) -> WalletRequest:
    """Return the request for what is missing of the offer in use.

    Where the shop's hot wallet carries what payers sign, they are asked for no more than that.
    """
    chain, offer, order = _order(sight, pair, payer, app)
    word = await ask_word(work, sight.intent, offer, order, chain=chain)
    if word is not None:
        return word
    return await ask_wallet(work, sight.intent, offer, order, chain=chain, sealer=app.sealer)


async def rehearse(sight: Sight, pair: Pair | None, form: Mapping[str, str], app: App) -> Signed:
    """Ask the token whether it would take what the payer signed."""
    chain, offer, order = _order(sight, pair, form.get("payer", ""), app)
    until = form.get("valid_before", "")
    signed = read_word(
        chain,
        order,
        valid_before=int(until) if until.isascii() and until.isdigit() else 0,
        nonce=form.get("nonce", ""),
        signature=form.get("signature", ""),
    )
    await rehearse_word(chain, offer, signed)
    return signed


async def take(work: Work, sight: Sight, pair: Pair | None, signed: Signed, *, app: App) -> None:
    """Take what the payer signed for what is missing of the offer in use."""
    chain, offer, order = _order(sight, pair, signed.word.payer, app)
    await take_word(work, sight.intent, offer, order, signed, chain=chain)


def sponsored(
    work: Work, sight: Sight, pair: Pair | None, payer: str, *, app: App
) -> tuple[Sponsorship, WalletOrder]:
    """Return who would pay the network's fee of what is missing, and the payment."""
    chain, offer, order = _order(sight, pair, payer, app)
    if chain.sponsorship is None:
        raise Invalid(
            f"Nobody pays fees for others on {chain.network.title}.", code="sponsor_unavailable"
        )
    check_order(work, sight.intent, offer, order, chain=chain)
    return chain.sponsorship, order


def _order(
    sight: Sight, pair: Pair | None, payer: str, app: App
) -> tuple[Chain, Offer, WalletOrder]:
    offer = offer_in_use(sight.intent, Asked(pair))
    chain = None if offer is None else app.chains.by_name.get(offer.network)
    if offer is None or chain is None:
        raise Invalid("Choose how to pay first.", code="payment_method_unavailable", param="pay")
    rest = missing(sight, money(offer.due, offer.asset))
    return chain, offer, WalletOrder(offer.asset, rest.units, payer, offer.address, offer.memo)
