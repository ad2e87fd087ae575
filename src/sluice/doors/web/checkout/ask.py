"""The payer's own wallet is asked: which offer it pays, and what is left of it."""

from sluice.app.app import App
from sluice.base.errors import Invalid
from sluice.base.money.catalogue import money
from sluice.base.work import Work
from sluice.business.payments.checkout.look import Sight
from sluice.business.payments.intents.wallet import ask_wallet
from sluice.doors.web.checkout.state import Asked, Pair, missing, offer_in_use
from sluice.engine.chains.wallets import WalletOrder, WalletRequest


async def ask(
    work: Work, sight: Sight, pair: Pair | None, payer: str, *, app: App
) -> WalletRequest:
    """Return the request for what is missing of the offer in use."""
    offer = offer_in_use(sight.intent, Asked(pair))
    chain = None if offer is None else app.chains.by_name.get(offer.network)
    if offer is None or chain is None:
        raise Invalid("Choose how to pay first.", code="payment_method_unavailable", param="pay")
    rest = missing(sight, money(offer.due, offer.asset))
    order = WalletOrder(offer.asset, rest.units, payer, offer.address, offer.memo)
    return await ask_wallet(work, sight.intent, offer, order, chain=chain, sealer=app.sealer)
