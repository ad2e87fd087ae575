"""Ways to pay an intent: a price, an address, and something to tell the payment apart by."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Final

from sluice.base.errors import Invalid, Unavailable
from sluice.base.money.catalogue import asset_of
from sluice.base.work import Work
from sluice.business.accounts.merchants.gateways import find_gateway, gateway_of
from sluice.business.accounts.merchants.model import Wallets
from sluice.business.payments.conversions.offer import offer_deposit
from sluice.business.payments.intents.model import Choice, Offer, PaymentIntent
from sluice.business.payments.intents.ways import can_receive, choose_style
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.gateway import GatewayAccount
from sluice.engine.chains.model import Style
from sluice.engine.chains.registry import Chains
from sluice.engine.keys.receiving.lease import lease_address
from sluice.engine.rates.model import Quote
from sluice.engine.rates.quote import RatePolicy, quote_assets
from sluice.engine.watcher.checks import without_withdrawn
from sluice.engine.watcher.deposits import networks_with_deposits, new_deposit
from sluice.engine.watcher.model import Target
from sluice.engine.watcher.targets import (
    expect,
    expect_instead,
    expect_unique_amount,
    expect_wallet,
)

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
    wallets: Wallets,
) -> list[Offer]:
    """Price every chosen (network, asset) and start waiting for the money.

    Raises Invalid when nothing of the choice can be offered, Unavailable when there is no price.
    """
    pairs = await _pairs(work, intent, choice, chains=chains, wallets=wallets)
    quotes = await quote_assets(
        work,
        [asset_of(asset) for asset in dict.fromkeys(asset for _, asset in pairs)],
        intent.amount.asset,
        policy=rates,
        livemode=intent.livemode,
        valid_for_s=intent.terms.quote_valid_s,
    )
    priced = {quote.asset.code: quote for quote in quotes}
    own = await networks_with_deposits(work, [chain for chain, _ in pairs], wallets.addresses)
    offers: list[Offer] = []
    for chain, asset in pairs:
        if asset in priced:
            gateway = await find_gateway(work, chain)
            has_own = chain.derive is not None or chain.network.name in own
            style = choose_style(chain, choice.style, wallets, gateway, has_own=has_own)
            offer = _priced(work, intent, chain, priced[asset], style, memo=choice.memo)
            if style is Style.ADDRESS and offer.due < chain.network.dust.get(asset, 0):
                continue
            made = [*intent.offers, *offers]
            if style is Style.DEPOSIT:
                peg = chains.pegged(offer.network)
                try:
                    offers.append(await _deposited(work, intent, offer, peg, wallets))
                except (Invalid, Unavailable):
                    # What the peg refuses today is left out where there is a choice.
                    if choice.networks is not None:
                        raise
                continue
            placed = await _placed(work, intent, chain, offer, made=made, wallets=wallets)
            if gateway is not None:
                _expect_call(work, intent, chain, placed, gateway, made=made)
            offers.append(placed)
    if not offers:
        raise _nothing()
    return offers


async def _pairs(
    work: Work, intent: PaymentIntent, choice: Choice, *, chains: Chains, wallets: Wallets
) -> list[tuple[Chain, str]]:
    """Return the (network, asset) pairs that can be paid, of those that are wanted."""
    if choice.networks is None:
        wanted = chains.for_mode(livemode=intent.livemode)
    else:
        wanted = [chains.find(name, param="payment_method_options") for name in choice.networks]
    pairs = [
        (chain, asset)
        for chain in wanted
        if chain.network.livemode is intent.livemode and can_receive(chain, wallets)
        for asset in chain.network.assets
        if choice.assets is None or asset in choice.assets
    ]
    pairs = await without_withdrawn(work, pairs)
    if not pairs:
        raise _nothing()
    return pairs


def _nothing() -> Invalid:
    return Invalid(
        "None of these networks and assets can be paid here; "
        "set a wallet or an account for the network first, or leave the choice open.",
        code="payment_method_unavailable",
        param="payment_method_options",
    )


def _priced(
    work: Work, intent: PaymentIntent, chain: Chain, quote: Quote, style: Style, *, memo: str | None
) -> Offer:
    """Return an offer that has a price and no address yet."""
    network = chain.network
    due = quote.due(intent.amount)
    return Offer(
        id=work.new_id("off"),
        network=network.name,
        asset=quote.asset.code,
        style=style.value,
        address="",
        memo=memo,
        due=due.units,
        discount=0,
        depth_wanted=network.finality.depth_for(quote.asset.code, due.units),
        rate_numerator=quote.price.numerator,
        rate_denominator=quote.price.denominator,
        rate_source=quote.source,
        created_at=work.now,
        valid_until=min(quote.valid_until, intent.expires_at),
    )


async def _placed(
    work: Work,
    intent: PaymentIntent,
    chain: Chain,
    offer: Offer,
    *,
    made: Sequence[Offer],
    wallets: Wallets,
) -> Offer:
    """Give an offer its address; one that only another asset tells apart shares the one before."""
    before = next((o for o in made if (o.network, o.style) == (offer.network, offer.style)), None)
    if offer.style == Style.AMOUNT:
        return await _by_amount(work, intent, chain, offer, wallets)
    if before is not None:
        return dataclasses.replace(offer, address=before.address, memo=before.memo)
    if offer.style in {Style.MEMO, Style.CONTRACT}:
        offer = dataclasses.replace(
            offer,
            address=await _shared(work, intent, chain, wallets),
            memo=offer.memo or work.random_bytes(_REFERENCE_BYTES).hex(),
        )
    elif chain.network.name in wallets.accounts:
        return await _leased(work, intent, chain, offer)
    else:
        offer = dataclasses.replace(offer, address=_own(work, chain, intent, wallets))
    # What comes through the contract brings the memo along, too, should the contract say less.
    style = Style.MEMO if offer.style == Style.CONTRACT else Style(offer.style)
    expect(work, _target(work, intent, offer, style))
    return offer


async def _deposited(
    work: Work, intent: PaymentIntent, offer: Offer, peg: Chain | None, wallets: Wallets
) -> Offer:
    """Give an offer the address of a deposit, which is minted to the merchant's wallet."""
    recipient = None if peg is None else wallets.addresses.get(peg.network.name)
    if peg is None or recipient is None:
        raise _nothing()
    deposit = await offer_deposit(
        work, offer.id, intent_id=intent.id, units=offer.due, chain=peg, recipient=recipient
    )
    offer = dataclasses.replace(offer, address=deposit.scripts.address)
    expect(work, _target(work, intent, offer, Style.DEPOSIT))
    return offer


