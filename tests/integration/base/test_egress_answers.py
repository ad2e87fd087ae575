"""Egress against real sockets: how much it takes, how long it waits, and what it says then."""

import asyncio
import time
from collections.abc import Sequence

import pytest

from sluice.base.egress import EgressError, Reason
from sluice.base.reach import NODES
from tests.integration.base.reaching import always, reaching, reason_of
from tests.integration.base.servers import (
    Server,
    Talk,
    listening,
    saying,
)


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
    async def silent(_host: str, _port: int) -> Sequence[str]:
        await asyncio.sleep(30)
        return []

    for lookup in (always(), silent):
        async with reaching(NODES, lookup=lookup, connect_s=0.2) as egress:
            began = time.monotonic()
            assert await reason_of(egress.get("http://a.example.org/", headers={})) is Reason.DNS
            assert time.monotonic() - began < 1

    async with reaching(NODES) as egress:
        assert await reason_of(egress.get("http://no.such.invalid/", headers={})) is Reason.DNS
