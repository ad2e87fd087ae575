"""/v1/account, /v1/balance, /v1/balance_transactions and /v1/charges: what the books say."""

from typing import Final

from sluice.base.errors import NotFound
from sluice.base.pages import Page
from sluice.business.accounts.merchants.edit import read_wallets
from sluice.business.payments.balance.read import (
    find_balance_transaction,
    page_balance_transactions,
    read_balance,
)
from sluice.business.payments.intents.find import find_intent, page_intents
from sluice.doors.api.route import Call, Route, Shown
from sluice.wire import account as account_wire
from sluice.wire import balance as balance_wire
from sluice.wire import charge as charge_wire
from sluice.wire.lists import read_page, show_list
from sluice.wire.show import bounds


async def account(call: Call) -> Shown:
    """Retrieve the account of the key, with what it can be paid in and who holds the keys."""
    wallets = await read_wallets(call.work)
    capabilities = {}
    for chain in call.app.chains.for_mode(livemode=call.caller.actor.livemode):
        can = chain.derive is not None or chain.network.name in wallets
        capabilities[f"{chain.network.name}_payments"] = "active" if can else "inactive"
    return account_wire.show_account(call.caller.merchant, capabilities | {"custody": "watch_only"})


async def balance(call: Call) -> Shown:
    """Retrieve the balance, by asset."""
    return balance_wire.show_balance(
        await read_balance(call.work), livemode=call.caller.actor.livemode
    )


async def transaction(call: Call) -> Shown:
    """Retrieve a balance transaction."""
    return balance_wire.show_balance_transaction(
        await find_balance_transaction(call.work, call.path["id"])
    )


async def transactions(call: Call) -> Shown:
    """List balance transactions, newest first."""
    listing = await page_balance_transactions(
        call.work,
        read_page(call.given),
        type_=call.given.text("type"),
        source=call.given.text("source"),
        created=bounds(call.given),
    )
    return show_list("/v1/balance_transactions", listing, balance_wire.show_balance_transaction)


async def charge(call: Call) -> Shown:
    """Retrieve a charge: the money of a PaymentIntent."""
    charge_id = call.path["id"]
    intent = await find_intent(call.work, _intent_id(charge_id))
    if intent.charge_id is None:
        raise NotFound(f"No such charge: '{charge_id}'", param="id")
    return charge_wire.show_charge(intent, call.app.view)


async def charges(call: Call) -> Shown:
    """List charges, newest first."""
    asked = read_page(call.given)
    listing = await page_intents(
        call.work,
        Page(
            asked.limit,
            asked.starting_after and _intent_id(asked.starting_after),
            asked.ending_before and _intent_id(asked.ending_before),
        ),
        intent_id=call.given.text("payment_intent"),
        customer=call.given.text("customer"),
        created=bounds(call.given),
        charged=True,
    )
    return show_list(
        "/v1/charges", listing, lambda one: charge_wire.show_charge(one, call.app.view)
    )


def _intent_id(charge_id: str) -> str:
    return "pi_" + charge_id.partition("_")[2]


_BALANCE: Final = "balance:read"
_PAYMENTS: Final = "payments:read"

ROUTES: Final = (
    Route("GET", "/v1/account", account, account_wire.RETRIEVE, "account:read", "account"),
    Route("GET", "/v1/balance", balance, balance_wire.RETRIEVE, _BALANCE, "balance"),
    Route("GET", "/v1/balance_transactions", transactions, balance_wire.LIST_TRANSACTIONS, _BALANCE, "list"),
    Route(
        "GET", "/v1/balance_transactions/{id:str}", transaction, balance_wire.RETRIEVE_TRANSACTION, _BALANCE,
        "balance_transaction",
    ),
    Route("GET", "/v1/charges", charges, charge_wire.LIST, _PAYMENTS, "list"),
    Route("GET", "/v1/charges/{id:str}", charge, charge_wire.RETRIEVE, _PAYMENTS, "charge"),
)  # fmt: skip
