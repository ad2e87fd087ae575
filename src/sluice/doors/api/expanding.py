"""Which ids may be expanded, and how each is loaded."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from sluice.base.errors import NotFound
from sluice.base.work import Work
from sluice.business.payments.balance.read import find_balance_transaction
from sluice.business.payments.checkout.find import find_session
from sluice.business.payments.customers.find import find_customer
from sluice.business.payments.intents.find import find_charged, find_intent
from sluice.business.payments.refunds.find import find_refund
from sluice.business.payments.settlement.edit import find_payout
from sluice.wire.balance import show_balance_transaction
from sluice.wire.charge import show_charge
from sluice.wire.checkout_session import show_line_items
from sluice.wire.customer import show_customer
from sluice.wire.payment_intent import show_payment_intent
from sluice.wire.payout import show_payout
from sluice.wire.refund import show_refund
from sluice.wire.show import Shown, View

EXPANDABLE: Final[Mapping[str, frozenset[str]]] = {
    "payment_intent": frozenset(
        {"customer", "latest_charge", "payment_method", "review", "on_behalf_of", "application"}
    ),
    "charge": frozenset(
        {"balance_transaction", "customer", "payment_intent", "review", "on_behalf_of"}
    ),
    "checkout.session": frozenset(
        {"customer", "invoice", "line_items", "payment_intent", "payment_link", "setup_intent"}
    ),
    "balance_transaction": frozenset({"source"}),
    "refund": frozenset(
        {"balance_transaction", "charge", "failure_balance_transaction", "payment_intent"}
    ),
    "payout": frozenset({"balance_transaction", "failure_balance_transaction"}),
}

Load = Callable[[Work, View, str], Awaitable[Shown]]


def loader(work: Work, view: View) -> Callable[[str], Awaitable[Shown | None]]:
    """Return what turns an id of the merchant's into the object as it is shown."""

    async def load(object_id: str) -> Shown | None:
        found = _LOADS.get(object_id.partition("_")[0])
        try:
            return None if found is None else await found(work, view, object_id)
        except NotFound:
            return None

    return load


async def _intent(work: Work, view: View, object_id: str) -> Shown:
    return show_payment_intent(await find_intent(work, object_id), view)


async def _charge(work: Work, view: View, object_id: str) -> Shown:
    return show_charge(await find_charged(work, object_id), view)


async def _customer(work: Work, _view: View, object_id: str) -> Shown:
    return show_customer(await find_customer(work, object_id))


async def _balance_transaction(work: Work, _view: View, object_id: str) -> Shown:
    return show_balance_transaction(await find_balance_transaction(work, object_id))


async def _refund(work: Work, view: View, object_id: str) -> Shown:
    return show_refund(await find_refund(work, object_id), view)


async def _payout(work: Work, view: View, object_id: str) -> Shown:
    return show_payout(await find_payout(work, object_id), view)


async def _line_items(work: Work, _view: View, object_id: str) -> Shown:
    return show_line_items(await find_session(work, object_id.removesuffix("/line_items")))


# What an id begins with. A session is only ever asked for its lines: it stands in nothing else.
_LOADS: Final[Mapping[str, Load]] = {
    "pi": _intent,
    "ch": _charge,
    "cus": _customer,
    "txn": _balance_transaction,
    "re": _refund,
    "po": _payout,
    "cs": _line_items,
}
