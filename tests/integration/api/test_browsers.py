"""What a page of another site may do, and what a browser is told of it."""

from tests.house import House, Merchant
from tests.integration.api.estate import SALE, Api
from tests.integration.api.raw import INTENTS, ask, send

PAYER = f"{INTENTS}/pi_{'1' * 24}"


def test_a_browser_may_ask_where_a_payer_may_call(house: House) -> None:
    answers = [
        send(house.settings.port, ask("OPTIONS", path, b"", extra=["origin: https://shop.example"]))
        for path in (PAYER, f"{PAYER}/confirm")
    ]

    for answer in answers:
        assert answer.status == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "Authorization" in answer.headers["access-control-allow-headers"]
        assert "access-control-allow-credentials" not in answer.headers


def test_a_browser_is_told_nothing_where_only_a_merchant_may_call(
    house: House, merchant: Merchant
) -> None:
    for method, path in (("OPTIONS", "/v1/customers"), ("GET", "/v1/customers"), ("GET", INTENTS)):
        answer = send(house.settings.port, ask(method, path, b"", key=merchant.sk))

        assert "access-control-allow-origin" not in answer.headers


def test_a_page_reads_its_intent_and_its_refusals(house: House, merchant: Merchant) -> None:
    sale = Api(house, merchant.sk).post(INTENTS, SALE)
    path = f"{INTENTS}/{sale['id']}"
    query = f"{path}?client_secret={sale['client_secret']}"
    port = house.settings.port

    found = send(port, ask("GET", query, key=merchant.pk))
    refused = send(port, ask("GET", path, key=merchant.pk))

    assert (found.status, refused.status) == (200, 401)
    for answer in (found, refused):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "Request-Id" in answer.headers["access-control-expose-headers"]
