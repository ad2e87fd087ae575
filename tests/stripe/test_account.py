"""Account, balance and balance transactions through the official Python client."""

import pytest
import stripe

from tests.house import until
from tests.stripe.shop import Shop


def test_the_account_of_a_key_is_retrieved(shop: Shop) -> None:
    account = shop.v1.accounts.retrieve_current()

    assert account.id == shop.merchant.id
    assert account.charges_enabled is True
    assert account.business_profile is not None
    assert account.business_profile.name == "Corner shop"
    assert account.to_dict()["capabilities"]["sandbox_payments"] == "active"


def test_the_balance_of_a_new_account_has_nothing_in_it(shop: Shop) -> None:
    balance = shop.v1.balance.retrieve()

    assert [(part.amount, part.currency) for part in balance.available] == [(0, "usd")]
    assert balance.livemode is False


def test_a_payment_is_pending_less_the_fee_and_available_once_no_fork_can_reach_it(
    shop: Shop,
) -> None:
    shop.sells(2000)

    pending = shop.v1.balance.retrieve().pending
    shop.mine(6)

    assert [(part.amount, part.currency) for part in pending] == [(19_900_000, "usdc")]
    until(lambda: shop.v1.balance.retrieve().available[0].amount, "the payment is available")
    assert [(part.amount, part.currency) for part in shop.v1.balance.retrieve().available] == [
        (19_900_000, "usdc")
    ]


def test_balance_transactions_are_listed_by_type_and_retrieved(shop: Shop) -> None:
    paid = shop.sells(2000)

    listed = shop.v1.balance_transactions.list({"limit": 3, "type": "charge"})
    found = shop.v1.balance_transactions.retrieve(listed.data[0].id)

    assert len(listed.data) == 1
    assert (found.amount, found.fee, found.net) == (20_000_000, 100_000, 19_900_000)
    assert (found.currency, found.status, found.type) == ("usdc", "pending", "charge")
    assert found.source == paid.latest_charge
    assert [(fee.amount, fee.currency) for fee in found.fee_details] == [(100_000, "usdc")]


def test_a_balance_transaction_leads_to_its_charge_and_back(shop: Shop) -> None:
    paid = shop.sells(2000)

    listed = shop.v1.balance_transactions.list(
        {"source": str(paid.latest_charge), "expand": ["data.source.payment_intent"]}
    )

    source = listed.data[0].source
    assert isinstance(source, stripe.Charge)
    assert isinstance(source.payment_intent, stripe.PaymentIntent)
    assert source.payment_intent.id == paid.id


def test_an_unknown_balance_transaction_is_not_there(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.balance_transactions.retrieve("txn_" + "1" * 24)

    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
