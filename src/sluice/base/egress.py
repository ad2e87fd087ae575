"""Egress: outgoing HTTP that goes only where it may, never follows, and always ends."""

import asyncio
import concurrent.futures
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, TypeAlias

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from sluice.base.errors import Invalid, Kind, SluiceError
from sluice.base.reach import LIVE, Reach, is_reachable, parse_url

if TYPE_CHECKING:
    from aiohttp.client import ClientTimeout
    from aiohttp.client_reqrep import ClientRequest
    from aiohttp.connector import AddrInfoType, Connection
    from aiohttp.tracing import Trace

# What a name server says: the addresses of a name, as text.
Lookup: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]


class Reason(StrEnum):
    """Why there is no answer."""

    BLOCKED = "blocked"  # the address or the URL is not allowed
    DNS = "dns"  # the name has no address, or its server is silent
    CONNECT = "connect"  # nobody took the connection in time
    TLS = "tls"  # the certificate or the handshake is bad
    TIMEOUT = "timeout"  # the whole took too long
    TOO_LARGE = "too_large"  # the answer is longer than we asked for
    PROTOCOL = "protocol"  # the connection broke off, or what came is not HTTP


class EgressError(SluiceError):
    """A request that brought no answer; its `code` is the Reason."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message, code=reason.value)
        self.reason = reason

    @property
    def is_unsent(self) -> bool:
        """Say whether it is certain that the other side received nothing."""
        return self.reason in {Reason.BLOCKED, Reason.DNS, Reason.CONNECT, Reason.TLS}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Header names are lower case; `address` is who really answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    address: str
    is_whole: bool = True


class _Within(NamedTuple):
    timeout_s: float
    most: int
    cut: bool


class Egress:
    """A pool of outgoing connections that reach no further than they may.

    A name is resolved for a new connection, every address it has must be within reach, and the
    connection goes to a judged address. Redirects are answers, not instructions; cookies and
    proxies from the environment are ignored. `lookup` is for a run that owns its own names.
    """

    def __init__(
        self,
        reach: Reach = LIVE,
        *,
        lookup: Lookup | None = None,
        connections_per_host: int = 16,
        connect_s: float = 3.0,
        tls: ssl.SSLContext | None = None,
        agent: str = "Sluice",
    ) -> None:
        self.reach = reach
        self._lookup = lookup
        self._connections_per_host = connections_per_host
        self._connect_s = connect_s
        self._tls = tls
        self._agent = agent
        self._session: aiohttp.ClientSession | None = None

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        headers: Mapping[str, str],
        timeout_s: float = 10.0,
        answer_max: int = 65_536,
        cut: bool = False,
        method: str = "POST",
    ) -> Answer:
        """Send a body; return the answer, whatever its status (`cut`: its beginning), or raise."""
        return await self._request(method, url, body, headers, _Within(timeout_s, answer_max, cut))

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        timeout_s: float = 10.0,
        answer_max: int = 65_536,
        cut: bool = False,
    ) -> Answer:
        """Fetch and return the answer, whatever its status, or raise EgressError."""
        return await self._request("GET", url, None, headers, _Within(timeout_s, answer_max, cut))

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _request(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], within: _Within
    ) -> Answer:
        target = _target(url, self.reach)
        session = self._session or self._open()
        timeout = aiohttp.ClientTimeout(total=within.timeout_s, sock_connect=self._connect_s)
        try:
            async with session.request(
                method, target, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                content, is_whole = await _read(response, within)
                answered = {name.lower(): value for name, value in response.headers.items()}
                address = response.address if isinstance(response, _Response) else ""
                return Answer(response.status, answered, content, address, is_whole)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _explained(error) from error

    def _open(self) -> aiohttp.ClientSession:
        names = _Names(self.reach, self._lookup, self._connect_s)
        self._session = aiohttp.ClientSession(
            connector=_Guard(self.reach, names, self._connections_per_host, self._tls),
            response_class=_Response,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            headers={"User-Agent": self._agent, "Accept-Encoding": "identity"},
            skip_auto_headers=("Content-Type",),
        )
        return self._session


def _target(url: str, reach: Reach) -> URL:
    """Build the URL from its judged parts, so that aiohttp cannot read the text differently."""
    try:
        place = parse_url(url, reach)
    except Invalid as error:
        raise EgressError(Reason.BLOCKED, error.message) from error
    return URL.build(**place._asdict(), encoded=True)


async def _read(response: aiohttp.ClientResponse, within: _Within) -> tuple[bytes, bool]:
    content = bytearray()
    while len(content) <= within.most:
        chunk = await response.content.read(within.most + 1 - len(content))
        if not chunk:
            return bytes(content), True
        content += chunk
    response.close()
    if within.cut:
        return bytes(content[: within.most]), False
    raise EgressError(Reason.TOO_LARGE, f"The answer is longer than {within.most} bytes.")


# Narrow before wide: the first kind that fits is said.
_EXPLANATIONS: Final[Sequence[tuple[type[Exception], Reason, str]]] = (
    (aiohttp.ConnectionTimeoutError, Reason.CONNECT, "Nobody took the connection in time."),
    (TimeoutError, Reason.TIMEOUT, "No whole answer came in time."),
    (aiohttp.ClientConnectorDNSError, Reason.DNS, "The name has no address."),
    (aiohttp.ClientSSLError, Reason.TLS, "The secure connection could not be made."),
    (aiohttp.ClientConnectorError, Reason.CONNECT, "The connection was refused."),
)


def _explained(error: Exception) -> EgressError:
    for kind, reason, message in _EXPLANATIONS:
        if isinstance(error, kind):
            return EgressError(reason, message)
    return EgressError(Reason.PROTOCOL, f"The answer broke off: {type(error).__name__}.")


class _Response(aiohttp.ClientResponse):
    """A response that remembers who sent it."""

    address = ""

    async def start(self, connection: "Connection") -> aiohttp.ClientResponse:
        self.address = _peer(connection)
        return await super().start(connection)


class _Guard(aiohttp.TCPConnector):
    """Connects to judged addresses only: judged before the socket exists, and when it stands."""

    def __init__(
        self, reach: Reach, names: "_Names", per_host: int, tls: ssl.SSLContext | None
    ) -> None:
        super().__init__(
            resolver=names,
            ttl_dns_cache=10,
            limit=0,
            limit_per_host=per_host,
            # Node's server closes idle connections after five seconds; we leave first.
            keepalive_timeout=4.0,
            socket_factory=self._socket,
            ssl=True if tls is None else tls,
        )
        self._reach = reach

    async def connect(
        self,
        req: "ClientRequest",
        traces: "list[Trace]",
        timeout: "ClientTimeout",  # noqa: ASYNC109
    ) -> "Connection":
        connection = await super().connect(req, traces, timeout)
        if not is_reachable(_peer(connection), self._reach):
            connection.close()
            raise EgressError(Reason.BLOCKED, "The other side is not who was judged.")
        return connection

    def _socket(self, found: "AddrInfoType") -> socket.socket:
        family, kind, protocol, _, address = found
        if not is_reachable(str(address[0]), self._reach):
            raise EgressError(Reason.BLOCKED, "The address is not within reach.")
        return socket.socket(family=family, type=kind, proto=protocol)


class _Names(AbstractResolver):
    """Resolves a name once, and gives out its addresses only when all of them are within reach."""

    _ADDRESSES_MAX: Final = 8
    _THREADS_MAX: Final = 32  # a slow name server holds one; they are nobody else's

    def __init__(self, reach: Reach, lookup: Lookup | None, wait_s: float) -> None:
        self._reach = reach
        self._lookup = lookup or self._ask_system
        self._wait_s = wait_s
        self._threads = concurrent.futures.ThreadPoolExecutor(self._THREADS_MAX, "names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        del family  # every address must be judged, whichever kind is asked for
        try:
            async with asyncio.timeout(self._wait_s):
                found = await self._lookup(host, port)
        except (OSError, UnicodeError) as error:
            raise EgressError(Reason.DNS, f"The name {host} could not be resolved.") from error
        if not found:
            raise EgressError(Reason.DNS, f"The name {host} has no address.")
        if not all(is_reachable(address, self._reach) for address in found):
            raise EgressError(Reason.BLOCKED, f"The name {host} leads where we do not go.")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in found[: self._ADDRESSES_MAX]
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask_system(self, host: str, port: int) -> Sequence[str]:
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, socket.getaddrinfo, host, port, 0, socket.SOCK_STREAM
        )
        return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _peer(connection: "Connection") -> str:
    transport = connection.transport
    peer = None if transport is None else transport.get_extra_info("peername")
    return str(peer[0]) if peer else ""
