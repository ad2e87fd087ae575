"""/v1/test_helpers/sandbox: the levers of the sandbox chain, for test-mode keys."""

from typing import Final

from sluice.base.errors import Forbidden, Invalid, NotFound
from sluice.business.payments.intents.find import find_intent
from sluice.business.payments.intents.model import Offer, PaymentIntent
from sluice.doors.api.route import Call, Route, Shown
from sluice.engine.chains.sandbox import levers
from sluice.engine.chains.sandbox.model import Output
from sluice.wire import sandbox as wire


async def pay(call: Call) -> Shown:
    """Pay a PaymentIntent from the sandbox's own wallet: all of it, or so many units."""
    _require_test_mode(call)
    intent = await find_intent(call.work, call.given.need_text("payment_intent"))
    offer = _offer(intent, call.given.text("asset"))
    asset = call.given.text("send_asset") or offer.asset
    units = call.given.integer("units") or offer.due
    memo = offer.memo if offer.style == "memo" else None
    paid = await levers.pay(call.work, [Output(asset, offer.address, units, memo)])
    return wire.show_payment(paid.tx_id, asset, units)


async def mine(call: Call) -> Shown:
    """Mine blocks with everything that waits."""
    _require_test_mode(call)
    headers = await levers.mine(call.work, call.given.need_integer("count"))
    return wire.show_tip(headers[-1])


async def fork(call: Call) -> Shown:
    """Replace the newest blocks by one more; `keep` says whether the transactions come back."""
    _require_test_mode(call)
    depth, keep = call.given.need_integer("depth"), call.given.flag("keep", otherwise=True)
    return wire.show_tip((await levers.fork(call.work, depth, keep=keep))[-1])


async def drop(call: Call) -> Shown:
    """Drop a transaction from the mempool for ever."""
    _require_test_mode(call)
    await levers.drop(call.work, call.path["id"])
    return wire.show_dropped(call.path["id"])


async def stall(call: Call) -> Shown:
    """Stop the sandbox's own mining, or let it go on."""
    _require_test_mode(call)
    stalled = call.given.flag("stalled")
    await (levers.stall if stalled else levers.resume)(call.work)
    return wire.show_state(stalled=stalled)


def _require_test_mode(call: Call) -> None:
    if call.caller.actor.livemode:
        raise Forbidden(
            "The sandbox has levers in test mode only; use a test key.", code="testmode_only"
        )


def _offer(intent: PaymentIntent, asset: str | None) -> Offer:
    """Return the newest sandbox offer, of an asset if one is named."""
    offers = [o for o in intent.offers if o.network == "sandbox" and asset in {None, o.asset}]
    if not intent.offers:
        raise Invalid(
            "Confirm the PaymentIntent first.",
            code="payment_intent_unexpected_state",
            param="payment_intent",
        )
    if not offers:
        raise NotFound("The sandbox was not offered for this.", param="asset")
    return offers[-1]


_WRITE: Final = "sandbox:write"
_ALL: Final = "/v1/test_helpers/sandbox"
_DROP: Final = f"{_ALL}/transactions/{{id:str}}/drop"

ROUTES: Final = (
    Route("POST", f"{_ALL}/pay", pay, wire.PAY, _WRITE, "sandbox.transaction"),
    Route("POST", f"{_ALL}/mine", mine, wire.MINE, _WRITE, "sandbox.tip"),
    Route("POST", f"{_ALL}/fork", fork, wire.FORK, _WRITE, "sandbox.tip"),
    Route("POST", f"{_ALL}/stall", stall, wire.STALL, _WRITE, "sandbox.state"),
    Route("POST", _DROP, drop, wire.DROP, _WRITE, "sandbox.transaction"),
)
