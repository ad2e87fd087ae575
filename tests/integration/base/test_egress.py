"""Egress against real sockets: where it goes, and whom it believes."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from sluice.base.egress import Reason
from sluice.base.reach import LIVE
from tests.integration.base.reaching import ONLY_ONE, always, reaching, reason_of
from tests.integration.base.servers import (
    Server,
    certified,
    greet,
    listening,
    read_request,
    saying,
)


async def test_a_post_carries_exactly_the_bytes_and_headers_given() -> None:
    server = Server()

    async with listening(server) as port, reaching() as egress:
        answer = await egress.post(
            f"http://127.0.0.1:{port}/a%20b?c=%2F", b'{"n":1.0}', headers={"X-One": "1"}
        )

    assert (answer.status, answer.body, answer.address) == (200, b"ok", "127.0.0.1")
    assert answer.is_whole
    assert answer.headers["content-length"] == "2"
    head, body = server.heard[0].split(b"\r\n\r\n")
    assert head.startswith(b"POST /a%20b?c=%2F HTTP/1.1\r\n")
    assert b"\r\nX-One: 1\r\n" in head
    assert b"aiohttp" not in head
    assert body == b'{"n":1.0}'


async def test_one_connection_is_used_again_and_hosts_get_no_more_than_their_share() -> None:
    server = Server()

    async with listening(server) as port, reaching(connections_per_host=4) as egress:
        url = f"http://127.0.0.1:{port}/"
        await egress.get(url, headers={})
        await egress.get(url, headers={})
        used_by_two = server.connections
        await asyncio.gather(*(egress.post(url, b"{}", headers={}) for _ in range(100)))

    assert used_by_two == 1
    assert server.connections == 4
    assert len(server.heard) == 102


async def test_the_connection_goes_to_the_address_that_was_judged() -> None:
    here, elsewhere = Server(), Server()
    answers = [["127.0.0.1"], ["127.0.0.2"]]

    async def rebinding(_host: str, _port: int) -> Sequence[str]:
        return answers.pop(0)

    async with (
        listening(here) as port,
        listening(elsewhere, "127.0.0.2", port=port),
        reaching(ONLY_ONE, lookup=rebinding) as egress,
    ):
        answer = await egress.post(f"http://rebind.example.org:{port}/", b"{}", headers={})

        assert answer.address == "127.0.0.1"
        assert answers == [["127.0.0.2"]], "one lookup for one connection"
    assert b"Host: rebind.example.org" in here.heard[0]

    async with (
        listening(elsewhere, "127.0.0.2") as port,
        reaching(ONLY_ONE, lookup=rebinding) as egress,
    ):
        call = egress.post(f"http://rebind.example.org:{port}/", b"{}", headers={})
        assert await reason_of(call) is Reason.BLOCKED
    assert elsewhere.connections == 0


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1", "127.0.0.2"],
        ["127.0.0.1", "::1"],
        ["169.254.169.254"],
        ["64:ff9b::7f00:1", "127.0.0.1"],
        ["127.0.0.1", "not an address"],
    ],
)
async def test_one_bad_address_blocks_the_whole_name(addresses: list[str]) -> None:
    server = Server()

    async with (
        listening(server) as port,
        reaching(ONLY_ONE, lookup=always(*addresses)) as egress,
    ):
        call = egress.post(f"http://mixed.example.org:{port}/", b"{}", headers={})
        assert await reason_of(call) is Reason.BLOCKED

    assert server.connections == 0


async def test_a_literal_address_is_judged_at_every_send() -> None:
    server = Server()

    async with listening(server) as port, reaching(LIVE) as strict, reaching() as near:
        for url in (f"http://127.0.0.1:{port}/", "https://10.0.0.1/", "https://2130706433/"):
            assert await reason_of(strict.post(url, b"", headers={})) is Reason.BLOCKED
        assert await reason_of(near.get("http://169.254.169.254/", headers={})) is Reason.BLOCKED

    assert server.connections == 0


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    trap = Server()

    async with listening(trap) as trap_port:
        place = f"Location: http://127.0.0.1:{trap_port}/".encode()
        away = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n" + place + b"\r\n\r\n"
        async with listening(Server(saying(away))) as port, reaching() as egress:
            answer = await egress.post(f"http://127.0.0.1:{port}/", b"{}", headers={})

    assert answer.status == 302
    assert trap.connections == 0


async def test_cookies_are_not_kept() -> None:
    heard: list[bytes] = []

    async def bake(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await read_request(reader):
            heard.append(head)
            writer.write(b"HTTP/1.1 204 No Content\r\nSet-Cookie: a=b; Path=/\r\n\r\n")

    async with (
        listening(Server(bake)) as port,
        reaching(ONLY_ONE, lookup=always("127.0.0.1")) as egress,
    ):
        for _ in range(2):
            await egress.post(f"http://shop.example.org:{port}/", b"{}", headers={})

    assert len(heard) == 2
    assert not any(b"cookie" in head.lower() for head in heard)


async def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, server = Server(), Server()

    async with listening(proxy) as proxy_port, listening(server) as port, reaching() as egress:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy_port}")
        await egress.post(f"http://127.0.0.1:{port}/", b"{}", headers={})

    assert (server.connections, proxy.connections) == (1, 0)


async def test_tls_asks_for_the_name_and_believes_only_its_certificate(tmp_path: Path) -> None:
    server = Server()
    served, trusted = certified(tmp_path, "shop.example.org")
    served.sni_callback = lambda _socket, name, _context: server.sni.append(name)
    at_home = always("127.0.0.1")

    async with listening(server, tls=served) as port:
        async with reaching(ONLY_ONE, lookup=at_home, tls=trusted) as egress:
            answer = await egress.post(f"https://shop.example.org:{port}/", b"{}", headers={})
            other = egress.post(f"https://other.example.org:{port}/", b"{}", headers={})
            wrong_name = await reason_of(other)
        async with reaching(ONLY_ONE, lookup=at_home) as egress:
            call = egress.post(f"https://shop.example.org:{port}/", b"{}", headers={})
            unknown_issuer = await reason_of(call)
    async with listening(Server(greet)) as port, reaching() as egress:
        not_tls = await reason_of(egress.post(f"https://127.0.0.1:{port}/", b"", headers={}))

    assert (answer.status, answer.address) == (200, "127.0.0.1")
    assert server.sni[0] == "shop.example.org"
    assert (wrong_name, unknown_issuer, not_tls) == (Reason.TLS, Reason.TLS, Reason.TLS)
    assert len(server.heard) == 1, "nothing was sent before the certificate was believed"
