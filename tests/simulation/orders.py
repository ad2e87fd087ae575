"""Orders: what clients ask for, again and again until they know the answer; and what they noted."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from tests.simulation.doors import Answer
from tests.simulation.world import Shop

# Answers that say nothing about the request itself: the same one may succeed in a moment.
AGAIN: Final = frozenset({409, 429, 500, 502, 503})
ASSETS: Final = ("usdc", "usdt", "btc", "sbtc", "stx")


class Plan(StrEnum):
    """How somebody pays."""

    EXACT = "exact"
    SPLIT = "split"
    SHORT_THEN_REST = "short_then_rest"
    SHORT = "short"
    OVER = "over"
    TWICE = "twice"
    LATE = "late"
    WRONG_ASSET = "wrong_asset"
    TWO_ASSETS = "two_assets"
    UNKNOWN_TOKEN = "unknown_token"
    NOTHING = "nothing"
    DUST = "dust"
    MANY = "many"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to pay, as the API told the client."""

    address: str
    asset: str
    due: int
    memo: str | None


@dataclass
class Request:
    """One request of a client's, sent until it is answered for good."""

    name: str
    path: str
    form: dict[str, str]
    key: str
    sent: int = 0
    flying: int = 0
    bodies: set[bytes] = field(default_factory=set)
    answer: Answer | None = None

    def hear(self, answer: Answer) -> None:
        """Note an answer; those that may change in a moment are not one."""
        if answer.status in AGAIN and b"amounts_exhausted" not in answer.body:
            return
        if answer.status == 200 or not self.name.endswith("refund"):
            # A refusal is not kept: a refund refused now may be possible when another failed.
            self.bodies.add(answer.body if answer.status == 200 else str(answer.status).encode())
        self.answer = answer


@dataclass
class Order:
    """One payment from the client's side."""

    number: int
    shop: Shop
    plan: Plan
    style: str | None
    assets: list[str]
    is_session: bool
    requests: Iterator[Request | None]
    current: Request | None = None
    done: list[Request] = field(default_factory=list)
    intent_id: str | None = None
    session_id: str | None = None
    refund_id: str | None = None
    ways: list[Way] = field(default_factory=list)
    is_planned: bool = False


def new_order(number: int, shop: Shop, choose: random.Random, *, asset: str | None = None) -> Order:
    """Think of an order; in a rush everybody pays in one asset, and most of them rightly."""
    odd = 0.7 if asset is None else 0.2
    order = Order(
        number=number,
        shop=shop,
        plan=choose.choice(list(Plan)) if choose.random() < odd else Plan.EXACT,
        style=choose.choice([None, "address", "memo", "amount"]),
        assets=choose.sample(ASSETS, choose.choice([1, 2, 2])) if asset is None else [asset],
        is_session=choose.random() < 0.3,
        requests=iter(()),
    )
    order.requests = _requests(order, choose)
    return order


def _requests(order: Order, choose: random.Random) -> Iterator[Request | None]:
    """Yield what the client asks, one after the other; None where it waits a while."""
    amount = choose.choice([choose.randint(1, 300), choose.randint(100, 20_000), 100_000])
    expires_in = choose.choice([60, 120, 300, 900])
    if order.is_session:
        yield _session(order, amount)
        yield _confirm(order, "confirm")
    elif choose.random() < 0.5:
        form = _intent(amount, expires_in) | _choice(order) | {"confirm": "true"}
        yield _made(order, "create", "/v1/payment_intents", form)
    else:
        yield _made(order, "create", "/v1/payment_intents", _intent(amount, expires_in))
        yield _confirm(order, "confirm")
    for number in range(choose.choice([0, 0, 0, 1, 2])):
        for _ in range(choose.randint(1, 12)):
            yield None
        yield _confirm(order, f"confirm_again{number}")
    if choose.random() < 0.15:
        for _ in range(choose.randint(1, 25)):
            yield None
        if order.is_session:
            yield _made(order, "expire", f"/v1/checkout/sessions/{order.session_id}/expire", {})
        else:
            yield _made(order, "cancel", f"/v1/payment_intents/{order.intent_id}/cancel", {})


def note(order: Order, request: Request) -> None:
    """Take from an answer what the client needs to go on."""
    order.done.append(request)
    assert request.answer is not None
    if request.answer.status != 200:
        return
    shown: Any = request.answer.json
    if shown["object"] == "refund":
        order.refund_id = shown["id"]
        return
    if shown["object"] == "checkout.session":
        order.session_id = shown["id"]
        order.intent_id = shown["payment_intent"]
        return
    order.intent_id = shown["id"]
    action = shown["next_action"]
    if action is None:
        return
    place = action["crypto_display_details"]["deposit_addresses"]["sandbox"]
    order.ways += [
        Way(place["address"], token["token_currency"], int(token["expected_amount"]), token["memo"])
        for token in place["supported_tokens"]
    ]


def _made(order: Order, name: str, path: str, form: dict[str, str]) -> Request:
    return Request(name, path, form, f"order-{order.number}-{name}")


def _confirm(order: Order, name: str) -> Request:
    return _made(order, name, f"/v1/payment_intents/{order.intent_id}/confirm", _choice(order))


def _session(order: Order, amount: int) -> Request:
    form = {
        "mode": "payment",
        "success_url": "https://shop.example/thanks",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "usd",
        "line_items[0][price_data][unit_amount]": str(amount),
        "line_items[0][price_data][product_data][name]": f"Thing {order.number}",
    }
    return _made(order, "create", "/v1/checkout/sessions", form)


def _intent(amount: int, expires_in: int) -> dict[str, str]:
    return {"amount": str(amount), "currency": "usd", "expires_in": str(expires_in)}


def _choice(order: Order) -> dict[str, str]:
    options = "payment_method_options[crypto][deposit_options]"
    form = {
        "payment_method_data[type]": "crypto",
        f"{options}[networks][0]": "sandbox",
    }
    form |= {f"{options}[tokens][{n}]": asset for n, asset in enumerate(order.assets)}
    if order.style is not None:
        form[f"{options}[style]"] = order.style
    return form
