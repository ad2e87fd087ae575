"""Intents paid in bitcoin by real transactions, from the wallet's click to the merchant's books."""

import time
from typing import Final
from urllib.parse import urlsplit

from tests.bitcoin.bitcoind import Bitcoind
from tests.integration.api.estate import SESSION
from tests.integration.bitcoin.conftest import NETWORK, Shop, due, follows

FORTNIGHT_S: Final = 15 * 86_400


async def test_an_intent_is_paid_and_credited_one_block_deep(shop: Shop) -> None:
    intent = shop.asks()
    address, sats = due(intent)
    assert address.startswith("bcrt1q")

    await shop.node.pay(address, sats)
    waiting = shop.api.sees(intent["id"], "processing")
    owed = shop.owed()
    await shop.node.mine()
    paid = shop.api.sees(intent["id"], "succeeded")

    assert (waiting["amount_received"], owed) == (0, 0)
    assert (paid["amount_received"], shop.owed()) == (2000, sats)
    assert shop.seen(intent) == [(sats, "confirmed")]


async def test_each_intent_has_an_address_of_the_merchants_own_account(shop: Shop) -> None:
    addresses = [due(shop.asks())[0] for _ in range(3)]

    told = await shop.node.ask("getdescriptorinfo", f"wpkh({shop.account}/0/*)")
    derived = await shop.node.ask("deriveaddresses", told["descriptor"], [0, 2])
    assert addresses == derived


async def test_too_little_waits_for_the_rest(shop: Shop) -> None:
    intent = shop.asks()
    address, sats = due(intent)
    await shop.node.pay(address, sats // 2)
    await shop.node.mine()
    shop.stands(intent, (sats // 2, "confirmed"))
    half = shop.api.get(f"/v1/payment_intents/{intent['id']}")

    await shop.node.pay(address, sats - sats // 2)
    await shop.node.mine()

    assert half["status"] == "requires_action"
    assert shop.api.sees(intent["id"], "succeeded")["amount_received"] == 2000
    assert shop.owed() == sats


async def test_too_much_pays_and_the_rest_is_kept_apart(shop: Shop) -> None:
    intent = shop.asks()
    address, sats = due(intent)

    await shop.node.pay(address, sats + 5_000)
    await shop.node.mine()

    assert shop.api.sees(intent["id"], "succeeded")["amount_received"] == 2000
    assert shop.owed() == sats + 5_000
    [(unapplied,)] = shop.house.sql(
        "SELECT balance::bigint FROM ledger_accounts WHERE merchant_id = %s AND kind = 'unapplied'",
        shop.merchant.id,
    )
    assert unapplied == 5_000


async def test_money_for_a_cancelled_intent_is_kept_for_its_merchant(shop: Shop) -> None:
    intent = shop.asks()
    address, sats = due(intent)
    shop.api.post(f"/v1/payment_intents/{intent['id']}/cancel")

    await shop.node.pay(address, sats)
    await shop.node.mine()
    shop.stands(intent, (sats, "confirmed"))
    await shop.caught_up()

    assert shop.owed() in (0, sats)
    after = shop.api.sees(intent["id"], "canceled")
    assert after["amount_received"] == 0


async def test_b01_a_payment_replaced_without_a_flag_is_void_and_was_never_credited(
    shop: Shop,
) -> None:
    intent = shop.asks()
    address, sats = due(intent)
    tx_id = await shop.node.pay(address, sats)
    shop.api.sees(intent["id"], "processing")

    made = await shop.node.elsewhere(tx_id, fee_sats=50_000)
    await shop.node.ask("sendrawtransaction", made)
    shop.api.sees(intent["id"], "requires_action")
    await shop.node.mine()
    await shop.caught_up()

    assert shop.seen(intent) == [(sats, "orphaned")]
    assert shop.owed() == 0


async def test_b02_a_payment_the_mempool_forgot_counts_again_when_it_is_back(shop: Shop) -> None:
    intent = shop.asks()
    address, sats = due(intent)
    tx_id = await shop.node.pay(address, sats)
    raw = await shop.node.ask("getrawtransaction", tx_id)
    shop.api.sees(intent["id"], "processing")

    await shop.node.ask("setmocktime", int(time.time()) + FORTNIGHT_S)  # noqa: TID251 - the node's
    await shop.node.pay(await shop.node.new_address(), 10_000)
    await shop.node.ask("setmocktime", 0)
    assert tx_id not in await shop.node.ask("getrawmempool")
    shop.api.sees(intent["id"], "requires_action")
    await shop.node.ask("sendrawtransaction", raw)
    shop.api.sees(intent["id"], "processing")
    await shop.node.mine()

    shop.api.sees(intent["id"], "succeeded")
    assert shop.seen(intent) == [(sats, "confirmed")]


async def test_b03_a_fork_undoes_a_credit_and_a_conflict_on_it_makes_it_void(shop: Shop) -> None:
    intent = shop.asks()
    address, sats = due(intent)
    tx_id = await shop.node.pay(address, sats)
    await shop.node.mine()
    shop.api.sees(intent["id"], "succeeded")

    await shop.node.undo(1)
    conflict = await shop.node.elsewhere(tx_id, fee_sats=50_000)
    for number in range(2):
        where = await shop.node.new_address()
        await shop.node.ask("generateblock", where, [conflict] if number == 0 else [])
    await shop.caught_up()

    shop.api.sees(intent["id"], "requires_action")
    assert shop.owed() == 0
    assert shop.seen(intent) == [(sats, "orphaned")]


async def test_b03_a_natural_fork_moves_a_payment_to_another_block(
    shop: Shop, other_node: Bitcoind
) -> None:
    intent = shop.asks()
    address, sats = due(intent)
    await shop.node.pay(address, sats)
    await shop.node.mine()
    shop.api.sees(intent["id"], "succeeded")

    await other_node.start()
    await other_node.mine(2)
    await other_node.ask("setnetworkactive", True)  # noqa: FBT003 - as the node is asked
    await follows(shop.node, other_node)
    await shop.caught_up()
    waiting = shop.api.sees(intent["id"], "processing")
    undone = shop.owed()
    await shop.node.mine()
    shop.api.sees(intent["id"], "succeeded")

    assert (waiting["amount_received"], undone) == (0, 0)
    assert shop.owed() == sats
    assert shop.seen(intent) == [(sats, "confirmed")]


async def test_b05_a_reward_is_credited_when_it_may_be_spent(shop: Shop) -> None:
    intent = shop.asks()
    address, _ = due(intent)
    await shop.node.ask("generatetoaddress", 1, address)
    shop.api.sees(intent["id"], "processing")

    await shop.node.mine(98)
    await shop.caught_up()
    before = shop.owed()
    await shop.node.mine(1)
    shop.api.sees(intent["id"], "succeeded")

    assert before == 0
    assert shop.owed() > 10**8


async def test_the_page_asks_a_wallet_by_a_uri_and_a_code(shop: Shop) -> None:
    session = shop.api.post("/v1/checkout/sessions", SESSION)
    path = f"/v1/payment_intents/{session['payment_intent']}/confirm"
    deposit = {"networks": [NETWORK], "tokens": ["btc"]}
    chosen = shop.api.post(
        path,
        {
            "payment_method_data": {"type": "crypto"},
            "payment_method_options": {"crypto": {"mode": "deposit", "deposit_options": deposit}},
        },
    )
    address, _ = due(chosen)

    text = shop.page(urlsplit(session["url"]).path)

    assert f"bitcoin:{address}?amount=" in text
    assert "<svg" in text
