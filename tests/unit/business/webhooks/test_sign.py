"""Signatures are what the receivers' own libraries accept, byte for byte."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks
import stripe

from sluice.base.clock import SystemClock
from sluice.base.errors import Invalid
from sluice.business.webhooks.deliveries.sign import Message, Scheme, make_secret, sign_message

VECTORS = Path(__file__).parents[4] / "spec" / "vectors" / "webhooks"
OLD, NEW = make_secret(b"o" * 24), make_secret(b"n" * 24)
EVENT = '{"id":"evt_1","object":"event","data":{"object":{"name":"é 🚀"}}}'.encode()


def cases(name: str) -> list[Any]:
    return [
        pytest.param(case, id=case["id"])
        for case in json.loads((VECTORS / name).read_text("utf-8"))["cases"]
    ]


def message_of(case: dict[str, Any]) -> Message:
    at = dt.datetime.fromtimestamp(case["timestamp"], dt.UTC)
    return Message(case["body"].encode(), case.get("msg_id") or case.get("message_id", ""), at)


def fresh(body: bytes = EVENT) -> Message:
    return Message(body, "evt_1", SystemClock().now())


@pytest.mark.parametrize("case", [c for c in cases("stripe.json") if c.values[0]["ok"]])
def test_the_stripe_header_is_the_one_of_the_vector(case: dict[str, Any]) -> None:
    headers = sign_message(message_of(case), secrets=[case["secret"]], schemes=[Scheme.STRIPE])

    assert headers == {"Stripe-Signature": case["header"]}


@pytest.mark.parametrize("case", cases("stripe.json"))
def test_g02_stripes_library_says_of_every_vector_what_the_vector_says(
    case: dict[str, Any],
) -> None:
    tolerance = None if case["ok"] else 300

    def verify() -> None:
        stripe.WebhookSignature.verify_header(
            case["body"], case["header"], case["secret"], tolerance
        )

    if case["ok"]:
        verify()
    else:
        with pytest.raises(stripe.SignatureVerificationError):
            verify()


@pytest.mark.parametrize(
    "case",
    [c for c in cases("standardwebhooks.json") if c.values[0]["ok"] and "msg_id" in c.values[0]],
)
def test_the_standard_headers_are_those_of_the_vector(case: dict[str, Any]) -> None:
    headers = sign_message(message_of(case), secrets=[case["secret"]], schemes=[Scheme.STANDARD])

    assert headers == case["headers"]


@pytest.mark.parametrize("case", cases("other_schemes.json"))
def test_the_other_schemes_are_those_of_the_vectors(case: dict[str, Any]) -> None:
    for scheme, expected in case["headers"].items():
        signed = sign_message(message_of(case), secrets=[case["secret"]], schemes=[Scheme(scheme)])
        assert signed == expected


def test_stripes_library_accepts_a_fresh_delivery_and_no_changed_one() -> None:
    headers = sign_message(fresh(), secrets=[NEW], schemes=[Scheme.STRIPE])

    signature = headers["Stripe-Signature"]
    event = stripe.Webhook.construct_event(EVENT, signature, NEW)

    assert event.id == "evt_1"
    for body, secret in ((EVENT + b" ", NEW), (EVENT, OLD)):
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body, signature, secret)


def test_the_standard_library_accepts_a_fresh_delivery_and_no_changed_one() -> None:
    headers = sign_message(fresh(), secrets=[NEW], schemes=[Scheme.STANDARD])

    event = standardwebhooks.Webhook(NEW).verify(EVENT, headers)

    assert event["id"] == "evt_1"
    for body, secret, sent in (
        (EVENT + b" ", NEW, headers),
        (EVENT, OLD, headers),
        (EVENT, NEW, headers | {"webhook-id": "evt_2"}),
    ):
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            standardwebhooks.Webhook(secret).verify(body, sent)


def test_during_a_rotation_both_secrets_are_accepted_where_a_header_holds_several() -> None:
    headers = sign_message(fresh(), secrets=[NEW, OLD], schemes=[Scheme.STRIPE, Scheme.STANDARD])

    for secret in (NEW, OLD):
        stripe.Webhook.construct_event(EVENT, headers["Stripe-Signature"], secret)
        standardwebhooks.Webhook(secret).verify(EVENT, headers)
    assert headers["Stripe-Signature"].count("v1=") == 2


def test_where_a_header_holds_one_the_old_secret_signs_until_the_overlap_ends() -> None:
    schemes = [Scheme.SGATE, Scheme.STABLECOIN, Scheme.BODY_SHA256]
    message = fresh()

    both = sign_message(message, secrets=[NEW, OLD], schemes=schemes)

    assert both == sign_message(message, secrets=[OLD], schemes=schemes)
    assert both != sign_message(message, secrets=[NEW], schemes=schemes)


def test_all_schemes_sign_one_delivery_together() -> None:
    headers = sign_message(fresh(), secrets=[NEW], schemes=list(Scheme))

    assert sorted(headers) == [
        "Stripe-Signature",
        "X-StacksPay-Signature",
        "X-Webhook-ID",
        "X-Webhook-Signature",
        "X-Webhook-Timestamp",
        "X-sGate-Signature",
        "webhook-id",
        "webhook-signature",
        "webhook-timestamp",
    ]


def test_a_body_that_is_not_text_is_signed_as_it_is() -> None:
    one = sign_message(fresh(b"\xff\x00"), secrets=[NEW], schemes=list(Scheme))
    other = sign_message(fresh(b"\xff\x01"), secrets=[NEW], schemes=list(Scheme))

    assert one["Stripe-Signature"] != other["Stripe-Signature"]
    assert one["X-StacksPay-Signature"] != other["X-StacksPay-Signature"]


def test_a_delivery_without_a_secret_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        sign_message(fresh(), secrets=[], schemes=[Scheme.STRIPE])

    assert refusal.value.code == "secret_missing"


@pytest.mark.parametrize("secret", ["whsec_not base64!", "whsec_", "", "whsec_äöü", "whsec_a"])
def test_a_secret_that_is_not_base64_cannot_sign_the_standard_scheme(secret: str) -> None:
    with pytest.raises(Invalid) as refusal:
        sign_message(fresh(), secrets=[secret], schemes=[Scheme.STANDARD])

    assert refusal.value.code == "secret_invalid"


def test_a_made_secret_is_unguessable_and_of_one_length() -> None:
    assert NEW.startswith("whsec_")
    assert len(NEW) == 38
    for length in (0, 23, 25):
        with pytest.raises(Invalid):
            make_secret(b"x" * length)
