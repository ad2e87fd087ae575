"""Ways to pay an intent: a price, an address, and something to tell the payment apart by."""

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from sluice.base.errors import Invalid
from sluice.base.money.catalogue import asset_of
from sluice.base.work import Work
from sluice.business.payments.intents.model import Choice, Offer, PaymentIntent
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.model import Style
from sluice.engine.chains.registry import Chains
from sluice.engine.rates.model import Quote
from sluice.engine.rates.quote import RatePolicy, quote_assets
from sluice.engine.watcher.model import Target
from sluice.engine.watcher.targets import expect, expect_unique_amount

# How many of the smallest units an amount may be lowered to make it unique: below one US cent for
# assets with six decimals.
_SPREAD: Final = 9_999
_REFERENCE_BYTES: Final = 16


async def make_offers(
    work: Work,
    intent: PaymentIntent,
    choice: Choice,
    *,
    chains: Chains,
    rates: RatePolicy,
    wallets: Mapping[str, str],
) -> list[Offer]:
    """Price every chosen (network, asset) and start waiting for the money.

    Raises Invalid when nothing of the choice can be offered, Unavailable when there is no price.
    """
    pairs = _pairs(intent, choice, chains, wallets)
    assets = {asset: asset_of(asset) for _, asset in pairs}
    quotes = await quote_assets(
        work,
        list(assets.values()),
        intent.amount.asset,
        policy=rates,
        livemode=intent.livemode,
        valid_for_s=intent.terms.quote_valid_s,
    )
    priced = {quote.asset.code: quote for quote in quotes}
    offers: list[Offer] = []
    for chain, asset in pairs:
        if asset in priced:
            made = [*intent.offers, *offers]
            offers.append(
                await _make(work, intent, made, chain, priced[asset], choice.style, wallets)
            )
    return offers


def _pairs(
    intent: PaymentIntent, choice: Choice, chains: Chains, wallets: Mapping[str, str]
) -> list[tuple[Chain, str]]:
    """Return the (network, asset) pairs that can be paid, of those that are wanted."""
    if choice.networks is None:
        wanted = chains.for_mode(livemode=intent.livemode)
    else:
        wanted = [chains.find(name, param="payment_method_options") for name in choice.networks]
    pairs = [
        (chain, asset)
        for chain in wanted
        if chain.network.livemode is intent.livemode
        and (chain.derive or chain.network.name in wallets)
        for asset in chain.network.assets
        if choice.assets is None or asset in choice.assets
    ]
    if not pairs:
        raise Invalid(
            "None of these networks and assets can be paid here; set a wallet for the network first, "
            "or leave the choice open.",
            code="payment_method_unavailable",
            param="payment_method_options",
        )
    return pairs


async def _make(
    work: Work,
    intent: PaymentIntent,
    made: Sequence[Offer],
    chain: Chain,
    quote: Quote,
    style: Style | None,
    wallets: Mapping[str, str],
) -> Offer:
    network = chain.network
    due = quote.due(intent.amount)
    offer = Offer(
        id=work.new_id("off"),
        network=network.name,
        asset=quote.asset.code,
        style=(_style(chain, style, wallets)).value,
        address="",
        memo=None,
        due=due.units,
        discount=0,
        depth_wanted=network.finality.depth_for(quote.asset.code, due.units),
        rate_numerator=quote.price.numerator,
        rate_denominator=quote.price.denominator,
        rate_source=quote.source,
        created_at=work.now,
        valid_until=min(quote.valid_until, intent.expires_at),
    )
    before = next((o for o in made if (o.network, o.style) == (offer.network, offer.style)), None)
    if offer.style == Style.AMOUNT:
        return await _by_amount(work, intent, chain, offer, wallets)
    if before is not None:
        return dataclasses.replace(offer, address=before.address, memo=before.memo)
    if offer.style == Style.MEMO:
        offer = dataclasses.replace(
            offer,
            address=_shared(intent, chain, wallets),
            memo=work.random_bytes(_REFERENCE_BYTES).hex(),
        )
    else:
        offer = dataclasses.replace(offer, address=_own(chain, intent))
    expect(work, _target(work, intent, offer, Style(offer.style)))
    return offer


async def _by_amount(
    work: Work, intent: PaymentIntent, chain: Chain, offer: Offer, wallets: Mapping[str, str]
) -> Offer:
    """Ask for an amount nobody else was asked for; a wallet that can add our reference may do so."""
    offer = dataclasses.replace(
        offer,
        address=_shared(intent, chain, wallets),
        memo=work.random_bytes(_REFERENCE_BYTES).hex()
        if Style.MEMO in chain.network.styles
        else None,
    )
    spread = min(_SPREAD, offer.due // 100)
    wanted = dataclasses.replace(
        _target(work, intent, offer, Style.AMOUNT), memo=None, asset=offer.asset, units=offer.due,
        watch_until=offer.valid_until + dt.timedelta(days=1),
    )  # fmt: skip
    got = await expect_unique_amount(work, wanted, spread=spread)
    if offer.memo is not None:
        expect(work, _target(work, intent, offer, Style.MEMO))
    units = got.units or offer.due
    return dataclasses.replace(offer, due=units, discount=offer.due - units)


def _style(chain: Chain, asked: Style | None, wallets: Mapping[str, str]) -> Style:
    """Return the strongest style that works here, or the one asked for."""
    possible = [
        style
        for style in chain.network.styles
        if (style is Style.ADDRESS and chain.derive) or (style is not Style.ADDRESS)
    ]
    if asked is None:
        return (
            Style.AMOUNT
            if possible[0] is Style.MEMO and chain.network.name in wallets
            else possible[0]
        )
    if asked not in possible:
        raise Invalid(
            f"{chain.network.title} payments cannot be told apart by {asked}.",
            code="parameter_invalid_enum",
            param="payment_method_options",
        )
    return asked


def _own(chain: Chain, intent: PaymentIntent) -> str:
    if chain.derive is None:
        raise Invalid(
            f"{chain.network.title} has no addresses of its own for payments.",
            code="style_unavailable",
        )
    return chain.derive(intent.id)


def _shared(intent: PaymentIntent, chain: Chain, wallets: Mapping[str, str]) -> str:
    wallet = wallets.get(chain.network.name)
    if wallet is None and chain.derive is not None:
        wallet = chain.derive(intent.merchant_id)
    if wallet is None:
        raise Invalid(f"Set a wallet for {chain.network.title} first.", code="wallet_missing")
    return wallet


def _target(work: Work, intent: PaymentIntent, offer: Offer, style: Style) -> Target:
    return Target(
        id=work.new_id("tgt"),
        merchant_id=intent.merchant_id,
        livemode=intent.livemode,
        network=offer.network,
        style=style,
        address=offer.address,
        reference=offer.id,
        watch_until=intent.watch_until,
        memo=offer.memo if style is Style.MEMO else None,
    )
