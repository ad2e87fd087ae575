"""Electrum: a server of the Electrum protocol 1.4, one JSON document a line over TCP or TLS."""

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from sluice.base.errors import Invalid
from sluice.engine.chains.chain import ProviderTrouble

T = TypeVar("T")

READ_S: Final = 15.0
# A header's history or an address's outputs; a server that sends more is cut off.
_LINE_MAX: Final = 4 * 1024 * 1024
_PORTS: Final = {"tcp": 50001, "ssl": 50002}


class _Reply(msgspec.Struct, frozen=True):
    id: int | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: dict[str, Any] | str | None = None


class Head(msgspec.Struct, frozen=True):
    """The newest header, in hex."""

    height: int
    hex: str


class Unspent(msgspec.Struct, frozen=True):
    """An output of a script; height 0 or less while it waits."""

    tx_hash: str
    tx_pos: int
    height: int
    value: int


class ElectrumError(ProviderTrouble):
    """The server answered with an error of its own: `said` is its words."""

    def __init__(self, message: str, said: str) -> None:
        super().__init__(message)
        self.said = said


_REPLY: Final = msgspec.json.Decoder(_Reply)


class Electrum:
    """One server, over one connection that is opened when it is needed."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise Invalid(
                "An Electrum server is named as tcp://host:port or ssl://host:port.",
                code="networks_invalid",
            )
        self._host, self._port = parts.hostname, parts.port or _PORTS[parts.scheme]
        self._tls = ssl.create_default_context() if parts.scheme == "ssl" else None
        self._turn = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._asked = 0

    @property
    def name(self) -> str:
        """Return the server's host and port."""
        return f"{self._host}:{self._port}"

    async def ask(self, shape: type[T], method: str, *params: object) -> T:
        """Ask one question. Raises ProviderTrouble; ElectrumError for its own errors."""
        async with self._turn:
            try:
                async with asyncio.timeout(READ_S):
                    raw = await self._exchange(method, params)
            except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
                await self._close()
                raise ProviderTrouble(f"{self.name} does not answer.") from None
        try:
            return msgspec.json.decode(raw, type=shape)
        except msgspec.DecodeError as error:
            raise ProviderTrouble(f"{self.name} answers nonsense: {error}") from None

    async def header(self, height: int) -> bytes | None:
        """Return the header at a height, None above the tip."""
        try:
            text = await self.ask(str, "blockchain.block.header", height)
        except ElectrumError:
            return None
        return self._bytes(text)

    async def tip(self) -> tuple[int, bytes]:
        """Return the newest header and its height."""
        head = await self.ask(Head, "blockchain.headers.subscribe")
        return head.height, self._bytes(head.hex)

    async def close(self) -> None:
        """Close the connection."""
        async with self._turn:
            await self._close()

    async def _exchange(self, method: str, params: Sequence[object]) -> msgspec.Raw:
        if self._streams is None:
            self._streams = await asyncio.open_connection(
                self._host, self._port, ssl=self._tls, limit=_LINE_MAX
            )
            await self._talk(self._streams, "server.version", ["sluice", "1.4"])
        return await self._talk(self._streams, method, params)

    async def _talk(
        self,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        method: str,
        params: Sequence[object],
    ) -> msgspec.Raw:
        reader, writer = streams
        self._asked += 1
        asked = {"jsonrpc": "2.0", "id": self._asked, "method": method, "params": list(params)}
        writer.write(msgspec.json.encode(asked) + b"\n")
        await writer.drain()
        while True:
            # News of a subscription come in between, without an id; we ask when we want to know.
            reply = _REPLY.decode(await reader.readuntil(b"\n"))
            if reply.id == self._asked:
                break
        if reply.error is not None:
            said = reply.error if isinstance(reply.error, str) else str(reply.error.get("message"))
            raise ElectrumError(f"{self.name} says: {said[:200]}", said)
        return reply.result

    async def _close(self) -> None:
        if self._streams is not None:
            _, writer = self._streams
            self._streams = None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _bytes(self, text: str) -> bytes:
        try:
            return bytes.fromhex(text)
        except ValueError:
            raise ProviderTrouble(f"{self.name} answers nonsense: no hex.") from None
