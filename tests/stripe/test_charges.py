"""Charges through the official Python client: the money of intents."""

import pytest
import stripe

from tests.stripe.shop import Shop, plain


def test_an_intent_without_money_has_no_charge(shop: Shop) -> None:
    asked = shop.asks()
    would_be = "ch_" + asked.id.partition("_")[2]

    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.charges.retrieve(would_be)

    assert caught.value.code == "resource_missing"
    assert shop.v1.charges.list({"payment_intent": asked.id}).data == []


def test_a_seen_payment_is_a_pending_charge(shop: Shop) -> None:
    asked = shop.asks()
    shop.pay(asked.id)
    seen = shop.sees(asked.id, "processing")

    charge = shop.v1.charges.retrieve(str(seen.latest_charge))

    assert (charge.status, charge.paid, charge.captured) == ("pending", False, False)
    assert (charge.amount, charge.amount_captured) == (2000, 0)
    assert charge.balance_transaction is None


def test_a_paid_charge_says_who_paid_what_and_where(shop: Shop) -> None:
    paid = shop.sells(2000, metadata={"o": "1"})

    charge = shop.v1.charges.retrieve(str(paid.latest_charge), {"expand": ["balance_transaction"]})

    assert (charge.status, charge.paid, charge.captured) == ("succeeded", True, True)
    assert (charge.amount, charge.amount_captured, charge.currency) == (2000, 2000, "usd")
    assert plain(charge.metadata) == {"o": "1"}
    assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)
    assert charge.payment_method_details is not None
    crypto = charge.payment_method_details.crypto
    assert crypto is not None
    assert (crypto.network, crypto.token_currency) == ("sandbox", "usdc")
    assert len(str(crypto.transaction_hash)) == 64
    assert crypto.buyer_address


def test_charges_are_listed_by_intent_customer_and_age(shop: Shop) -> None:
    customer = shop.v1.customers.create({})
    first = shop.sells(customer=customer.id)
    second = shop.sells()
    shop.asks(customer=customer.id)

    by_intent = shop.v1.charges.list({"limit": 3, "payment_intent": second.id})
    by_customer = shop.v1.charges.list({"customer": customer.id})
    whole = shop.v1.charges.list()
    newest = shop.v1.charges.retrieve(str(second.latest_charge))
    later = shop.v1.charges.list({"created": {"gt": newest.created}})

    assert [charge.id for charge in by_intent.data] == [second.latest_charge]
    assert [charge.id for charge in by_customer.data] == [first.latest_charge]
    assert [charge.id for charge in whole.data] == [second.latest_charge, first.latest_charge]
    assert later.data == []


def test_charges_are_paged_by_their_own_ids(shop: Shop) -> None:
    paid = [shop.sells().latest_charge for _ in range(3)]

    found = [charge.id for charge in shop.v1.charges.list({"limit": 1}).auto_paging_iter()]

    assert found == paid[::-1]
