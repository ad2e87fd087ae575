"""Cases of the attack catalogue that the API decides, by their ids."""

import base64
import json
import threading
from typing import Any, Final

import psycopg
import pytest

from sluice.base.clock import ManualClock
from sluice.business.accounts.merchants.model import FEE_PRESETS, LatePolicy, Settings
from sluice.doors.api.table import ROUTES
from tests.house import House, Merchant, running_house, until
from tests.integration.api.estate import SALE, SESSION, Api
from tests.integration.api.raw import INTENTS, ask, send
from tests.receiver import Receiver

USDC: Final = {
    "payment_method_options": {
        "crypto": {"deposit_options": {"networks": ["sandbox"], "tokens": ["usdc"]}}
    }
}
FEE: Final = FEE_PRESETS["stablecoin"]


@pytest.fixture
def api(house: House, merchant: Merchant) -> Api:
    """Return the merchant's hand on the API."""
    return Api(house, merchant.sk)


def test_g03_a_key_is_found_by_its_id_and_kept_as_something_that_does_not_open(
    house: House, merchant: Merchant
) -> None:
    port = house.settings.port
    other = house.merchant()
    kept = str(house.sql("SELECT to_jsonb(k) FROM api_keys k WHERE merchant_id = %s", merchant.id))
    start = len("sk_test_") + 24
    mixed = merchant.sk[:start] + other.sk[start:]

    assert send(port, ask("GET", key=merchant.sk)).status == 200
    assert send(port, ask("GET", key=mixed)).error["code"] == "api_key_invalid"
    assert merchant.sk[start:] not in kept
    assert len(merchant.sk) == start + 44 + 6, "256 bits of secret and a check"


def test_g04_the_same_key_for_another_body_is_refused(api: Api) -> None:
    api.ask("POST", "/v1/customers", {"name": "A"}, Idempotency_Key="k")

    answer = api.ask("POST", "/v1/customers", {"name": "B"}, Idempotency_Key="k")

    assert (answer.status, answer.error["type"]) == (400, "idempotency_error")


def test_g04_a_key_in_flight_is_not_done_twice_and_after_a_crash_is_done_once(
    house: House, api: Api, merchant: Merchant
) -> None:
    customer = api.post("/v1/customers", {})["id"]
    sale = {**SALE, "customer": customer}
    statuses: list[int] = []

    def buy() -> None:
        statuses.append(api.ask("POST", INTENTS, sale, Idempotency_Key="order").status)

    waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with psycopg.connect(house.settings.database_url) as other:
        # A new intent holds its customer: while somebody else has them locked, it cannot end.
        other.execute("SELECT FROM customers WHERE id = %s FOR UPDATE", [customer])
        buying = threading.Thread(target=buy)
        buying.start()
        [(pid,)] = until(lambda: house.sql(waiting), "the request waits")
        house.sql("SELECT pg_terminate_backend(%s)", pid)
        buying.join()
    buy()
    buy()

    assert statuses == [503, 200, 200]
    made = "SELECT count(*) FROM payment_intents WHERE merchant_id = %s"
    assert house.sql(made, merchant.id) == [(1,)]


def test_g05_texts_come_back_as_they_were_given_and_deceptive_ones_not_at_all(api: Api) -> None:
    notes = {"a": "=HYPERLINK(0)", "b": "<script>alert(1)</script>", "c": "+1@x"}

    kept = api.post("/v1/customers", {"metadata": notes, "name": "<b>"})
    refused = [
        api.ask("POST", "/v1/customers", {"name": f"a{mark}b"}).error["code"]
        for mark in ("\u202e", "\u200b", "\u2066", "\x00", "\n")
    ]

    assert (kept["metadata"], kept["name"]) == (notes, "<b>")
    assert refused == ["parameter_invalid_characters"] * 5


def test_g06_who_is_too_fast_is_so_under_any_forwarded_name(
    database_server: str, database_template: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("strict")
    with running_house(database_server, database_template, home, limits="strict") as strict:
        api = Api(strict, strict.merchant().sk)

        answers = [
            api.ask(
                "POST", INTENTS, {"amount": 1, "currency": "usd"}, X_Forwarded_For=f"10.0.0.{n}"
            )
            for n in range(12)
        ]

    assert [answer.status for answer in answers] == [200] * 10 + [429] * 2


def test_g07_only_a_secret_key_says_where_a_payer_is_sent(
    house: House, api: Api, merchant: Merchant
) -> None:
    session = api.post("/v1/checkout/sessions", SESSION)
    payer = Api(house, merchant.pk)
    evil = {**SESSION, "success_url": "https://evil"}
    moved = f"/v1/checkout/sessions/{session['id']}"

    made = payer.ask("POST", "/v1/checkout/sessions", evil)
    changed = api.ask("POST", moved, {"success_url": "https://evil"})

    assert (made.status, changed.status) == (403, 405)
    assert api.get(moved)["success_url"] == "https://x/s"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.shape.name)
