"""What one key means, also when many ask at the same moment."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest

from tests.house import House, Merchant, until
from tests.integration.api.raw import INTENTS, Answer, ask, send

CONFIRMED: Final = {
    "amount": 2000,
    "currency": "usd",
    "confirm": True,
    "payment_method_data": {"type": "crypto"},
}
PRODUCT: Final = {"currency": "usd", "unit_amount": 5, "product_data": {"name": "T"}}
SESSION: Final = {
    "mode": "payment",
    "success_url": "https://x/s",
    "line_items": [{"price_data": PRODUCT, "quantity": 1}],
}
HOOK: Final = {"url": "https://example.com/h", "enabled_events": ["*"]}


def at_once(house: House, requests: list[bytes]) -> list[Answer]:
    """Send all at the same moment, each over a connection of its own.

    Whoever is told to come back does so, as the official clients do.
    """

    def insist(request: bytes) -> Answer:
        for _ in range(5):
            answer = send(house.settings.port, request, within_s=20)
            if answer.headers.get("stripe-should-retry") != "true":
                break
        return answer

    with ThreadPoolExecutor(len(requests)) as threads:
        return list(threads.map(insist, requests))


def keyed(key: str, merchant: Merchant, path: str = INTENTS, body: Any = None) -> bytes:  # noqa: ANN401
    return ask(path=path, body=body, key=merchant.sk, extra=[f"idempotency-key: {key}"])


def one(house: House, request: bytes) -> Answer:
    return send(house.settings.port, request)


@pytest.mark.parametrize(
    ("path", "body", "table"),
    [
        (INTENTS, CONFIRMED, "payment_intents"),
        ("/v1/customers", {"email": "a@b.c"}, "customers"),
        ("/v1/checkout/sessions", SESSION, "checkout_sessions"),
        ("/v1/webhook_endpoints", HOOK, "webhook_endpoints"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_fifty_identical_requests_at_once_have_one_effect(
    house: House, merchant: Merchant, path: str, body: dict[str, Any], table: str
) -> None:
    answers = at_once(house, [keyed("fifty", merchant, path, body)] * 50)

    assert Counter(answer.status for answer in answers) == {200: 50}
    assert len({answer.body for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    for counted in (table, "idempotency_keys"):
        rows = f"SELECT count(*) FROM {counted} WHERE merchant_id = %s"
        assert house.sql(rows, merchant.id) == [(1,)]


def test_fifty_requests_that_differ_under_one_key_have_one_effect(
    house: House, merchant: Merchant
) -> None:
    bodies = [{"email": f"{n}@b.c"} for n in range(50)]

    answers = at_once(house, [keyed("fifty", merchant, "/v1/customers", body) for body in bodies])

    assert Counter(answer.status for answer in answers) == {200: 1, 400: 49}
    codes = {answer.error["code"] for answer in answers if answer.status == 400}
    assert codes == {"idempotency_key_reuse"}
    rows = "SELECT count(*) FROM customers WHERE merchant_id = %s"
    assert house.sql(rows, merchant.id) == [(1,)]


def test_of_many_who_cancel_under_keys_of_their_own_one_succeeds(
    house: House, merchant: Merchant
) -> None:
    made = json.loads(one(house, keyed("made", merchant, body=CONFIRMED)).body)["id"]
    path = f"{INTENTS}/{made}/cancel"

    answers = at_once(house, [keyed(f"cancel-{n}", merchant, path, {}) for n in range(12)])

    assert Counter(answer.status for answer in answers) == {200: 1, 400: 11}
    told = "SELECT count(*) FROM events WHERE object_id = %s AND type = 'payment_intent.canceled'"
    until(lambda: house.sql(told, made) == [(1,)], "it is told")
    kept = "SELECT count(*) FROM idempotency_keys WHERE merchant_id = %s"
    assert house.sql(kept, merchant.id) == [(2,)]


def test_when_one_confirms_and_one_cancels_what_both_are_told_is_true(
    house: House, merchant: Merchant
) -> None:
    for turn in range(6):
        made = json.loads(one(house, keyed(f"{turn}", merchant)).body)["id"]

        confirmed, cancelled = at_once(
            house,
            [
                keyed(f"confirm-{turn}", merchant, f"{INTENTS}/{made}/confirm", {}),
                keyed(f"cancel-{turn}", merchant, f"{INTENTS}/{made}/cancel", {}),
            ],
        )

        now = json.loads(one(house, ask("GET", f"{INTENTS}/{made}", key=merchant.sk)).body)
        offers = house.sql("SELECT count(*) FROM offers WHERE intent_id = %s", made)[0][0]
        assert (cancelled.status, now["status"]) == (200, "canceled")
        if confirmed.status == 200:
            assert (json.loads(confirmed.body)["status"], offers) == ("requires_action", 1)
        else:
            assert confirmed.error["code"] == "payment_intent_unexpected_state"
            assert offers == 0


def test_a_refusal_keeps_nothing_and_the_key_may_be_used_for_better(
    house: House, merchant: Merchant
) -> None:
    refused = one(house, keyed("k", merchant, body={"amount": 0, "currency": "usd"}))
    unknown = one(house, keyed("k", merchant, body={**CONFIRMED, "customer": "cus_" + "1" * 24}))
    done = one(house, keyed("k", merchant, body={"amount": 7, "currency": "usd"}))

    assert [refused.status, unknown.status, done.status] == [400, 404, 200]
    assert json.loads(done.body)["amount"] == 7
    assert "idempotent-replayed" not in done.headers


def test_the_first_answer_is_given_again_when_the_object_has_moved_on(
    house: House, merchant: Merchant
) -> None:
    first = one(house, keyed("k", merchant))
    made = json.loads(first.body)["id"]
    confirm = keyed("c", merchant, f"{INTENTS}/{made}/confirm", {})
    confirmed = one(house, confirm)
    one(house, keyed("x", merchant, f"{INTENTS}/{made}/cancel", {}))

    again, confirmed_again = one(house, keyed("k", merchant)), one(house, confirm)

    assert (again.body, confirmed_again.body) == (first.body, confirmed.body)
    assert json.loads(again.body)["status"] == "requires_payment_method"
    assert again.headers["original-request"] == first.headers["request-id"]


def test_a_key_is_known_within_its_account_and_mode_only(house: House, merchant: Merchant) -> None:
    other = house.merchant()
    request = {"email": "a@b.c"}
    extra = ["idempotency-key: same"]

    made = [
        json.loads(one(house, ask(path="/v1/customers", body=request, key=key, extra=extra)).body)
        for key in (merchant.sk, merchant.live_sk, other.sk)
    ]

    assert len({customer["id"] for customer in made}) == 3
    assert [customer["livemode"] for customer in made] == [False, True, False]


def test_only_a_post_has_a_key(house: House, merchant: Merchant) -> None:
    made = json.loads(one(house, keyed("k", merchant, "/v1/customers", {})).body)["id"]
    extra = ["idempotency-key: k"]

    read = one(house, ask("GET", f"/v1/customers/{made}", key=merchant.sk, extra=extra))
    gone = one(house, ask("DELETE", f"/v1/customers/{made}", key=merchant.sk, extra=extra))

    assert (read.status, gone.status) == (200, 200)
    assert "idempotency-key" not in read.headers
    assert json.loads(gone.body)["deleted"] is True


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/customers", {}),
        (INTENTS, {"amount": 5, "currency": "usd"}),
        ("/v1/webhook_endpoints", HOOK),
    ],
    ids=["customer", "intent", "endpoint"],
)
def test_of_many_changes_at_once_none_is_lost(
    house: House, merchant: Merchant, path: str, body: dict[str, Any]
) -> None:
    made = json.loads(one(house, ask(path=path, body=body, key=merchant.sk)).body)["id"]
    changes = [
        ask(path=f"{path}/{made}", body={"metadata": {f"k{n}": "v"}}, key=merchant.sk)
        for n in range(12)
    ]

    answers = at_once(house, changes)

    now = json.loads(one(house, ask("GET", f"{path}/{made}", key=merchant.sk)).body)
    assert Counter(answer.status for answer in answers) == {200: 12}
    assert now["metadata"] == {f"k{n}": "v" for n in range(12)}
