"""Checkout Sessions as time passes over them."""

from typing import Any

from sluice.base.clock import ManualClock
from tests.house import House, until
from tests.integration.api.estate import SESSION, Api

MINUTE_S = 60


def opened(house: House) -> tuple[Api, dict[str, Any]]:
    """Open a session that closes in an hour, and say how to pay it."""
    api = Api(house, house.merchant().sk)
    expires_at = int(house.app.clock.now().timestamp()) + 60 * MINUTE_S
    session = api.post("/v1/checkout/sessions", {**SESSION, "expires_at": expires_at})
    api.post(f"/v1/payment_intents/{session['payment_intent']}/confirm")
    return api, session


def sees(api: Api, session: dict[str, Any], status: str) -> dict[str, Any]:
    """Wait until a session has this status."""

    def found() -> dict[str, Any] | None:
        now = api.get(f"/v1/checkout/sessions/{session['id']}")
        return now if now["status"] == status else None

    return until(found, f"the session is {status}") or {}


def test_a_session_nobody_pays_expires_and_is_told(at_noon: tuple[House, ManualClock]) -> None:
    house, clock = at_noon
    api, session = opened(house)

    clock.advance(60 * MINUTE_S - 1)
    before = api.get(f"/v1/checkout/sessions/{session['id']}")
    clock.advance(1)
    after = sees(api, session, "expired")

    assert (before["status"], after["payment_status"], after["url"]) == ("open", "unpaid", None)
    told = until(lambda: api.get("/v1/events?type=checkout.session.expired")["data"], "it is told")
    assert [event["data"]["object"]["id"] for event in told] == [session["id"]]


def test_a_payment_made_in_time_completes_a_session_that_expired_meanwhile(
    at_noon: tuple[House, ManualClock],
) -> None:
    house, clock = at_noon
    api, session = opened(house)
    api.post("/v1/test_helpers/sandbox/pay", {"payment_intent": session["payment_intent"]})
    api.sees(session["payment_intent"], "processing")

    clock.advance(90 * MINUTE_S)
    house.mine(3)
    after = sees(api, session, "complete")

    assert after["payment_status"] == "paid"


def test_a_session_that_was_closed_by_hand_is_paid_by_money_already_on_its_way(
    at_noon: tuple[House, ManualClock],
) -> None:
    house, _ = at_noon
    api, session = opened(house)
    api.post(f"/v1/checkout/sessions/{session['id']}/expire")

    api.post("/v1/test_helpers/sandbox/pay", {"payment_intent": session["payment_intent"]})
    until(lambda: house.sql("SELECT 1 FROM transfers"), "it is seen")
    house.mine(3)

    after = sees(api, session, "complete")
    assert after["payment_status"] == "paid"
    assert api.get("/v1/balance")["unapplied"] == []
