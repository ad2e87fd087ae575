"""Intents paid on Stacks, from the wallet's transaction to the merchant's books."""

from typing import Any, Final

from tests.house import until
from tests.integration.stacks.conftest import Shop, due
from tests.stacks.wallets import HELPER

NEIGHBOUR: Final = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG"


def transfers(shop: Shop) -> list[tuple[Any, ...]]:
    return shop.house.sql(
        "SELECT asset, units::bigint, state FROM transfers WHERE merchant_id = %s ORDER BY seen_at",
        shop.merchant.id,
    )


async def test_an_intent_is_paid_in_sbtc_by_memo(shop: Shop) -> None:
    intent = shop.asks("memo")
    address, units, memo = due(intent)
    assert address == shop.wallet.address
    assert memo is not None
    await shop.payer.pay_sbtc(address, units, memo=memo)

    await shop.mine()
    seen = shop.api.sees(intent["id"], "processing")
    await shop.burn()
    paid = shop.api.sees(intent["id"], "succeeded")

    assert (seen["amount_received"], paid["amount_received"]) == (0, 2000)
    assert transfers(shop) == [("sbtc", units, "final")]
    balance = shop.api.get("/v1/balance_transactions")["data"][0]
    assert balance["type"] == "charge"


async def test_an_intent_is_paid_in_stx_by_memo(shop: Shop) -> None:
    intent = shop.asks("memo", "stx")
    address, units, memo = due(intent)
    await shop.payer.transfer(address, units, memo=memo or "")

    await shop.mine()
    await shop.caught_up()
    await shop.burn()

    assert shop.api.sees(intent["id"], "succeeded")["amount_received"] == 2000


async def test_an_intent_is_paid_by_its_amount_alone(shop: Shop) -> None:
    intent = shop.asks("amount")
    address, units, _ = due(intent)
    await shop.payer.pay_sbtc(address, units)

    await shop.mine()
    await shop.caught_up()
    await shop.burn()

    shop.api.sees(intent["id"], "succeeded")


async def test_a_payment_through_another_contract_counts(shop: Shop) -> None:
    helper = await shop.payer.deploy("helper", HELPER)
    intent = shop.asks("amount")
    address, units, _ = due(intent)
    await shop.payer.call(helper, "pay-through", f"u{units}", f"'{address}", mode="allow")

    await shop.mine()
    await shop.caught_up()
    await shop.burn()

    shop.api.sees(intent["id"], "succeeded")


async def test_what_only_looks_like_a_payment_pays_nothing(shop: Shop) -> None:
    helper = await shop.payer.deploy("sbtc-token", HELPER)
    intent = shop.asks("amount")
    address, units, _ = due(intent)
    there = (f"u{units}", f"'{address}")
    await shop.payer.call(helper, "pay-false", *there, mode="allow")  # a token of the same name
    await shop.payer.call(helper, "pay-and-refuse", *there, mode="allow")  # aborts by itself
    await shop.payer.call(helper, "pay-through", *there, mode="deny")  # aborted by its conditions

    await shop.mine()
    await shop.burn(3)
    await shop.caught_up()

    assert transfers(shop) == []
    still = shop.api.get(f"/v1/payment_intents/{intent['id']}")
    assert still["status"] == "requires_action"


async def test_a_payment_without_its_memo_waits_for_a_person(shop: Shop) -> None:
    intent = shop.asks("memo")
    address, units, _ = due(intent)
    await shop.payer.pay_sbtc(address, units)

    await shop.mine()
    await shop.caught_up()

    assert transfers(shop) == [("sbtc", units, "included")]
    still = shop.api.get(f"/v1/payment_intents/{intent['id']}")
    assert still["status"] == "requires_action"


async def test_a_fork_takes_a_payment_back_and_another_block_brings_it_again(shop: Shop) -> None:
    intent = shop.asks("memo")
    address, units, memo = due(intent)
    await shop.payer.pay_sbtc(address, units, memo=memo)
    await shop.mine(3)
    shop.api.sees(intent["id"], "processing")

    await shop.chain.pull("fork", depth=3)
    shop.wake()
    shop.api.sees(intent["id"], "requires_action")
    await shop.mine()
    shop.api.sees(intent["id"], "processing")
    await shop.burn()

    shop.api.sees(intent["id"], "succeeded")
    assert transfers(shop) == [("sbtc", units, "final")]


async def test_a_replaced_payment_never_counts(shop: Shop) -> None:
    intent = shop.asks("memo", "stx")
    address, units, memo = due(intent)
    nonce = await shop.payer.nonce()
    await shop.payer.transfer(address, units, memo=memo or "", nonce=nonce)
    shop.wake()
    until(lambda: transfers(shop), "the payment is hinted at")
    assert transfers(shop) == [("stx", units, "mempool")]
    await shop.payer.transfer(NEIGHBOUR, 1, nonce=nonce, fee=9_000)

    await shop.mine()
    await shop.burn(3)
    await shop.caught_up()

    assert transfers(shop) == [("stx", units, "mempool")]
    shop.house.sql("UPDATE transfers SET seen_at = seen_at - interval '2 minutes'")
    shop.wake()
    shop.api.sees(intent["id"], "requires_action")
    assert transfers(shop) == [("stx", units, "orphaned")]
