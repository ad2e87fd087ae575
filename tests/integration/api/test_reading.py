"""Bodies that do not come, and callers who leave."""

import asyncio
import socket
import time

import pytest
from litestar import Litestar, Request
from litestar.handlers import HTTPRouteHandler
from litestar.testing import RequestFactory
from litestar.types import Empty, HTTPReceiveMessage

from sluice.base.errors import Invalid, SluiceError
from sluice.doors.api.read import read_sent
from sluice.doors.api.table import ROUTES
from sluice.wire.errors import status
from tests.house import House, Merchant, until
from tests.integration.api.raw import ask

CREATE = next(route for route in ROUTES if route.shape.name == "payment_intent.create")


def request_that(receive: object) -> Request:  # type: ignore[type-arg]
    """Return a POST whose body comes as `receive` gives it."""
    handler = HTTPRouteHandler("/", http_method=["POST"])(_nothing)
    made = RequestFactory(Litestar([handler])).post("/", route_handler=handler)
    made._connection_state.body = Empty
    return Request(made.scope, receive=receive)  # type: ignore[arg-type]


async def _nothing() -> None:
    """Do nothing."""


async def test_a_body_that_trickles_in_is_not_waited_for() -> None:
    async def trickle() -> HTTPReceiveMessage:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"a", "more_body": True}

    with pytest.raises(SluiceError) as caught:
        await read_sent(request_that(trickle), CREATE, within_s=0.05)

    assert (status(caught.value), caught.value.code) == (408, "request_timeout")


async def test_a_body_that_breaks_off_is_the_callers_fault() -> None:
    async def leave() -> dict[str, str]:
        return {"type": "http.disconnect"}

    with pytest.raises(Invalid) as caught:
        await read_sent(request_that(leave), CREATE)

    assert caught.value.code == "invalid_body"


def test_a_caller_who_leaves_in_the_middle_changes_nothing(
    house: House, merchant: Merchant
) -> None:
    house.take_logs()
    whole = ask(key=merchant.sk)
    with socket.create_connection(("127.0.0.1", house.settings.port)) as wire:
        wire.sendall(whole[:-5])
        time.sleep(0.05)

    def is_told() -> bool:
        lines = house.logs.getvalue().splitlines()
        return any(merchant.id in line and '"status":400' in line for line in lines)

    until(is_told, "the request is given up")
    rows = "SELECT count(*) FROM payment_intents WHERE merchant_id = %s"
    assert house.sql(rows, merchant.id) == [(0,)]
    mine = [line for line in house.logs.getvalue().splitlines() if merchant.id in line]
    assert "request.failed" not in str(mine)
