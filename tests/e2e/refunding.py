"""A payment that the shop refunds, and the link that its payer gets."""

import asyncio
from typing import Any, Final

from sluice.engine.chains.sandbox.addresses import address_of
from tests.e2e.house import House

AMOUNT: Final = 12_450  # US cents
OWN_WALLET: Final = address_of(b"a payer's own wallet")


async def a_refund(house: House) -> dict[str, Any]:
    """Let a payment be made and become final, and refund all of it."""
    asked = {
        "amount": AMOUNT,
        "currency": "usd",
        "confirm": True,
        "payment_method_options": {
            "crypto": {"deposit_options": {"networks": ["sandbox"], "tokens": ["usdc"]}}
        },
    }
    intent = await house.call("POST", "/v1/payment_intents", asked)
    await house.call("POST", "/v1/test_helpers/sandbox/pay", {"payment_intent": intent["id"]})
    async with asyncio.timeout(30):
        while not await _is_final(house, intent["id"]):
            await house.mine(4)
            await asyncio.sleep(0.2)
    return await house.call("POST", "/v1/refunds", {"payment_intent": intent["id"]})


def link_of(refund: dict[str, Any]) -> str:
    """Return the payer's page."""
    link: str = refund["next_action"]["claim_link"]["url"]
    return link


async def _is_final(house: House, intent_id: str) -> bool:
    events = await house.call("GET", "/v1/events?type=payment_intent.finalized&limit=100")
    return any(event["data"]["object"]["id"] == intent_id for event in events["data"])
