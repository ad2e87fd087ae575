"""/v1/payment_intents."""

import re
from collections.abc import Mapping
from typing import Final

from sluice.app.app import App
from sluice.base.errors import Invalid, NotFound, Unauthenticated
from sluice.base.limits.presets import Limited
from sluice.base.sealing import equal
from sluice.business.accounts.api_keys.authenticate import Caller
from sluice.business.accounts.merchants.edit import read_wallets
from sluice.business.payments.conversions.find import find_conversions
from sluice.business.payments.intents.authorize import ask_word, nobody_carries
from sluice.business.payments.intents.cancel import cancel_intent
from sluice.business.payments.intents.confirm import confirm_intent
from sluice.business.payments.intents.create import create_intent
from sluice.business.payments.intents.find import find_intent, lock_intent, page_intents
from sluice.business.payments.intents.match import match_transaction, proof_text
from sluice.business.payments.intents.model import Choice, Offer, PaymentIntent
from sluice.business.payments.intents.update import update_intent
from sluice.business.payments.intents.wallet import ask_wallet as ask_payer
from sluice.doors.api.route import Call, Route, Shown
from sluice.engine.chains.wallets import WalletOrder
from sluice.wire import payer as by_payer
from sluice.wire import payment_intent as wire
from sluice.wire.conversion import LIST as CONVERSIONS
from sluice.wire.conversion import show_conversion
from sluice.wire.given import Given
from sluice.wire.lists import read_page, show_list
from sluice.wire.show import bounds


async def create(call: Call) -> Shown:
    """Create a PaymentIntent, and with confirm=true the ways to pay it."""
    new = wire.read_create(call.given, call.idempotency_key)
    intent = await create_intent(call.work, new, merchant=call.caller.merchant)
    if call.given.flag("confirm"):
        intent = await _confirm(call, intent, wire.read_choice(call.given))
    return wire.show_payment_intent(intent, call.app.view)


async def retrieve(call: Call) -> Shown:
    """Retrieve a PaymentIntent; with a publishable key and its secret, what its payer may see."""
    intent = await find_intent(call.work, call.path["id"])
    _check_client(call, intent)
    return show(call, intent)


async def update(call: Call) -> Shown:
    """Update a PaymentIntent."""
    held = await lock_intent(call.work, call.path["id"])
    changed = await update_intent(call.work, held, wire.read_update(call.given, held))
    return wire.show_payment_intent(changed, call.app.view)


async def confirm(call: Call) -> Shown:
    """Confirm a PaymentIntent: price it in the chosen assets and say where to send them."""
    held = await lock_intent(call.work, call.path["id"])
    _check_client(call, held)
    return show(call, await _confirm(call, held, wire.read_choice(call.given, held)))


async def cancel(call: Call) -> Shown:
    """Cancel a PaymentIntent that nobody has paid."""
    held = await lock_intent(call.work, call.path["id"])
    canceled = await cancel_intent(call.work, held, wire.read_cancel(call.given))
    return wire.show_payment_intent(canceled, call.app.view)


async def ask_wallet(call: Call) -> Shown:
    """Return what the payer's browser wallet is to sign for one of the ways to pay."""
    intent = await find_intent(call.work, call.path["id"])
    _check_client(call, intent)
    offer, order = order_for(intent, call.given)
    chain = call.app.chains.find(offer.network)
    if call.given.flag("authorization"):
        asked = await ask_word(call.work, intent, offer, order, chain=chain)
        if asked is None:
            raise nobody_carries(chain)
        return by_payer.show_wallet_request(asked)
    asked = await ask_payer(call.work, intent, offer, order, chain=chain, sealer=call.app.sealer)
    return by_payer.show_wallet_request(asked)


def order_for(intent: PaymentIntent, given: Given) -> tuple[Offer, WalletOrder]:
    """Return the newest offer of a network and asset, and what its payer is to send."""
    network, asset = given.need_text("network"), given.need_text("token")
    offers = [one for one in intent.offers if (one.network, one.asset) == (network, asset)]
    if not offers:
        raise NotFound("This way to pay was not offered; confirm the PaymentIntent with it first.")
    offer = max(offers, key=lambda one: (one.created_at, one.id))
    payer = given.need_text("payer")
    return offer, WalletOrder(offer.asset, offer.due, payer, offer.address, offer.memo)


