"""The same calls through the official Node client, unmodified."""

import fcntl
import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from tests.house import House
from tests.receiver import Receiver
from tests.stripe.sdk_schema import problems
from tests.stripe.shop import Shop
from tests.stripe.test_events import listens

HOME: Final = Path(__file__).parent / "node"
PINNED: Final = "23.1.0"

Said = Mapping[str, Any]


@pytest.fixture(scope="module")
def said(house: House, receiver: Receiver) -> Said:
    """Run every call once, and return what each was answered by its name."""
    install()
    merchant = house.merchant()
    endpoint = listens(Shop(house, merchant), receiver, "/node", "customer.created")
    Shop(house, merchant).v1.customers.create({"name": "Ünï ☂"})
    told = receiver.waits_for("/node", "customer.created")
    given = {
        "key": merchant.sk,
        "publishable": merchant.pk,
        "host": house.settings.host,
        "port": house.settings.port,
        "hook": f"{receiver.url}/node-hook",
        "told": {
            "body": told.body.decode(),
            "signature": told.headers["Stripe-Signature"],
            "secret": endpoint.secret,
        },
    }
    run = subprocess.run(
        [program("node"), "calls.mjs", json.dumps(given)],
        cwd=HOME,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    return {line["name"]: line.get("answer") or line.get("error") for line in lines}


def test_the_client_is_the_pinned_one() -> None:
    install()

    package = json.loads((HOME / "node_modules" / "stripe" / "package.json").read_text("utf-8"))

    assert package["version"] == PINNED


def test_every_answer_fits_the_types_of_stripes_objects(said: Said) -> None:
    objects = {name: answer for name, answer in said.items() if "object" in answer}

    wrong = {name: found for name, answer in objects.items() if (found := problems(answer))}

    assert len(objects) == 33
    assert wrong == {}


def test_the_account_and_the_balance_are_read(said: Said) -> None:
    assert said["account"]["business_profile"]["name"] == "Corner shop"
    assert said["balance"]["available"] == [{"amount": 0, "currency": "usd"}]


def test_customers_are_made_changed_and_forgotten(said: Said) -> None:
    assert (said["customer"]["email"], said["customer"]["metadata"]) == ("a@b.c", {"k": "v"})
    assert said["customer.retrieve"] == said["customer"]
    assert (said["customer.update"]["metadata"], said["customer.update"]["description"]) == (
        {},
        "x",
    )
    assert [found["id"] for found in said["customer.list"]["data"]] == [said["customer"]["id"]]
    assert said["customer.delete"]["deleted"] is True


def test_intents_go_their_way(said: Said) -> None:
    names = ("intent", "intent.update", "intent.confirm", "intent.cancel", "intent.expanded")

    assert [said[name]["status"] for name in names] == [
        "requires_payment_method",
        "requires_payment_method",
        "requires_action",
        "canceled",
        "succeeded",
    ]
    assert said["intent.update"]["metadata"] == {"o": "1", "a": "b"}
    assert said["intent.cancel"]["cancellation_reason"] == "abandoned"
    assert said["intent.deposit"]["next_action"]["type"] == "crypto_display_details"
    assert said["intent.expanded"]["latest_charge"]["balance_transaction"]["net"] == 19_900_000
    assert said["intent.expanded"]["customer"]["description"] == "x"
    assert [found["id"] for found in said["intent.list"]["data"]] == [said["intent.deposit"]["id"]]


def test_one_idempotency_key_makes_one_intent(said: Said) -> None:
    assert said["intent.first"] == said["intent.second"]


def test_charges_and_their_transactions_are_read(said: Said) -> None:
    charge = said["charge"]

    assert [found["id"] for found in said["charge.list"]["data"]] == [charge["id"]]
    assert (charge["status"], charge["amount_captured"]) == ("succeeded", 2000)
    assert charge["payment_method_details"]["crypto"]["network"] == "sandbox"
    assert charge["balance_transaction"] == said["transaction"]
    assert said["transaction.list"]["data"] == [said["transaction"]]


def test_sessions_are_opened_read_and_expired(said: Said) -> None:
    session = said["session"]

    assert (session["amount_total"], session["status"]) == (4000, "open")
    assert said["session.expanded"]["payment_intent"]["amount"] == 4000
    assert said["session.expanded"]["line_items"]["data"] == said["session.lines"]["data"]
    assert [found["id"] for found in said["session.list"]["data"]] == [session["id"]]
    assert said["session.expire"]["status"] == "expired"


def test_endpoints_and_events_are_read(said: Said) -> None:
    endpoint = said["endpoint"]

    assert endpoint["secret"].startswith("whsec_")
    assert said["endpoint.retrieve"] == {k: v for k, v in endpoint.items() if k != "secret"}
    assert endpoint["id"] in [found["id"] for found in said["endpoint.list"]["data"]]
    assert said["endpoint.update"]["status"] == "disabled"
    assert said["endpoint.delete"]["deleted"] is True
    assert said["event.list"]["data"] == [said["event"]]
    assert said["event"]["data"]["object"]["status"] == "succeeded"


def test_pages_go_on_in_both_directions(said: Said) -> None:
    pages = said["pages"]
    names = pages["names"]

    assert pages["forwards"][:5] == names[::-1]
    assert pages["backwards"] == names[1:]


@pytest.mark.parametrize(
    ("name", "kind", "status", "code"),
    [
        ("parameter", "StripeInvalidRequestError", 400, "amount_too_small"),
        ("unknown", "StripeInvalidRequestError", 400, "parameter_unknown"),
        ("missing", "StripeInvalidRequestError", 404, "resource_missing"),
        ("key", "StripeAuthenticationError", 401, "api_key_invalid"),
        ("reuse", "StripeIdempotencyError", 400, "idempotency_key_reuse"),
        ("publishable", "StripePermissionError", 403, "secret_key_required"),
        ("account", "StripePermissionError", 403, "account_invalid"),
        ("v2", "StripeInvalidRequestError", 404, "route_missing"),
    ],
)
def test_refusals_have_the_classes_of_the_client(
    said: Said, name: str, kind: str, status: int, code: str
) -> None:
    error = said[f"refused.{name}"]

    assert (error["type"], error["statusCode"], error["code"]) == (kind, status, code)
    assert error["requestId"].startswith("req_")


def test_what_the_server_was_told_verifies_and_nothing_else_does(said: Said) -> None:
    assert said["verified"]["data"]["object"]["name"] == "Ünï ☂"
    assert said["forged"]["type"] == "StripeSignatureVerificationError"


def install() -> None:
    """Fetch the pinned client once, whoever of the parallel workers comes first."""
    with (HOME / ".install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (HOME / "node_modules" / "stripe").exists():
            command = [program("npm"), "ci", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=HOME, check=True, timeout=50)


def program(name: str) -> str:
    """Return the path of a program of Node.js."""
    found = shutil.which(name)
    if found is None:
        raise RuntimeError(f"The tests of the Node client need {name}; install Node.js 20.")
    return found
