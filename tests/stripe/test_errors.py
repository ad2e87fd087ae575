"""Every class of error that the official Python client knows, from real refusals."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import psycopg
import pytest
import stripe

from sluice.base.errors import Declined, SluiceError
from sluice.wire import errors
from tests.house import House, Merchant, running_house, until
from tests.stripe.shop import Shop, client_of

USE_A_KEY = """
INSERT INTO idempotency_keys VALUES (%s, false, 'held', '', 'req', '/', 200, '', NULL, now())"""


def caught_from(shop: Shop, method: str, path: str, **params: Any) -> stripe.StripeError:  # noqa: ANN401
    """Make a request that is refused, and return what the client raises."""
    with pytest.raises(stripe.StripeError) as caught:
        shop.client.raw_request(method, path, **params)
    return caught.value


def code_of(error: stripe.StripeError) -> str | None:
    """Return the code; most classes of the client keep it only in the body."""
    return error.error.code if error.error else None


def test_a_bad_parameter_is_an_invalid_request(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.payment_intents.create({"amount": 0, "currency": "usd"})

    error = caught.value
    assert (error.http_status, error.code, error.param) == (400, "amount_too_small", "amount")
    assert error.request_id is not None
    assert error.request_id.startswith("req_")
    assert error.headers is not None
    assert error.headers["Stripe-Should-Retry"] == "false"


def test_an_unknown_parameter_is_refused_by_its_name(shop: Shop) -> None:
    error = caught_from(shop, "post", "/v1/customers", emial="a@b.c")

    assert isinstance(error, stripe.InvalidRequestError)
    assert (error.code, error.param) == ("parameter_unknown", "emial")
    assert "Did you mean email?" in str(error)


def test_an_unknown_object_is_an_invalid_request(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.v1.payment_intents.retrieve("pi_" + "1" * 24)

    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "/v1/nothing", 404, "route_missing"),
        ("post", "/v1/nothing", 404, "route_missing"),
        ("get", "/v2/core/event_destinations", 404, "route_missing"),
        ("delete", "/v1/payment_intents", 405, "method_not_allowed"),
        ("delete", "/v1/balance", 405, "method_not_allowed"),
        ("get", "/v1/test_helpers/sandbox/pay", 405, "method_not_allowed"),
    ],
)
def test_every_path_answers_in_the_one_envelope(
    shop: Shop, method: str, path: str, status: int, code: str
) -> None:
    error = caught_from(shop, method, path)

    assert (error.http_status, code_of(error)) == (status, code)
    assert error.request_id is not None


def test_a_wrong_key_is_an_authentication_error(house: House) -> None:
    with pytest.raises(stripe.AuthenticationError) as caught:
        client_of("sk_test_nobody", house.url).v1.balance.retrieve()

    assert (caught.value.http_status, code_of(caught.value)) == (401, "api_key_invalid")
    assert "sk_test_nobody" not in str(caught.value)


def test_a_revoked_key_is_an_authentication_error_within_a_second(
    house: House, merchant: Merchant
) -> None:
    client = client_of(merchant.sk, house.url)
    client.v1.balance.retrieve()
    house.sql("UPDATE api_keys SET revoked_at = now() WHERE merchant_id = %s", merchant.id)

    time.sleep(1)
    with pytest.raises(stripe.AuthenticationError):
        client.v1.balance.retrieve()


def test_a_restricted_key_is_refused_what_it_may_not_do(house: House, merchant: Merchant) -> None:
    key = house.key(merchant, "rk", "payments:read", "balance:read")
    client = client_of(key, house.url)

    assert client.v1.payment_intents.list().data == []
    assert client.v1.balance.retrieve().livemode is False
    with pytest.raises(stripe.PermissionError) as caught:
        client.v1.payment_intents.create({"amount": 1, "currency": "usd"})

    assert (caught.value.http_status, code_of(caught.value)) == (403, "insufficient_scope")
    assert "payments:write" in str(caught.value)


def test_another_account_is_nobodys_to_act_for(house: House, shop: Shop) -> None:
    other = house.merchant()

    with pytest.raises(stripe.PermissionError) as caught:
        shop.v1.balance.retrieve(options={"stripe_account": other.id})
    own = shop.v1.balance.retrieve(options={"stripe_account": shop.merchant.id})

    assert code_of(caught.value) == "account_invalid"
    assert own.livemode is False
    assert shop.http.headers["Stripe-Account"] == shop.merchant.id


def test_a_key_used_for_something_else_is_an_idempotency_error(shop: Shop) -> None:
    shop.v1.customers.create({"name": "A"}, {"idempotency_key": "one"})

    with pytest.raises(stripe.IdempotencyError) as caught:
        shop.v1.customers.create({"name": "B"}, {"idempotency_key": "one"})
    with pytest.raises(stripe.IdempotencyError):
        shop.v1.payment_intents.create({"amount": 1, "currency": "usd"}, {"idempotency_key": "one"})

    assert (caught.value.http_status, code_of(caught.value)) == (400, "idempotency_key_reuse")
    assert len(shop.v1.customers.list().data) == 1


def test_a_key_in_use_is_a_conflict_that_may_be_repeated(house: House, shop: Shop) -> None:
    with psycopg.connect(house.settings.database_url) as other:
        other.execute(USE_A_KEY, [shop.merchant.id])
        with pytest.raises(stripe.APIError) as caught:
            shop.v1.customers.create({"name": "A"}, {"idempotency_key": "held"})
        other.rollback()

    error = caught.value
    assert error.http_status == 409
    assert error.error is not None
    assert (error.error.code, error.error.type) == ("idempotency_key_in_use", "idempotency_error")
    assert error.headers is not None
    assert error.headers["Stripe-Should-Retry"] == "true"
    assert shop.v1.customers.create({"name": "A"}, {"idempotency_key": "held"}).name == "A"


def test_an_object_in_use_is_a_conflict_that_is_not_the_keys(house: House, shop: Shop) -> None:
    customer = shop.v1.customers.create({"name": "A"})
    with psycopg.connect(house.settings.database_url) as other:
        other.execute("SELECT FROM customers WHERE id = %s FOR UPDATE", [customer.id])
        with pytest.raises(stripe.APIError) as caught:
            shop.v1.customers.update(customer.id, {"name": "B"})

    assert caught.value.http_status == 409
    assert code_of(caught.value) == "lock_timeout"


def test_a_lost_database_is_an_api_error_that_may_be_repeated(house: House, shop: Shop) -> None:
    customer = shop.v1.customers.create({"name": "A"})
    waiting = "wait_event_type = 'Lock' AND query LIKE '%%customers%%'"
    raised: list[stripe.StripeError] = []

    def change() -> None:
        with pytest.raises(stripe.StripeError) as caught:
            shop.v1.customers.update(customer.id, {"name": "B"})
        raised.append(caught.value)

    with psycopg.connect(house.settings.database_url) as other:
        other.execute("SELECT FROM customers WHERE id = %s FOR UPDATE", [customer.id])
        changing = threading.Thread(target=change)
        changing.start()
        kill = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {waiting}"
        until(lambda: house.sql(kill), "somebody waits for the customer")
        changing.join()

    assert isinstance(raised[0], stripe.APIError)
    assert (raised[0].http_status, code_of(raised[0])) == (503, "unavailable")
    assert shop.v1.customers.update(customer.id, {"name": "B"}).name == "B"


def test_a_fault_of_ours_is_an_api_error_that_tells_nothing(house: House, shop: Shop) -> None:
    house.take_logs()
    house.sql("REVOKE INSERT ON customers FROM sluice_tenant")
    try:
        with pytest.raises(stripe.APIError) as caught:
            shop.v1.customers.create({"name": "A"}, {"idempotency_key": "fault"})
    finally:
        house.sql("GRANT INSERT ON customers TO sluice_tenant")

    error = caught.value
    assert error.http_status == 500
    assert error.error is not None
    assert (error.error.type, error.error.code) == ("api_error", "internal_error")
    assert "customers" not in str(error)
    assert str(error.request_id) in house.logs.getvalue()
    assert shop.v1.customers.create({"name": "A"}, {"idempotency_key": "fault"}).name == "A"


def test_too_many_requests_are_a_rate_limit_error(
    database_server: str, database_template: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("strict")
    with running_house(database_server, database_template, home, limits="strict") as house:
        merchant = house.merchant()
        client = client_of(merchant.sk, house.url, max_network_retries=0)
        for _ in range(10):
            client.v1.payment_intents.create({"amount": 1, "currency": "usd"})

        with pytest.raises(stripe.RateLimitError) as caught:
            client.v1.payment_intents.create({"amount": 1, "currency": "usd"})

        assert (caught.value.http_status, code_of(caught.value)) == (429, "rate_limit")
        assert caught.value.headers is not None
        assert int(caught.value.headers["Retry-After"]) >= 1
        assert len(client.v1.payment_intents.list().data) == 10


def test_a_refusal_by_policy_is_a_card_error() -> None:
    with pytest.raises(stripe.CardError) as caught:
        told_to_the_client(Declined("No.", code="payment_declined"))

    assert (caught.value.http_status, caught.value.code) == (402, "payment_declined")


@pytest.mark.parametrize(
    "refusal",
    [
        errors.body_too_large,
        errors.uri_too_long,
        errors.unsupported_media_type,
        errors.unsupported_encoding,
        errors.request_timeout,
    ],
)
def test_what_http_refuses_is_read_by_the_client_too(refusal: Callable[[], SluiceError]) -> None:
    error = refusal()

    with pytest.raises(stripe.StripeError) as caught:
        told_to_the_client(error)

    assert caught.value.http_status == errors.status(error)
    assert caught.value.request_id == "req_1"
    assert code_of(caught.value) == error.code


def told_to_the_client(error: SluiceError) -> None:
    """Let a server of one answer refuse the official client, in our bytes."""

    class Once(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = errors.envelope(error, "req_1")
            self.send_response(errors.status(error))
            for name, value in {**errors.headers(error), "Request-Id": "req_1"}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - as in the base
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Once) as server:
        answering = threading.Thread(target=server.handle_request)
        answering.start()
        try:
            client = client_of("sk", f"http://127.0.0.1:{server.server_address[1]}")
            json.dumps(client.v1.balance.retrieve())
        finally:
            answering.join()
