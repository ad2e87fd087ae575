"""Which ids may be expanded, and how each is loaded."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from sluice.base.errors import NotFound
from sluice.base.work import Work
from sluice.business.payments.balance.read import find_balance_transaction
from sluice.business.payments.checkout.find import find_session
from sluice.business.payments.customers.find import find_customer
from sluice.business.payments.intents.find import find_intent
from sluice.wire.balance import show_balance_transaction
from sluice.wire.charge import show_charge
from sluice.wire.checkout_session import show_line_item
from sluice.wire.customer import show_customer
from sluice.wire.payment_intent import show_payment_intent
from sluice.wire.show import Shown, View

EXPANDABLE: Final[Mapping[str, frozenset[str]]] = {
    "payment_intent": frozenset(
        {"customer", "latest_charge", "payment_method", "review", "on_behalf_of", "application"}
    ),
    "charge": frozenset(
        {"balance_transaction", "customer", "payment_intent", "review", "on_behalf_of"}
    ),
    "checkout.session": frozenset(
        {
            "customer",
            "invoice",
            "line_items",
            "payment_intent",
            "payment_link",
            "setup_intent",
            "subscription",
        }
    ),
    "balance_transaction": frozenset({"source"}),
}


def loader(work: Work, view: View) -> Callable[[str], Awaitable[Shown | None]]:
    """Return what turns an id of the merchant's into the object as it is shown."""

    async def load(object_id: str) -> Shown | None:
        prefix, _, rest = object_id.partition("_")
        try:
            if object_id.endswith("/line_items"):
                session = await find_session(work, object_id.removesuffix("/line_items"))
                return {
                    "object": "list",
                    "url": f"/v1/checkout/sessions/{session.id}/line_items",
                    "has_more": False,
                    "data": [show_line_item(item) for item in session.line_items],
                }
            if prefix == "pi":
                return show_payment_intent(await find_intent(work, object_id), view)
            if prefix == "ch":
                return show_charge(await find_intent(work, f"pi_{rest}"), view)
            if prefix == "cus":
                return show_customer(await find_customer(work, object_id))
            if prefix == "txn":
                return show_balance_transaction(await find_balance_transaction(work, object_id))
        except NotFound:
            return None
        return None

    return load
