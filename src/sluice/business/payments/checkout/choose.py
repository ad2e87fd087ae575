"""The payer chooses how to pay: what there is to choose from, and the choice."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sluice.base.errors import Declined, Invalid
from sluice.base.money.catalogue import asset_of
from sluice.base.money.money import Money
from sluice.base.work import Work
from sluice.business.accounts.merchants.edit import find_merchant, read_wallets
from sluice.business.accounts.merchants.model import Wallets
from sluice.business.payments.checkout.model import Session
from sluice.business.payments.conversions.offer import takes_deposit
from sluice.business.payments.intents.confirm import confirm_intent
from sluice.business.payments.intents.find import lock_intent
from sluice.business.payments.intents.model import Choice, Offer, PaymentIntent
from sluice.business.payments.intents.ways import can_receive, is_deposit
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.model import Network, Style
from sluice.engine.chains.registry import Chains
from sluice.engine.rates.model import Quote
from sluice.engine.rates.quote import RatePolicy, quote_assets
from sluice.engine.watcher.checks import without_withdrawn

# A price with less time than this left is no help to somebody who is about to pay.
_LEFT: Final = dt.timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Priced:
    """One network and asset, and what the intent costs there now."""

    network: Network
    due: Money
    quote: Quote


async def list_choices(
    work: Work, intent: PaymentIntent, *, chains: Chains, rates: RatePolicy
) -> list[Priced]:
    """Price what the payer may choose; assets without a fresh price are left out.

    Raises Unavailable with code `rate_unavailable` when there is no price at all.
    """
    wallets = await read_wallets(work)
    pairs = await without_withdrawn(work, _pairs(intent, chains, wallets))
    if not pairs:
        return []
    assets = {code: asset_of(code) for _, code in pairs}
    quotes = await quote_assets(
        work,
        list(assets.values()),
        intent.amount.asset,
        policy=rates,
        livemode=intent.livemode,
        valid_for_s=intent.terms.quote_valid_s,
    )
    priced = {quote.asset.code: quote for quote in quotes}
    found = [
        Priced(chain.network, priced[code].due(intent.amount), priced[code])
        for chain, code in pairs
        if code in priced
    ]
    style = _style(intent)
    return [one for one in found if await _is_taken(work, one, style, wallets, chains=chains)]


async def choose(
    work: Work, session: Session, network: str, asset: str, *, chains: Chains, rates: RatePolicy
) -> PaymentIntent:
    """Offer one network and asset at today's price, unless the last price for it still holds."""
    merchant = await find_merchant(work, session.merchant_id)
    if merchant.status != "active":
        raise Declined("This shop is not taking payments right now.", code="account_suspended")
    intent = await lock_intent(work, session.intent_id)
    last = newest_offer(intent, network, asset)
    if intent.is_open and last is not None and last.valid_until - work.now > _LEFT:
        return intent
    wallets = await read_wallets(work)
    offered = {(one.network.name, code) for one, code in _pairs(intent, chains, wallets)}
    if (network, asset) not in offered:
        raise Invalid("This cannot be paid like that.", code="payment_method_unavailable")
    choice = Choice([network], [asset], _style(intent))
    return await confirm_intent(work, intent, choice, chains=chains, rates=rates, wallets=wallets)


def newest_offer(intent: PaymentIntent, network: str, asset: str) -> Offer | None:
    """Return the offer that counts for a network and asset: the one made last."""
    made = [offer for offer in intent.offers if (offer.network, offer.asset) == (network, asset)]
    return max(made, key=lambda offer: (offer.created_at, offer.id), default=None)


async def _is_taken(
    work: Work, one: Priced, style: Style | None, wallets: Wallets, *, chains: Chains
) -> bool:
    """Say whether a choice would not be refused: a peg takes neither dust nor what is too much."""
    name = one.network.name
    if not is_deposit(chains.find(name), style, wallets):
        return True
    peg = chains.pegged(name)
    return peg is not None and await takes_deposit(work, one.due.units, chain=peg)


def _pairs(intent: PaymentIntent, chains: Chains, wallets: Wallets) -> Sequence[tuple[Chain, str]]:
    """Return the pairs that can be paid, of those that the merchant wants for this intent."""
    networks, assets = intent.options.get("networks"), intent.options.get("tokens")
    return [
        (chain, asset)
        for chain in chains.for_mode(livemode=intent.livemode)
        if can_receive(chain, wallets) and (networks is None or chain.network.name in networks)
        for asset in chain.network.assets
        if assets is None or asset in assets
    ]


def _style(intent: PaymentIntent) -> Style | None:
    style = intent.options.get("style")
    return Style(style) if style else None
