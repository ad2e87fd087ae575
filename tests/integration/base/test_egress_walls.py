"""Behind the judged URL stand two more walls, each of which holds alone."""

import socket

import aiohttp
import pytest

from sluice.base.egress import EgressError, Reason, _Guard, _Names
from sluice.base.reach import LIVE
from tests.integration.base.reaching import always
from tests.integration.base.servers import Server, listening


class Unguarded(_Guard):
    """A connector whose sockets are not judged, as if the network had led us elsewhere."""

    def _socket(self, found: aiohttp.connector.AddrInfoType) -> socket.socket:
        return socket.socket(*found[:3])


@pytest.mark.parametrize("host", ["127.0.0.1", "shop.example.org"])
async def test_a_connector_refuses_a_near_address_that_nobody_judged(host: str) -> None:
    server = Server()

    async with listening(server) as port:
        names = _Names(LIVE, always("127.0.0.1"), 1.0)
        async with aiohttp.ClientSession(connector=_Guard(LIVE, names, 4, None)) as session:
            with pytest.raises(EgressError) as error:
                await session.post(f"http://{host}:{port}/", data=b"{}")

    assert error.value.reason is Reason.BLOCKED
    assert server.connections == 0


async def test_a_peer_that_is_not_who_was_judged_hears_nothing() -> None:
    server = Server()

    async with listening(server) as port:
        names = _Names(LIVE, always("8.8.8.8"), 1.0)
        async with aiohttp.ClientSession(connector=Unguarded(LIVE, names, 4, None)) as session:
            with pytest.raises(EgressError) as error:
                await session.post(f"http://127.0.0.1:{port}/", data=b"{}")

    assert error.value.reason is Reason.BLOCKED
    assert server.connections == 1
    assert server.heard == []
