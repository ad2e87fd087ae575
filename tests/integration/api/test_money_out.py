"""Refunds and payouts over HTTP: races, second persons, permissions, live mode."""

import dataclasses
import threading
from typing import Any

from sluice.business.accounts.api_keys.edit import create_key
from sluice.business.accounts.merchants.edit import change_settings, find_merchant
from sluice.business.accounts.merchants.model import RefundRules
from tests.house import House, Merchant, until
from tests.integration.api.estate import NOBODY, Answer, Api


def final_sale(house: House, api: Api, amount: int = 100) -> str:
    """Sell something and bury the payment deeper than any fork."""
    sale = api.sells(amount=amount)
    house.mine(8)
    final = "SELECT count(*) FROM payment_intents WHERE id = %s AND finalized_at IS NOT NULL"
    until(lambda: house.sql(final, sale["id"])[0][0], "the sale is final")
    return str(sale["id"])


def another_key(house: House, merchant: Merchant, *allow: str) -> Api:
    """Return the API under a restricted key of the same merchant."""
    made: list[str] = []

    async def make(work: Any) -> None:  # noqa: ANN401
        _, token = await create_key(work, "rk", sealer=house.app.sealer, permissions=set(allow))
        made.append(token)

    house.within(make, merchant.id)
    return Api(house, made[0])


def with_rules(house: House, merchant: Merchant, rules: RefundRules) -> None:
    """Change where the merchant's refunds may go."""

    async def change(work: Any) -> None:  # noqa: ANN401
        held = await find_merchant(work, merchant.id)
        settings = dataclasses.replace(held.settings, refunds=rules)
        await change_settings(work, merchant.id, settings)

    house.within(change, merchant.id)


def test_of_two_refunds_at_once_that_are_too_much_one_is_refused(house: House) -> None:
    """R06."""
    merchant = house.merchant()
    api = Api(house, merchant.sk)
    sale = final_sale(house, api)
    asked = {"payment_intent": sale, "amount": 60, "to_address": NOBODY}
    answers: list[Answer] = []

    tries = [
        threading.Thread(target=lambda: answers.append(api.ask("POST", "/v1/refunds", asked)))
        for _ in range(6)
    ]
    for one in tries:
        one.start()
    for one in tries:
        one.join()

    good = [answer for answer in answers if answer.status == 200]
    codes = {answer.error["code"] for answer in answers if answer.status != 200}
    assert len(good) == 1
    assert codes <= {"amount_too_large", "lock_timeout"}
    assert house.sql("SELECT amount_refunded FROM payment_intents WHERE id = %s", sale) == [(60,)]


def test_above_the_days_limit_another_key_must_agree(house: House) -> None:
    """R10."""
    merchant = house.merchant()
    api = Api(house, merchant.sk)
    sale = final_sale(house, api, 1200)
    with_rules(house, merchant, RefundRules(approve_above={"usd": 1000}))
    asked = {"payment_intent": sale, "amount": 400, "to_address": NOBODY}

    refunds = [api.post("/v1/refunds", asked) for _ in range(3)]
    own = api.ask("POST", f"/v1/refunds/{refunds[2]['id']}/approve")
    sent = house.sql("SELECT send_id FROM refunds WHERE id = %s", refunds[2]["id"])
    second = another_key(house, merchant, "refunds:approve", "payments:read")
    done = second.post(f"/v1/refunds/{refunds[2]['id']}/approve")
    after = house.sql("SELECT send_id FROM refunds WHERE id = %s", refunds[2]["id"])

    assert [one["approval"] for one in refunds] == ["not_required", "not_required", "required"]
    assert (own.status, own.error["code"]) == (403, "approver_is_requester")
    assert sent == [(None,)]
    assert done["approval"] == "approved"
    assert after[0][0] is not None


def test_money_does_not_leave_under_a_key_without_the_scope(house: House) -> None:
    merchant = house.merchant()
    sale = final_sale(house, Api(house, merchant.sk))
    reader = another_key(house, merchant, "payments:read", "payments:write", "balance:read")

    refund = reader.ask("POST", "/v1/refunds", {"payment_intent": sale})
    payout = reader.ask("POST", "/v1/payouts", {"amount": 1, "currency": "usdc"})

    assert (refund.status, refund.error["code"]) == (403, "insufficient_scope")
    assert (payout.status, payout.error["code"]) == (403, "insufficient_scope")


def test_live_mode_pays_nothing_out_without_a_hot_wallet(house: House) -> None:
    merchant = house.merchant()

    answer = Api(house, merchant.live_sk).ask(
        "POST", "/v1/payouts", {"amount": 1, "currency": "usdc"}
    )

    assert (answer.status, answer.error["code"]) == (400, "payouts_not_enabled")