def test_g08_every_route_has_the_one_gate(house: House, merchant: Merchant, route: Any) -> None:  # noqa: ANN401
    path = route.path.replace("{id:str}", "pi_" + "1" * 24)
    basic = base64.b64encode(b"sk_test_guess:").decode()
    requests = [
        ask(route.method, path, {}),
        ask(route.method, path, {}, key="sk_test_guess"),
        ask(route.method, path, {}, extra=[f"authorization: Basic {basic}"]),
        ask(route.method, path, {}, extra=[f"cookie: session={merchant.sk}"]),
    ]

    statuses = [send(house.settings.port, request).status for request in requests]

    assert statuses == [401] * 4


def test_g08_only_health_figures_and_the_description_need_no_key(house: House) -> None:
    port = house.settings.port
    opened = ["/livez", "/readyz", "/healthz", "/openapi.json", "/metrics"]

    statuses = {path: send(port, ask("GET", path)).status for path in opened}

    assert statuses == dict.fromkeys(opened, 200)


def test_g09_a_webhook_secret_is_shown_to_nobody_twice(
    house: House, api: Api, merchant: Merchant
) -> None:
    made = api.post(
        "/v1/webhook_endpoints", {"url": "https://example.com/h", "enabled_events": ["*"]}
    )
    path = f"/v1/webhook_endpoints/{made['id']}"

    shown = [api.get(path), api.get("/v1/webhook_endpoints"), api.post(path, {"description": "d"})]
    other = Api(house, house.merchant().sk).ask("GET", path)

    assert made["secret"] not in str(shown)
    assert other.status == 404
    kept = house.sql("SELECT secret FROM webhook_endpoints WHERE merchant_id = %s", merchant.id)
    assert made["secret"].encode() not in kept[0][0]


def test_g10_a_live_payment_takes_no_test_money(house: House, merchant: Merchant) -> None:
    live = Api(house, merchant.live_sk)
    intent = live.post("/v1/payment_intents", {"amount": 2000, "currency": "usd"})
    assert intent["livemode"] is True

    refused = live.ask("POST", f"/v1/payment_intents/{intent['id']}/confirm", USDC)
    anything = live.ask("POST", f"/v1/payment_intents/{intent['id']}/confirm")
    test_key = Api(house, merchant.sk).ask("GET", f"/v1/payment_intents/{intent['id']}")

    assert (refused.status, refused.error["code"]) == (400, "payment_method_unavailable")
    assert (anything.status, anything.error["code"]) == (400, "payment_method_unavailable")
    assert test_key.status == 404


def test_g11_no_secret_is_ever_logged(house: House, receiver: Receiver) -> None:
    house.take_logs()
    merchant = house.merchant()
    mine = Api(house, merchant.sk)
    receiver.statuses["/g11"] = 500
    hook = {"url": f"{receiver.url}/g11?token=s3cr3t", "enabled_events": ["*"]}
    endpoint = mine.post("/v1/webhook_endpoints", hook)
    sale = mine.post(INTENTS, {**SALE, "metadata": {"note": "very-private"}})
    port = house.settings.port
    send(port, ask("GET", f"{INTENTS}?api_key={merchant.sk}"))
    send(port, ask("GET", f"/v1/{merchant.sk}"))
    send(port, ask("GET", INTENTS, key=merchant.sk + "x"))
    mine.ask("GET", f"{INTENTS}/{sale['id']}?client_secret={sale['client_secret']}")
    mine.ask("POST", INTENTS, SALE, Idempotency_Key="a-private-key")
    until(lambda: house.sql("SELECT 1 FROM attempts WHERE merchant_id = %s", merchant.id), "a try")

    house.sql("REVOKE INSERT ON customers FROM sluice_tenant")
    try:
        mine.ask("POST", "/v1/customers", {"email": "somebody@example.com"})
    finally:
        house.sql("GRANT INSERT ON customers TO sluice_tenant")

    logged = house.logs.getvalue()
    secrets = [
        merchant.sk,
        merchant.sk[-20:],
        endpoint["secret"],
        sale["client_secret"],
        "s3cr3t",
        "very-private",
        "a-private-key",
        "somebody@example.com",
    ]
    assert [secret for secret in secrets if secret in logged] == []
    assert merchant.id in logged
    assert "request.failed" in logged


def test_g13_events_can_be_put_in_order_and_told_apart(api: Api) -> None:
    api.sells()
    told = until(lambda: _all_of(api, 6), "everything is told")

    events = sorted(told, key=lambda event: event["sequence"])
    assert len({event["id"] for event in events}) == len(events)
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    versions = [event["data"]["object"]["object_version"] for event in events]
    assert versions == sorted(versions)
    assert all(event["created"] for event in events)


