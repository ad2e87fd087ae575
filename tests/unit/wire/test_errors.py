"""Every refusal leaves in Stripe's envelope with the status the official clients expect."""

import json

import pytest

from sluice.base.errors import (
    Conflict,
    Declined,
    Forbidden,
    IdempotencyMisuse,
    IllegalMove,
    Invalid,
    Kind,
    NotFound,
    SluiceError,
    Throttled,
    Unauthenticated,
    Unavailable,
)
from sluice.wire import errors
from sluice.wire.errors import ANSWERS, envelope, headers, status

ALLOWED = {
    "type", "code", "message", "param", "decline_code", "doc_url", "request_log_url",
    "payment_intent", "charge", "request_id",
}  # fmt: skip


def told(error: SluiceError) -> dict[str, object]:
    body = json.loads(envelope(error, "req_1"))
    assert list(body) == ["error"]
    inner: dict[str, object] = body["error"]
    assert inner.keys() <= ALLOWED
    return inner


@pytest.mark.parametrize(
    ("error", "code", "answer"),
    [
        (Invalid("m"), "parameter_invalid", (400, "invalid_request_error", "false")),
        (Unauthenticated("m"), "api_key_invalid", (401, "invalid_request_error", "false")),
        (Declined("m"), "payment_declined", (402, "card_error", "false")),
        (Forbidden("m"), "insufficient_scope", (403, "invalid_request_error", "false")),
        (NotFound("m"), "resource_missing", (404, "invalid_request_error", "false")),
        (Conflict("m"), "lock_timeout", (409, "invalid_request_error", "true")),
        (
            Conflict("m", code="idempotency_key_in_use"),
            "idempotency_key_in_use",
            (409, "idempotency_error", "true"),
        ),
        (IdempotencyMisuse("m"), "idempotency_key_reuse", (400, "idempotency_error", "false")),
        (IllegalMove("m"), "unexpected_state", (400, "invalid_request_error", "false")),
        (Throttled("m", retry_after_s=1), "rate_limit", (429, "invalid_request_error", "true")),
        (Unavailable("m"), "unavailable", (503, "api_error", "true")),
        (SluiceError("m"), "internal_error", (500, "api_error", None)),
    ],
)
def test_each_kind_has_its_status_type_and_advice(
    error: SluiceError, code: str, answer: tuple[int, str, str | None]
) -> None:
    body = told(error)

    assert (status(error), body["type"], headers(error).get("Stripe-Should-Retry")) == answer
    assert (body["code"], body["request_id"]) == (code, "req_1")


def test_no_kind_is_without_an_answer() -> None:
    assert set(ANSWERS) == set(Kind)


def test_an_envelope_names_the_param_only_when_there_is_one() -> None:
    assert told(Invalid("m", param="line_items[0][price]"))["param"] == "line_items[0][price]"
    assert "param" not in told(Invalid("m"))


def test_an_internal_error_keeps_its_words_to_itself() -> None:
    body = envelope(SluiceError("SELECT secret FROM keys", param="secret"), "req_1")

    assert b"SELECT" not in body
    assert b"secret" not in body
    assert told(errors.internal_error())["code"] == "internal_error"


def test_an_envelope_carries_what_stripe_allows_and_nothing_else() -> None:
    error = IllegalMove("m", code="payment_intent_unexpected_state")

    body = json.loads(envelope(error, "req_1", extra={"payment_intent": {"id": "pi_1"}}))

    assert body["error"]["payment_intent"] == {"id": "pi_1"}
    with pytest.raises(ValueError, match="stack"):
        envelope(error, "req_1", extra={"stack": "x"})


def test_even_a_lone_surrogate_in_a_message_leaves_as_valid_json() -> None:
    body = envelope(Invalid("no such thing: \ud800", param="\udfff"), "req_1")

    assert json.loads(body.decode("utf-8"))["error"]["param"] == "\udfff"


@pytest.mark.parametrize(("wait_s", "told_s"), [(0.01, "1"), (1, "1"), (1.2, "2"), (60, "60")])
def test_a_throttled_caller_is_told_when_to_come_back(wait_s: float, told_s: str) -> None:
    assert headers(Throttled("m", retry_after_s=wait_s))["Retry-After"] == told_s


def test_other_headers_belong_to_their_kind_alone() -> None:
    assert headers(Unavailable("m"))["Retry-After"] == "1"
    assert headers(Unauthenticated("m"))["WWW-Authenticate"].startswith("Bearer")
    assert headers(Invalid("m")) == {"Stripe-Should-Retry": "false"}
    assert headers(errors.method_not_allowed(["POST", "GET"]))["Allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("error", "told_status", "code"),
    [
        (errors.request_timeout(), 408, "request_timeout"),
        (errors.body_too_large(), 413, "body_too_large"),
        (errors.uri_too_long(), 414, "uri_too_long"),
        (errors.unsupported_media_type(), 415, "unsupported_media_type"),
        (errors.unsupported_encoding(), 415, "unsupported_encoding"),
        (errors.method_not_allowed([]), 405, "method_not_allowed"),
    ],
)
def test_what_http_refuses_wears_the_same_envelope(
    error: SluiceError, told_status: int, code: str
) -> None:
    body = told(error)

    assert (status(error), body["code"], body["type"]) == (
        told_status,
        code,
        "invalid_request_error",
    )


@pytest.mark.parametrize(
    ("path", "shown"),
    [("/v1/x", "/v1/x"), ("/" + "a" * 200, "/" + "a" * 99), ("/v1/\r\nx", "?")],
)
def test_an_unknown_route_is_said_as_stripe_says_it(path: str, shown: str) -> None:
    error = errors.route_missing("GET", path)

    assert error.message.startswith(f"Unrecognized request URL (GET: {shown}). ")
    assert (status(error), error.code) == (404, "route_missing")
