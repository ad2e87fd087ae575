"""Egress against real sockets: where it goes, what it believes, and when it gives up."""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sluice.base.egress import Egress, EgressError, Lookup, Reason
from sluice.base.reach import LIVE, NODES, Reach

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

ONLY_ONE = Reach(
    schemes=frozenset({"http", "https"}),
    ports=None,
    allow_networks=(ipaddress.ip_network("127.0.0.1/32"),),
)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """A real server on one address that counts its visitors and keeps what they said."""

    def __init__(self, talk: Talk | None = None) -> None:
        self._talk = talk or self._say_ok
        self.connections = 0
        self.heard: list[bytes] = []
        self.sni: list[str | None] = []
        self._visits: list[asyncio.Task[None] | None] = []

    async def _say_ok(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await read_request(reader):
            self.heard.append(head)
            writer.write(OK)
            await writer.drain()

    async def visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._visits.append(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._talk(reader, writer)
        writer.close()

    async def end_visits(self) -> None:
        visits = [visit for visit in self._visits if visit is not None]
        for visit in visits:
            visit.cancel()
        await asyncio.gather(*visits, return_exceptions=True)


async def read_request(reader: asyncio.StreamReader) -> bytes:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            head += await reader.readexactly(int(line.split(b":")[1]))
    return head


@contextlib.asynccontextmanager
async def listening(
    server: Server, address: str = "127.0.0.1", *, port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    listener = await asyncio.start_server(server.visit, address, port, ssl=tls)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        await server.end_visits()


@contextlib.asynccontextmanager
async def reaching(reach: Reach = NODES, **options: object) -> AsyncIterator[Egress]:
    egress = Egress(reach, **options)  # type: ignore[arg-type]
    try:
        yield egress
    finally:
        await egress.close()


def always(*addresses: str) -> Lookup:
    async def lookup(host: str, port: int) -> Sequence[str]:
        return addresses

    return lookup


def saying(*parts: bytes, pause_s: float = 0.0, endlessly: bool = False) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause_s)
        while endlessly:
            writer.write(parts[-1])
            await writer.drain()
            await asyncio.sleep(pause_s)

    return talk


async def reason_of(call: Awaitable[object]) -> Reason:
    with pytest.raises(EgressError) as error:
        await call
    assert error.value.code == error.value.reason.value
    return error.value.reason


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

    async def rebinding(host: str, port: int) -> Sequence[str]:
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


async def test_a_long_answer_is_an_error_or_is_cut_when_asked() -> None:
    endless = saying(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536, endlessly=True)

    async with listening(Server(endless)) as port, reaching() as egress:
        url = f"http://127.0.0.1:{port}/"
        assert await reason_of(egress.post(url, b"", headers={})) is Reason.TOO_LARGE
        answer = await egress.post(url, b"", headers={}, answer_max=1024, cut=True)

    assert (answer.status, answer.body, answer.is_whole) == (200, b"x" * 1024, False)


async def test_an_answer_of_exactly_the_allowed_length_is_whole() -> None:
    async with listening(Server()) as port, reaching() as egress:
        url = f"http://127.0.0.1:{port}/"
        answer = await egress.get(url, headers={}, answer_max=2)
        assert await reason_of(egress.get(url, headers={}, answer_max=1)) is Reason.TOO_LARGE

    assert (answer.body, answer.is_whole) == (b"ok", True)


async def test_a_compressed_bomb_is_not_blown_up() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n"

    async with (
        listening(Server(saying(head + b"\x1f\x8b" + b"\0" * 18))) as port,
        reaching() as egress,
    ):
        answer = await egress.get(f"http://127.0.0.1:{port}/", headers={})

    assert answer.body == b"\x1f\x8b" + b"\0" * 18


@pytest.mark.parametrize(
    "talk",
    [
        saying(b"HTTP/1.1 200 OK\r\n\r\n", b"x", pause_s=0.05, endlessly=True),
        saying(b"HTTP/1.1 200 OK\r\nX: ", b"x", pause_s=0.05, endlessly=True),
        saying(b"", pause_s=30),
    ],
    ids=["dripping body", "dripping header", "black hole"],
)
async def test_the_whole_ends_in_its_time(talk: Talk) -> None:
    async with listening(Server(talk)) as port, reaching() as egress:
        began = time.monotonic()
        call = egress.post(f"http://127.0.0.1:{port}/", b"", headers={}, timeout_s=0.4)
        reason = await reason_of(call)

    assert reason is Reason.TIMEOUT
    assert 0.3 < time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    "parts",
    [
        [b"SSH-2.0-OpenSSH_9.2\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx"],
        [b"HTTP/1.1 abc\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 70_000 + b"\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
        [b""],
    ],
    ids=["not http", "short body", "bad status", "endless header", "bad chunk", "hang up"],
)
async def test_nonsense_is_a_protocol_error(parts: list[bytes]) -> None:
    async with listening(Server(saying(*parts))) as port, reaching() as egress:
        with pytest.raises(EgressError) as error:
            await egress.post(f"http://127.0.0.1:{port}/", b"{}", headers={})

    assert error.value.reason is Reason.PROTOCOL
    assert not error.value.is_unsent


async def test_a_refused_connection_and_a_silent_one_are_known_to_be_unsent() -> None:
    async with listening(Server()) as port:
        pass
    async with reaching(connect_s=0.2) as egress:
        with pytest.raises(EgressError) as refused:
            await egress.post(f"http://127.0.0.1:{port}/", b"{}", headers={})

    assert refused.value.reason is Reason.CONNECT
    assert refused.value.is_unsent


async def test_a_name_without_an_address_is_a_dns_error() -> None:
    async def silent(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(30)
        return []

    for lookup in (always(), silent):
        async with reaching(NODES, lookup=lookup, connect_s=0.2) as egress:
            began = time.monotonic()
            assert await reason_of(egress.get("http://a.example.org/", headers={})) is Reason.DNS
            assert time.monotonic() - began < 1

    async with reaching(NODES) as egress:
        assert await reason_of(egress.get("http://no.such.invalid/", headers={})) is Reason.DNS


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


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example.org\r\n")
    await reader.read()


def certified(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a server with a certificate for this name, and a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = dt.datetime.now(dt.UTC)  # noqa: TID251 - the library compares with the real clock
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "both.pem").write_bytes(
        pem
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(folder / "both.pem")
    return served, ssl.create_default_context(cadata=pem.decode())
