"""What is one merchant's is, for every other key and for the other mode, simply not there."""

from typing import Any, Final

import pytest

from sluice.doors.api.route import Route
from sluice.doors.api.table import ROUTES
from sluice.wire.lists import ListShape
from tests.house import House
from tests.integration.api.estate import SALE, SESSION, Answer, Api, Estate

# What a route needs beside the id to get as far as looking for it.
BODIES: Final[dict[str, dict[str, Any]]] = {
    "webhook_endpoint.replay": {"since": 0},
    "payment_intent.wallet_request": {"network": "sandbox", "token": "usdc", "payer": "anybody"},
    "payment_intent.authorization": {
        "network": "sandbox",
        "token": "usdc",
        "payer": "anybody",
        "valid_before": 1,
        "nonce": "0x" + "00" * 32,
        "signature": "0x00",
    },
    "payment_intent.match": {"network": "sandbox", "transaction": "any"},
}
PREFIXES: Final = {
    "customer": "cus",
    "payment_intent": "pi",
    "charge": "ch",
    "balance_transaction": "txn",
    "checkout.session": "cs_test",
    "event": "evt",
    "webhook_endpoint": "we",
    "rate_alert": "ral",
    "refund": "re",
    "payout": "po",
}
# The sandbox is one chain for everybody in test mode: its transactions have no owner.
OWNED: Final = [route for route in ROUTES if "{id" in route.path and "/sandbox/" not in route.path]


def named(route: Route) -> str:
    return route.shape.name


def ask_for(api: Api, route: Route, object_id: str) -> Answer:
    return api.ask(
        route.method, route.path.replace("{id:str}", object_id), BODIES.get(route.shape.name)
    )


def without(answer: Answer, object_id: str) -> dict[str, Any]:
    """Return a refusal without what must differ: the id that was asked for, and the request's."""
    error = dict(answer.error)
    error.pop("request_id")
    return {**error, "message": error["message"].replace(object_id, "…")}


@pytest.mark.parametrize("route", OWNED, ids=named)
def test_anothers_object_is_refused_exactly_like_one_that_never_was(
    house: House, estates: tuple[Estate, Estate], route: Route
) -> None:
    mine, theirs = estates
    api = Api(house, mine.merchant.sk)

    for kind, object_id in theirs.ids.items():
        never = f"{PREFIXES[kind]}_{'1' * (len(object_id) - len(PREFIXES[kind]) - 1)}"

        answer, nothing = ask_for(api, route, object_id), ask_for(api, route, never)

        assert (answer.status, nothing.status) == (404, 404), (kind, answer.json)
        assert without(answer, object_id) == without(nothing, never)
        assert answer.error["code"] == "resource_missing"


@pytest.mark.parametrize("route", OWNED, ids=named)
def test_an_object_of_test_mode_is_not_there_in_live_mode(
    house: House, estates: tuple[Estate, Estate], route: Route
) -> None:
    mine = estates[0]
    live = Api(house, mine.merchant.live_sk)

    answers = {kind: ask_for(live, route, object_id) for kind, object_id in mine.ids.items()}

    assert {kind: answer.status for kind, answer in answers.items()} == dict.fromkeys(mine.ids, 404)


def test_ones_own_objects_are_there(house: House, estates: tuple[Estate, Estate]) -> None:
    """The tests above could not tell a lock from a wall."""
    mine = estates[0]
    api = Api(house, mine.merchant.sk)
    reads = [route for route in OWNED if route.method == "GET" and route.path.endswith("{id:str}")]

    found = {route.answers: ask_for(api, route, mine.ids[route.answers]).status for route in reads}

    assert found == dict.fromkeys(mine.ids, 200)


def test_no_list_shows_what_is_anothers(house: House, estates: tuple[Estate, Estate]) -> None:
    mine, theirs = estates
    lists = [r for r in ROUTES if isinstance(r.shape, ListShape) and "{id" not in r.path]
    assert len(lists) == 10

    for route in lists:
        for key in (mine.merchant.sk, mine.merchant.live_sk):
            shown = str(Api(house, key).get(f"{route.path}?limit=100"))
            assert theirs.merchant.id not in shown
            assert not [object_id for object_id in theirs.ids.values() if object_id in shown]
        assert Api(house, mine.merchant.live_sk).get(route.path)["data"] == []


