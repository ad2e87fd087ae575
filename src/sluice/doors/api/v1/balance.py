"""/v1/account, /v1/balance and /v1/balance_transactions: what the books say."""

from typing import Final

from sluice.business.accounts.merchants.edit import read_wallets
from sluice.business.payments.balance.read import (
    find_balance_transaction,
    page_balance_transactions,
    read_balance,
)
from sluice.business.payments.intents.ways import can_receive
from sluice.doors.api.route import Call, Route, Shown
from sluice.wire import account as account_wire
from sluice.wire import balance as wire
from sluice.wire.lists import read_page, show_list
from sluice.wire.show import bounds


async def account(call: Call) -> Shown:
    """Retrieve the account of the key, with what it can be paid in and who holds the keys."""
    wallets = await read_wallets(call.work)
    payable = {
        chain.network.name: can_receive(chain, wallets)
        for chain in call.app.chains.for_mode(livemode=call.caller.actor.livemode)
    }
    return account_wire.show_account(call.caller.merchant, payable)


async def balance(call: Call) -> Shown:
    """Retrieve the balance, by asset."""
    held = await read_balance(call.work)
    return wire.show_balance(held, livemode=call.caller.actor.livemode)


async def transaction(call: Call) -> Shown:
    """Retrieve a balance transaction."""
    return wire.show_balance_transaction(await find_balance_transaction(call.work, call.path["id"]))


async def transactions(call: Call) -> Shown:
    """List balance transactions, newest first."""
    listing = await page_balance_transactions(
        call.work,
        read_page(call.given),
        type_=call.given.text("type"),
        source=call.given.text("source"),
        created=bounds(call.given),
    )
    return show_list(_TRANSACTIONS, listing, wire.show_balance_transaction)


_READ: Final = "balance:read"
_TRANSACTIONS: Final = "/v1/balance_transactions"
_ONE: Final = f"{_TRANSACTIONS}/{{id:str}}"

ROUTES: Final = (
    Route("GET", "/v1/account", account, account_wire.RETRIEVE, "account:read", "account"),
    Route("GET", "/v1/balance", balance, wire.RETRIEVE, _READ, "balance"),
    Route("GET", _TRANSACTIONS, transactions, wire.LIST_TRANSACTIONS, _READ, "list"),
    Route("GET", _ONE, transaction, wire.RETRIEVE_TRANSACTION, _READ, "balance_transaction"),
)