def _all_of(api: Api, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get("/v1/events?limit=100")["data"]
    return found if len(found) >= count else []


def paid(house: House, api: Api, units: list[int], **params: object) -> dict[str, Any]:
    """Ask for 100 dollars and be sent these units of USDC, one transaction each."""
    asked = api.post(INTENTS, {**SALE, **USDC, "amount": 10_000, **params})
    for sent in units:
        pay = {"payment_intent": asked["id"], "units": sent}
        api.post("/v1/test_helpers/sandbox/pay", pay)
    done = "SELECT count(*) FROM transfers WHERE merchant_id = %s AND state = 'mempool'"
    owner = house.sql("SELECT merchant_id FROM payment_intents WHERE id = %s", asked["id"])[0][0]
    until(lambda: house.sql(done, owner) == [(len(units),)], "it is seen")
    house.mine(3)
    return asked


@pytest.mark.parametrize(
    ("late", "status", "resolution", "unapplied"),
    [
        (LatePolicy.ACCEPT, "succeeded", "final", []),
        (LatePolicy.HOLD, "canceled", "late", [{"amount": 100_000_000, "currency": "usdc"}]),
    ],
)
def test_t01_a_payment_a_second_late_pays_or_waits_as_the_merchant_said(
    at_noon: tuple[House, ManualClock],
    late: LatePolicy,
    status: str,
    resolution: str,
    unapplied: list[dict[str, Any]],
) -> None:
    house, clock = at_noon
    api = Api(house, house.merchant(Settings(fee=FEE, late=late)).sk)
    asked = api.post(INTENTS, {**SALE, **USDC, "amount": 10_000, "expires_in": 900})

    clock.advance(901)
    api.sees(asked["id"], "canceled")
    api.post("/v1/test_helpers/sandbox/pay", {"payment_intent": asked["id"]})
    until(lambda: house.sql("SELECT 1 FROM transfers"), "it is seen")
    house.mine(3)

    until(lambda: house.sql("SELECT 1 FROM credits"), "it is in the books")
    now = api.sees(asked["id"], status)
    assert (now["resolution"], now["amount_received"]) == (
        resolution,
        10_000 if status == "succeeded" else 0,
    )
    assert api.get("/v1/balance")["unapplied"] == unapplied


@pytest.mark.parametrize(
    ("units", "status", "resolution"),
    [(99_600_000, "succeeded", "final"), (99_400_000, "requires_action", "short")],
)
def test_t02_what_is_missing_within_the_tolerance_is_forgiven(
    house: House, units: int, status: str, resolution: str
) -> None:
    merchant = house.merchant(Settings(fee=FEE, tolerance_bps=50))
    api = Api(house, merchant.sk)

    asked = paid(house, api, [units])

    until(lambda: house.sql("SELECT 1 FROM credits WHERE intent_id = %s", asked["id"]), "booked")
    now = api.sees(asked["id"], status)
    assert (now["resolution"], now["amount_received"]) == (resolution, units // 10_000)
    short = api.get("/v1/events?type=payment_intent.partially_funded")["data"]
    assert bool(short) is (status == "requires_action")


def test_t03_a_second_whole_payment_is_surplus_and_no_income(house: House, api: Api) -> None:
    asked = paid(house, api, [100_000_000, 100_000_000])

    api.sees(asked["id"], "succeeded")
    told = until(lambda: api.get("/v1/events?type=payment_intent.overpaid")["data"], "it is told")
    balance = api.get("/v1/balance")
    assert told[0]["data"]["object"]["resolution"] == "over"
    assert balance["pending"] == [{"amount": 99_500_000, "currency": "usdc"}]
    assert balance["unapplied"] == [{"amount": 100_000_000, "currency": "usdc"}]
    assert api.get(f"{INTENTS}/{asked['id']}")["amount_received"] == 10_000


@pytest.mark.parametrize(
    "text",
    ["1e3", "1,000.00", "+5", "%205", "5%20", "%D9%A5", "0.0000001", "-1", "NaN", "0x10", ""],
)
def test_t05_an_amount_is_whole_ascii_digits_and_nothing_else(
    house: House, merchant: Merchant, text: str
) -> None:
    form = f"amount={text}&currency=usdc"
    request = ask(body=form, key=merchant.sk, kind="application/x-www-form-urlencoded")

    answer = send(house.settings.port, request)

    assert answer.status == 400
    assert answer.error["param"] == "amount"
    assert json.loads(answer.body)["error"]["code"] in {
        "parameter_invalid_integer",
        "amount_too_small",
        "parameter_missing",
    }


def test_t06_what_is_due_is_rounded_up_never_down(api: Api) -> None:
    """10 euros at 0.9 euros a dollar are 11.11…, so the payer owes a unit more than the floor."""
    asked = api.post(INTENTS, {**SALE, **USDC, "amount": 1_000, "currency": "eur"})

    places = asked["next_action"]["crypto_display_details"]["deposit_addresses"]
    assert places["sandbox"]["supported_tokens"][0]["expected_amount"] == "11111112"