@pytest.mark.parametrize(
    "query",
    [
        "/v1/payment_intents?customer={customer}",
        "/v1/charges?customer={customer}",
        "/v1/charges?payment_intent={payment_intent}",
        "/v1/balance_transactions?source={charge}",
        "/v1/balance_transactions?source={refund}",
        "/v1/refunds?payment_intent={payment_intent}",
        "/v1/refunds?charge={charge}",
        "/v1/checkout/sessions?customer={customer}",
        "/v1/checkout/sessions?payment_intent={payment_intent}",
    ],
)
def test_no_filter_finds_what_is_anothers(
    house: House, estates: tuple[Estate, Estate], query: str
) -> None:
    mine, theirs = estates

    found = Api(house, mine.merchant.sk).get(query.format(**dotless(theirs)))
    own = Api(house, mine.merchant.sk).get(query.format(**dotless(mine)))

    assert found["data"] == []
    assert own["data"] != [] or "sessions?payment_intent" in query


@pytest.mark.parametrize("cursor", ["starting_after", "ending_before"])
def test_anothers_object_is_no_cursor(
    house: House, estates: tuple[Estate, Estate], cursor: str
) -> None:
    mine, theirs = estates
    lists = {r.path: r for r in ROUTES if isinstance(r.shape, ListShape) and "{id" not in r.path}
    kinds = {
        "/v1/customers": "customer",
        "/v1/payment_intents": "payment_intent",
        "/v1/charges": "charge",
        "/v1/balance_transactions": "balance_transaction",
        "/v1/checkout/sessions": "checkout.session",
        "/v1/events": "event",
        "/v1/webhook_endpoints": "webhook_endpoint",
        "/v1/rates/alerts": "rate_alert",
        "/v1/refunds": "refund",
        "/v1/payouts": "payout",
    }
    assert set(kinds) == set(lists)

    for path, kind in kinds.items():
        api = Api(house, mine.merchant.sk)
        answer = api.ask("GET", f"{path}?{cursor}={theirs.ids[kind]}")

        assert (answer.status, answer.error["param"]) == (400, cursor), path
        assert api.ask("GET", f"{path}?{cursor}={mine.ids[kind]}").status == 200


def test_nothing_is_made_of_what_is_anothers(house: House, estates: tuple[Estate, Estate]) -> None:
    mine, theirs = estates
    api = Api(house, mine.merchant.sk)
    resend = f"/v1/events/{mine.ids['event']}/resend"
    pay = "/v1/test_helpers/sandbox/pay"
    made = "SELECT count(*) FROM payment_intents WHERE merchant_id = %s"
    before = house.sql(made, mine.merchant.id)

    answers = [
        api.ask("POST", "/v1/payment_intents", {**SALE, "customer": theirs.ids["customer"]}),
        api.ask("POST", "/v1/checkout/sessions", {**SESSION, "customer": theirs.ids["customer"]}),
        api.ask("POST", resend, {"webhook_endpoint": theirs.ids["webhook_endpoint"]}),
        api.ask("POST", pay, {"payment_intent": theirs.ids["payment_intent"]}),
    ]

    assert [answer.status for answer in answers] == [404] * 4
    assert house.sql(made, mine.merchant.id) == before


def test_a_client_secret_opens_nothing_under_anothers_publishable_key(
    house: House, estates: tuple[Estate, Estate]
) -> None:
    mine, theirs = estates
    path = f"/v1/payment_intents/{theirs.ids['payment_intent']}"
    query = f"{path}?client_secret={theirs.client_secret}"

    refused = Api(house, mine.merchant.pk).ask("GET", query)
    allowed = Api(house, theirs.merchant.pk).ask("GET", query)

    assert (refused.status, allowed.status) == (404, 200)


def dotless(estate: Estate) -> dict[str, str]:
    return {kind.replace(".", "_"): object_id for kind, object_id in estate.ids.items()}