def _expect_call(
    work: Work,
    intent: PaymentIntent,
    chain: Chain,
    offer: Offer,
    account: GatewayAccount,
    *,
    made: Sequence[Offer],
) -> None:
    """Wait for the gateway to name this offer; one reference may stand for several assets."""
    if offer.memo is None or any(other.memo == offer.memo for other in made):
        return
    wanted = _target(work, intent, offer, Style.CONTRACT)
    reference = gateway_of(chain).reference(account.number, offer.memo)
    expect(work, dataclasses.replace(wanted, address=account.payout, memo=reference))


async def _leased(work: Work, intent: PaymentIntent, chain: Chain, offer: Offer) -> Offer:
    """Pay at an address of the merchant's account until the intent's time and grace are over."""
    until = intent.expires_at + dt.timedelta(seconds=intent.terms.late_grace_s)
    lease = await lease_address(work, chain, offer.id, until=until)
    offer = dataclasses.replace(offer, address=lease.address)
    target = _target(work, intent, offer, Style.ADDRESS)
    if lease.is_reused:
        await expect_instead(work, target)
    else:
        expect(work, target)
    return offer


async def _by_amount(
    work: Work, intent: PaymentIntent, chain: Chain, offer: Offer, wallets: Wallets
) -> Offer:
    """Ask for an amount nobody else was asked for; a wallet that can add a memo may do so."""
    takes_memo = Style.MEMO in chain.network.styles
    memo = work.random_bytes(_REFERENCE_BYTES).hex() if takes_memo else None
    address = await _shared(work, intent, chain, wallets)
    offer = dataclasses.replace(offer, address=address, memo=memo)
    spread = min(_SPREAD, offer.due // 100)
    wanted = dataclasses.replace(
        _target(work, intent, offer, Style.AMOUNT),
        asset=offer.asset,
        units=offer.due,
        watch_until=offer.valid_until + dt.timedelta(days=1),
    )
    got = await expect_unique_amount(work, wanted, spread=spread)
    if offer.memo is not None:
        expect(work, _target(work, intent, offer, Style.MEMO))
    units = got.units or offer.due
    return dataclasses.replace(offer, due=units, discount=offer.due - units)


def _own(work: Work, chain: Chain, intent: PaymentIntent, wallets: Wallets) -> str:
    """Return an address for this intent alone, which pays the merchant's wallet where it must."""
    if chain.derive is not None:
        return chain.derive(intent.id)
    return new_deposit(work, chain, intent.id, wallets.addresses[chain.network.name])


async def _shared(work: Work, intent: PaymentIntent, chain: Chain, wallets: Wallets) -> str:
    """Return the merchant's address; what comes there without a reference is watched as well."""
    wallet = wallets.addresses.get(chain.network.name)
    if wallet is not None:
        return wallet
    if chain.derive is None:
        raise Invalid(f"Set a wallet for {chain.network.title} first.", code="wallet_missing")
    address = chain.derive(intent.merchant_id)
    await expect_wallet(
        work,
        Target(
            id=work.new_id("tgt"),
            merchant_id=intent.merchant_id,
            livemode=intent.livemode,
            network=chain.network.name,
            style=Style.WALLET,
            address=address,
            reference=None,
            watch_until=work.now,
        ),
    )
    return address


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
