"""Refunds in a run: asked for by several clients at once, and what became of each on the chain."""

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, Final

from sluice.base.work import Work
from sluice.engine.chains.sandbox.addresses import address_of
from tests.simulation.orders import Order, Plan, Request
from tests.simulation.world import Shop, World

_FINAL: Final = """
SELECT id, merchant_id, amount::bigint AS amount FROM payment_intents
WHERE status = 'succeeded' AND finalized_at IS NOT NULL ORDER BY id"""
_REFUNDS: Final = """
SELECT id, merchant_id, intent_id, asset, units, amount, status, recipient FROM refunds
ORDER BY id"""
# What stands on the best branch, by whom it pays.
_PAID: Final = """
SELECT o.recipient, o.asset, o.units FROM sandbox_blocks b
JOIN sandbox_block_transactions i ON i.block_hash = b.hash
JOIN sandbox_outputs o ON o.tx_id = i.tx_id WHERE b.canonical AND o.recipient = ANY($1::text[])"""
_PATH: Final = "/v1/refunds"


async def ask_for_refunds(world: World, first: int, choose: random.Random) -> list[Order]:
    """Think of what clients want back: often more than there is, and at the same time."""
    async with world.quiet.look() as work:
        paid = await work.rows(_FINAL)
    shops = {shop.merchant_id: shop for shop in world.shops}
    orders: list[Order] = []
    for row in paid:
        for _ in range(choose.choice([0, 1, 2, 3])):
            amount = choose.choice([None, row["amount"], choose.randint(1, row["amount"])])
            number = first + len(orders)
            orders.append(_order(number, shops[row["merchant_id"]], row["id"], amount, choose))
    return orders


def _order(
    number: int, shop: Shop, intent_id: str, amount: int | None, choose: random.Random
) -> Order:
    order = Order(number, shop, Plan.NEVER, None, [], is_session=False, requests=iter(()))
    order.requests = _requests(order, intent_id, amount, choose)
    return order


def _requests(
    order: Order, intent_id: str, amount: int | None, choose: random.Random
) -> Iterator[Request | None]:
    # Each is paid to an address of its own, so that the chain says what became of it.
    payer = hashlib.sha256(f"payer of {order.number}".encode()).digest()[:20]
    form = {"payment_intent": intent_id, "to_address": address_of(payer)}
    if amount is not None:
        form["amount"] = str(amount)
    yield Request("refund", _PATH, form, f"order-{order.number}-refund")
    if order.refund_id is not None and choose.random() < 0.2:
        for _ in range(choose.randint(1, 6)):
            yield None
        path = f"{_PATH}/{order.refund_id}/cancel"
        yield Request("cancel_refund", path, {}, f"order-{order.number}-cancel-refund")


async def judge_refunds(work: Work, orders: list[Order]) -> dict[str, Any]:
    """O2: a refund leaves once if it succeeded and never else; together no more than was paid."""
    refunds = await work.rows(_REFUNDS)
    outputs: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for row in await work.rows(_PAID, [refund["recipient"] for refund in refunds]):
        outputs[row["recipient"]].append((row["asset"], row["units"]))
    wrong: dict[str, Any] = {}
    back = Counter[str]()
    for refund in refunds:
        gone = outputs[refund["recipient"]]
        wanted = [(refund["asset"], refund["units"])] if refund["status"] == "succeeded" else []
        if gone != wanted:
            said = f"{refund['id']} {refund['status']}: {gone} for {wanted}"
            wrong.setdefault("O2 refunds", []).append(said)
        back[refund["intent_id"]] += refund["amount"] if wanted else 0
    for row in await work.rows(_FINAL):
        if back[row["id"]] > row["amount"]:
            wrong.setdefault("O2 refunded too much", []).append(row["id"])
    known = {refund["id"] for refund in refunds}
    told = {order.refund_id for order in orders if order.refund_id is not None}
    if told - known:
        wrong["refunds acknowledged but lost"] = sorted(told - known)
    return wrong


async def given_back(work: Work) -> Counter[str]:
    """Return what left as refunds, by merchant and asset."""
    gone = Counter[str]()
    for refund in await work.rows(_REFUNDS):
        if refund["status"] == "succeeded":
            gone[f"{refund['merchant_id']} {refund['asset']}"] += refund["units"]
    return gone
