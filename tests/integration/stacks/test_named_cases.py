"""Payments on Stacks that go wrong by a name of their own, each to where it must end."""

from typing import Any, Final

import pytest

from sluice.business.trust.promises.check import check_and_hold
from tests.contract.stacks_under_test import TOKEN
from tests.house import until
from tests.integration.stacks.conftest import NETWORK, SECRET, TABLE, Shop, due
from tests.integration.stacks.test_paid_on_stacks import transfers
from tests.stacks.wallets import Wallet

FALSE: Final = "susdt"


@pytest.fixture
async def lookalike(payer: Wallet) -> str:
    """Deploy a token that people take for another, give the payer some, and return it."""
    contract = await payer.deploy(f"{FALSE}-token", TOKEN.format(name=FALSE, decimals=8))
    await payer.call(contract, "mint", "u1000000000", f"'{payer.address}")
    await payer.chain.mine()
    return f"{contract}::{FALSE}"


@pytest.fixture
def table(payer: Wallet, lookalike: str) -> str:
    """Return the networks file: small payments count after one Stacks block."""
    served = TABLE.format(name=NETWORK, url=payer.chain.url, secret=SECRET)
    return f'{served}lookalikes = ["{lookalike}"]\nsoft_max = {{ sbtc = 40000 }}\n'


async def pays(shop: Shop, intent: dict[str, Any], asset: str = "sbtc") -> str:
    """Pay what is due, with its memo, and return the transaction."""
    address, units, memo = due(intent)
    if asset == "stx":
        return await shop.payer.transfer(address, units, memo=memo or "")
    return await shop.payer.pay_sbtc(address, units, memo=memo)


def standing(shop: Shop, intent: dict[str, Any]) -> tuple[str, str, int]:
    """Return how an intent stands: status, resolution, what was received."""
    now = shop.api.get(f"/v1/payment_intents/{intent['id']}")
    return now["status"], now["resolution"], now["amount_received"]


def comes_to(shop: Shop, intent: dict[str, Any], *expected: object) -> None:
    """Wait until an intent stands so."""

    def is_there() -> bool:
        shop.wake()
        return standing(shop, intent) == expected

    until(is_there, f"it is {expected}")


def booked(shop: Shop) -> list[tuple[Any, ...]]:
    """Return what the books hold for transfers now."""
    return shop.house.sql(
        "SELECT purpose, reason, asset, units::bigint FROM credits"
        " WHERE merchant_id = %s AND reversed_by IS NULL ORDER BY units",
        shop.merchant.id,
    )


def told(shop: Shop) -> list[str]:
    """Return the events that the merchant was told."""
    query = "SELECT type FROM events WHERE merchant_id = %s ORDER BY id"
    return [kind for (kind,) in shop.house.sql(query, shop.merchant.id)]


def balances(shop: Shop) -> set[int]:
    """Return the balances of all accounts of the merchant."""
    query = "SELECT balance::bigint FROM ledger_accounts WHERE merchant_id = %s"
    return {units for (units,) in shop.house.sql(query, shop.merchant.id)}


def broken(shop: Shop) -> list[str]:
    """Return the promises that do not hold."""
    found = shop.house.call(check_and_hold(shop.house.app.works, lambda _name, _count: None))
    return [f"{one.promise.name} {one.rows}" for one in found]


def a_while_passes(shop: Shop) -> None:
    """Let everything that was seen have been seen longer ago than the network's patience."""
    shop.house.sql("UPDATE transfers SET seen_at = seen_at - interval '10 minutes'")


@pytest.mark.parametrize(
    ("asset", "reason"), [("stx", "StaleGarbageCollect"), ("sbtc", "Problematic"), ("sbtc", None)]
)
async def test_a_dropped_payment_was_a_hint_and_nothing_more(
    shop: Shop, asset: str, reason: str | None
) -> None:
    intent = shop.asks("memo", asset)
    _, units, _ = due(intent)
    tx_id = await pays(shop, intent, asset)
    comes_to(shop, intent, "processing", "seen", 0)
    assert transfers(shop) == [(asset, units, "mempool")]

    await shop.chain.pull("drop", txid=tx_id, reason=reason)
    await shop.mine()
    await shop.caught_up()
    hinted = standing(shop, intent)
    a_while_passes(shop)
    comes_to(shop, intent, "requires_action", "awaiting", 0)

    assert hinted == ("processing", "seen", 0)
    assert transfers(shop) == [(asset, units, "orphaned")]
    assert (booked(shop), balances(shop)) == ([], set())
    assert "payment_intent.succeeded" not in told(shop)
    await pays(shop, intent, asset)
    await shop.mine()
    await shop.caught_up()
    await shop.burn()
    comes_to(shop, intent, "succeeded", "final", 2000)
    assert booked(shop) == [("payment", "payment", asset, units)]
    assert broken(shop) == []