async def find_payer(app: App, caller: Caller, given: Given, path: Mapping[str, str]) -> str | None:
    """Return who is proven to have paid, asking the network about contracts; None for nobody."""
    if not caller.is_client and given.text("payer") is None:
        return None
    check_secret(app, caller, given, path["id"])
    chain = app.chains.find(given.need_text("network"), param="network")
    if chain.has_signed is None:
        raise Invalid(
            f"No payer can prove a payment on {chain.network.title}; ask the shop.",
            code="payer_unproven",
            param="network",
        )
    payer = chain.addresses.parse(given.need_text("payer"))
    signature = given.need_text("payer_signature")
    if not _SIGNATURE.fullmatch(signature):
        raise Invalid("A signature is 0x and hex.", code="payer_unproven", param="payer_signature")
    text = proof_text(path["id"], given.need_text("transaction").lower())
    if not await chain.has_signed(payer, text, bytes.fromhex(signature[2:])):
        raise Invalid(
            f"Let the payer's wallet sign exactly this text: {text}",
            code="payer_unproven",
            param="payer_signature",
        )
    return payer


async def match(call: Call) -> Shown:
    """Match a transaction that came without its reference to a PaymentIntent.

    With a secret key the merchant decides. With a publishable key the payer shows by a signature
    that he sent it. A transaction that paid something else is refused.
    """
    intent = await lock_intent(call.work, call.path["id"])
    network, tx_id = call.given.need_text("network"), call.given.need_text("transaction").lower()
    await match_transaction(call.work, intent, network, tx_id, sender=call.prepared)
    return show(call, intent)


async def conversions(call: Call) -> Shown:
    """List what was paid in bitcoin to arrive as sBTC, and how far each payment is."""
    intent = await find_intent(call.work, call.path["id"])
    _check_client(call, intent)
    found = await find_conversions(call.work, intent.id)
    return {
        "object": "list",
        "url": f"{_ALL}/{intent.id}/conversions",
        "has_more": False,
        "data": [show_conversion(one) for one in found],
    }


async def page(call: Call) -> Shown:
    """List PaymentIntents, newest first."""
    listing = await page_intents(
        call.work,
        read_page(call.given),
        customer=call.given.text("customer"),
        created=bounds(call.given),
    )
    return show_list(_ALL, listing, lambda one: wire.show_payment_intent(one, call.app.view))


async def _confirm(call: Call, intent: PaymentIntent, choice: Choice) -> PaymentIntent:
    return await confirm_intent(
        call.work,
        intent,
        choice,
        chains=call.app.chains,
        rates=call.app.rates,
        wallets=await read_wallets(call.work),
    )


def _check_client(call: Call, intent: PaymentIntent) -> None:
    """A publishable key must show the client secret; a wrong one is like no intent at all."""
    check_secret(call.app, call.caller, call.given, intent.id)


def check_secret(app: App, caller: Caller, given: Given, intent_id: str) -> None:
    """Refuse a publishable key without the intent's own secret."""
    secret = given.text("client_secret")
    if caller.is_client and secret is None:
        raise Unauthenticated(
            "A publishable key needs the client_secret.", code="client_secret_missing"
        )
    if secret is not None and not equal(secret, app.view.client_secret(intent_id)):
        raise NotFound(f"No such payment_intent: '{intent_id}'", param="intent")


def show(call: Call, intent: PaymentIntent) -> Shown:
    """Show an intent as whoever asks may see it."""
    shown = wire.show_to_payer if call.caller.is_client else wire.show_payment_intent
    return shown(intent, call.app.view)


_SIGNATURE: Final = re.compile(r"0x(?:[0-9a-fA-F]{2}){1,4096}", re.ASCII)
_READ: Final = "payments:read"
_WRITE: Final = "payments:write"
_ANSWER: Final = "payment_intent"
_ALL: Final = "/v1/payment_intents"
_ONE: Final = "/v1/payment_intents/{id:str}"

ROUTES: Final = (
    Route("POST", _ALL, create, wire.CREATE, _WRITE, _ANSWER, limited=Limited.CREATE),
    Route("GET", _ALL, page, wire.LIST, _READ, "list"),
    Route("GET", _ONE, retrieve, wire.RETRIEVE, _READ, _ANSWER, client=True),
    Route("POST", _ONE, update, wire.UPDATE, _WRITE, _ANSWER),
    Route("POST", f"{_ONE}/confirm", confirm, wire.CONFIRM, _WRITE, _ANSWER, client=True),
    Route(
        "POST",
        f"{_ONE}/wallet_request",
        ask_wallet,
        by_payer.WALLET,
        _READ,
        "wallet_request",
        client=True,
    ),
    Route(
        "POST",
        f"{_ONE}/match",
        match,
        by_payer.MATCH,
        _WRITE,
        _ANSWER,
        client=True,
        prepare=find_payer,
    ),
    Route("GET", f"{_ONE}/conversions", conversions, CONVERSIONS, _READ, "list", client=True),
    Route("POST", f"{_ONE}/cancel", cancel, wire.CANCEL, _WRITE, _ANSWER),
)
