"""/v1/payment_intents/{id}/authorization."""

from collections.abc import Mapping
from typing import Final

from sluice.app.app import App
from sluice.base.limits.presets import Limited
from sluice.business.accounts.api_keys.authenticate import Caller
from sluice.business.payments.intents.authorize import Signed, read_word, rehearse_word, take_word
from sluice.business.payments.intents.find import find_intent, lock_intent
from sluice.doors.api.route import Call, Route, Shown
from sluice.doors.api.v1.payment_intents import check_secret, order_for, show
from sluice.wire import payer as by_payer
from sluice.wire.given import Given


async def rehearse(app: App, caller: Caller, given: Given, path: Mapping[str, str]) -> Signed:
    """Ask the token whether it would take what the payer signed, before anything is held."""
    check_secret(app, caller, given, path["id"])
    async with app.works.look(caller.actor) as work:
        intent = await find_intent(work, path["id"])
    offer, order = order_for(intent, given)
    chain = app.chains.find(offer.network)
    signed = read_word(
        chain,
        order,
        valid_before=given.need_integer("valid_before"),
        nonce=given.need_text("nonce"),
        signature=given.need_text("signature"),
    )
    await rehearse_word(chain, offer, signed)
    return signed


async def authorize(call: Call) -> Shown:
    """Pay a PaymentIntent by what the payer's wallet signed; the shop brings it to the network."""
    intent = await lock_intent(call.work, call.path["id"])
    offer, order = order_for(intent, call.given)
    chain = call.app.chains.find(offer.network)
    await take_word(call.work, intent, offer, order, call.prepared, chain=chain)
    return show(call, intent)


ROUTES: Final = (
    Route(
        "POST",
        "/v1/payment_intents/{id:str}/authorization",
        authorize,
        by_payer.AUTHORIZATION,
        "payments:write",
        "payment_intent",
        client=True,
        limited=Limited.CREATE,
        prepare=rehearse,
    ),
)
