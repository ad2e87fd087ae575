"""Payouts through the official Python client, on the sandbox."""

from typing import Any

import pytest
import stripe

from tests.house import until
from tests.stripe.shop import Shop
from tests.stripe.test_refunds import PAYER, available, final


def test_a_payout_leaves_and_is_paid(shop: Shop) -> None:
    final(shop)
    asked: Any = {"amount": 5_000_000, "currency": "usdc", "destination": PAYER}

    payout = shop.v1.payouts.create(asked)
    left = available(shop)

    def is_paid() -> bool:
        shop.mine(1)
        return shop.v1.payouts.retrieve(payout.id).status == "paid"

    until(is_paid, f"{payout.id} is paid")
    assert (payout.status, payout.type, payout.automatic) == ("pending", "bank_account", False)
    assert left == 14_900_000
    assert [one.id for one in shop.v1.payouts.list({"status": "paid"}).data] == [payout.id]
    told = [one.type for one in shop.hears(3, types=["payout.created", "payout.updated",
                                                     "payout.paid"])]  # fmt: skip
    assert told == ["payout.paid", "payout.updated", "payout.created"]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.payouts.cancel(payout.id)
    assert caught.value.code == "payout_unexpected_state"


def test_more_than_may_be_spent_is_not_paid_out(shop: Shop) -> None:
    final(shop)
    asked: Any = {"amount": 19_900_001, "currency": "usdc", "destination": PAYER}

    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.payouts.create(asked)

    assert (caught.value.code, caught.value.param) == ("balance_insufficient", "amount")
    assert shop.v1.payouts.list().data == []