async def test_a_dropped_payment_that_comes_back_counts_once(shop: Shop) -> None:
    intent = shop.asks("memo", "stx")
    address, units, memo = due(intent)
    raw = await shop.payer.signed("transfer", recipient=address, amount=str(units), memo=memo)
    tx_id = await shop.chain.send(raw)
    comes_to(shop, intent, "processing", "seen", 0)
    await shop.chain.pull("drop", txid=tx_id, reason="StaleGarbageCollect")
    a_while_passes(shop)
    comes_to(shop, intent, "requires_action", "awaiting", 0)

    assert await shop.chain.send(raw) == tx_id
    await shop.mine()
    await shop.caught_up()
    await shop.burn()

    comes_to(shop, intent, "succeeded", "final", 2000)
    assert transfers(shop) == [("stx", units, "final")]
    assert booked(shop) == [("payment", "payment", "stx", units)]
    assert broken(shop) == []


async def test_a_fork_that_loses_a_paid_payment_takes_it_out_of_the_books(shop: Shop) -> None:
    intent = shop.asks("memo")
    _, units, _ = due(intent)
    await pays(shop, intent)
    await shop.mine()
    await shop.caught_up()
    comes_to(shop, intent, "succeeded", "final", 2000)

    await shop.chain.pull("fork", depth=1, drop="all")
    await shop.caught_up()
    comes_to(shop, intent, "requires_action", "awaiting", 0)

    assert transfers(shop) == [("sbtc", units, "orphaned")]
    assert (booked(shop), balances(shop)) == ([], {0})
    until(lambda: "payment_intent.reversed" in told(shop), "the merchant is told")
    assert broken(shop) == []


async def test_what_comes_after_the_end_is_kept_as_late(shop: Shop) -> None:
    intent = shop.asks("memo")
    _, units, _ = due(intent)
    shop.house.sql("UPDATE payment_intents SET expires_at = now() - interval '1 day'")
    shop.house.sql("UPDATE offers SET valid_until = now() - interval '1 day'")
    shop.api.sees(intent["id"], "canceled")
    # The chain's clock stands in March; what counts is when we saw it.
    shop.house.sql("UPDATE payment_intents SET expires_at = '2026-01-01'")
    shop.house.sql("UPDATE offers SET valid_until = '2026-01-01'")

    await pays(shop, intent)
    await shop.mine()
    await shop.caught_up()
    await shop.burn()

    comes_to(shop, intent, "canceled", "late", 0)
    until(lambda: booked(shop), "the money is booked")
    assert booked(shop) == [("unapplied", "late", "sbtc", units)]
    until(lambda: "payment.unexpected" in told(shop), "the merchant is told")
    assert broken(shop) == []


async def test_a_payment_without_its_memo_is_unapplied_until_a_person_matches_it(
    shop: Shop,
) -> None:
    intent = shop.asks("memo")
    address, units, _ = due(intent)
    tx_id = await shop.payer.pay_sbtc(address, units)
    await shop.mine()
    await shop.caught_up()
    await shop.burn()
    until(lambda: booked(shop), "the money is booked")
    before = booked(shop), standing(shop, intent)

    # The chain's clock stands in March, long before the intent.
    shop.house.sql("UPDATE transfers SET block_time = now()")
    shop.api.post(
        f"/v1/payment_intents/{intent['id']}/match", {"network": NETWORK, "transaction": tx_id}
    )

    [(purpose, _, asset, came)], stood = before
    assert (purpose, asset, came, stood[0]) == ("unapplied", "sbtc", units, "requires_action")
    comes_to(shop, intent, "succeeded", "final", 2000)
    assert booked(shop) == [("payment", "payment", "sbtc", units)]
    assert broken(shop) == []


async def test_a_token_that_is_taken_for_another_is_seen_and_pays_nothing(
    shop: Shop, lookalike: str
) -> None:
    intent = shop.asks("memo")
    address, units, memo = due(intent)
    contract = lookalike.partition("::")[0]
    said = f"(some 0x{(memo or '').encode().hex()})"
    args = (f"u{units}", f"'{shop.payer.address}", f"'{address}", said)
    await shop.payer.call(contract, "transfer", *args, mode="allow")

    await shop.mine()
    await shop.caught_up()
    await shop.burn()
    await shop.caught_up()

    comes_to(shop, intent, "requires_action", "wrong_asset", 0)
    assert [one[0] for one in transfers(shop)] == [f"unknown:{lookalike}"]
    assert "payment_intent.succeeded" not in told(shop)
    until(lambda: "payment.unexpected" in told(shop), "the merchant is told")
    assert booked(shop) == [("unapplied", "wrong_asset", f"unknown:{lookalike}", units)]
    assert broken(shop) == []
