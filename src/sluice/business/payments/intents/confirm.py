"""The payer chose how to pay, or the merchant did for him."""

from sluice.base.work import Work
from sluice.business.accounts.merchants.model import Wallets
from sluice.business.payments.intents import store
from sluice.business.payments.intents.facts import IntentOffered
from sluice.business.payments.intents.model import Choice, PaymentIntent
from sluice.business.payments.intents.offer import make_offers
from sluice.engine.chains.registry import Chains
from sluice.engine.rates.quote import RatePolicy


async def confirm_intent(
    work: Work,
    intent: PaymentIntent,
    choice: Choice,
    *,
    chains: Chains,
    rates: RatePolicy,
    wallets: Wallets,
) -> PaymentIntent:
    """Offer the chosen ways to pay an intent that this Work holds locked or has just made."""
    intent.with_offers((), work.now)
    offers = await make_offers(work, intent, choice, chains=chains, rates=rates, wallets=wallets)
    offered = intent.with_offers(offers, work.now)
    store.add_offers(work, intent, offers)
    await store.save(work, [offered])
    work.record(
        [IntentOffered(merchant_id=intent.merchant_id, livemode=intent.livemode, intent=offered)]
    )
    work.tell(intent.id)
    return offered
