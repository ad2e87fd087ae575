"""Reach: where outgoing requests may go; URLs and addresses judged without asking a name server."""

import functools
import ipaddress
import re
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import SplitResult, urlsplit

from sluice.base.errors import Invalid

IpNetwork: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Reach:
    """Where requests may go. The default is what a stranger's URL may name.

    `ports` None means any. `allow_networks` are subnets the operator named. `private_allowed` adds
    loopback and private addresses, for nodes that the operator configured.
    """

    schemes: frozenset[str] = frozenset({"https"})
    ports: frozenset[int] | None = frozenset({443})
    allow_networks: tuple[IpNetwork, ...] = ()
    private_allowed: bool = False

    @property
    def is_public_only(self) -> bool:
        """Say whether only public addresses are within reach."""
        return not (self.private_allowed or self.allow_networks)


# Strangers' URLs in live mode, in test mode, and the operator's own nodes.
LIVE: Final = Reach()
TEST: Final = Reach(schemes=frozenset({"https", "http"}), ports=frozenset({443, 8443, 80}))
NODES: Final = Reach(schemes=frozenset({"https", "http"}), ports=None, private_allowed=True)


class Place(NamedTuple):
    """A URL read strictly, in parts that cannot be read differently after us."""

    scheme: str
    host: str
    port: int
    path: str
    query_string: str


def judge_url(url: str, reach: Reach = LIVE, *, param: str = "url") -> None:
    """Refuse a URL that could never be within reach; its name is not resolved here."""
    parse_url(url, reach, param)


@functools.lru_cache(maxsize=4096)
def parse_url(url: str, reach: Reach = LIVE, param: str = "url") -> Place:
    """Read a URL strictly, or refuse it with code `url_invalid`."""
    parts, port = _split(url, param)
    host = parts.hostname or ""
    if parts.scheme not in reach.schemes:
        raise _refused(f"Start it with {' or '.join(sorted(reach.schemes))}.", param)
    shown = f"[{host}]" if ":" in host else host
    if parts.netloc.lower() != (shown if port is None else f"{shown}:{port}"):
        raise _refused("Name only a host and a port, no user.", param)
    if parts.fragment:
        raise _refused("Leave out the fragment.", param)
    number = (443 if parts.scheme == "https" else 80) if port is None else port
    if number == 0 or (reach.ports is not None and number not in reach.ports):
        raise _refused("Use the standard port.", param)
    if not (is_reachable(host, reach) if is_address(host) else _is_name(host, reach)):
        raise _refused("Use a host that is reachable from the internet.", param)
    return Place(parts.scheme, host.removesuffix("."), number, parts.path or "/", parts.query)


def is_address(text: str) -> bool:
    """Say whether this is an address and not a name."""
    return _address(text) is not None


@functools.lru_cache(maxsize=4096)
def is_reachable(text: str, reach: Reach = LIVE) -> bool:
    """Say whether this address, written in numbers, is within reach."""
    address = _address(text)
    if isinstance(address, ipaddress.IPv6Address):
        address = None if address.scope_id else address.ipv4_mapped or address
    if address is None:
        return False
    allowed = reach.allow_networks + (_PRIVATE if reach.private_allowed else ())
    if any(address.version == block.version and address in block for block in allowed):
        return True
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in block for block in _V4_REFUSED)
    return address in _V6_ALLOWED and not any(address in block for block in _V6_REFUSED)


def _networks(blocks: str) -> tuple[IpNetwork, ...]:
    return tuple(ipaddress.ip_network(block) for block in blocks.split())


# What is not the public internet: RFC 6890 and its successors, multicast, and relays of others.
# The standard library's own table let 15 of our 44 dangerous addresses through.
_V4_REFUSED: Final = _networks(
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 "
    "192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 "
    "198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4"
)
# Global unicast alone is allowed of IPv6, less what carries IPv4 inside or is for documents.
_V6_ALLOWED: Final = ipaddress.IPv6Network("2000::/3")
_V6_REFUSED: Final = _networks("2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20")
_PRIVATE: Final = _networks(
    "10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 172.16.0.0/12 192.168.0.0/16 ::1/128 fc00::/7"
)
_URL_MAX: Final = 2048
_HOST_MAX: Final = 253
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]", re.ASCII)
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
# 127.1, 0x7f.1 and 2130706433 are names to a parser and addresses to the system's resolver.
_NUMERIC: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_SPECIAL: Final = (
    ".localhost",
    ".local",
    ".internal",
    ".lan",
    ".home.arpa",
    ".intranet",
    ".corp",
    ".onion",
    ".test",
    ".example",
    ".invalid",
    ".in-addr.arpa",
    ".ip6.arpa",
)


def _split(url: str, param: str) -> tuple[SplitResult, int | None]:
    if _CONTROL.search(url):
        raise Invalid(
            "Contains characters that are not allowed.",
            code="parameter_invalid_characters",
            param=param,
        )
    if len(url) > _URL_MAX or not url.isascii() or " " in url or "\\" in url:
        raise _refused(f"Use up to {_URL_MAX} ASCII characters, no spaces or backslashes.", param)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refused("Write it as https://host/path.", param) from error
    return parts, port


def _is_name(host: str, reach: Reach) -> bool:
    """Say whether a public name server could know this name."""
    name = host.removesuffix(".")
    labels = name.split(".")
    if len(name) > _HOST_MAX or not all(_LABEL.fullmatch(label) for label in labels):
        return False
    if _NUMERIC.fullmatch(labels[-1]):
        return False
    # Inside the operator's own networks names are short; their addresses are judged all the same.
    if not reach.is_public_only:
        return True
    return len(labels) > 1 and not f".{name}".endswith(_SPECIAL)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _refused(why: str, param: str) -> Invalid:
    return Invalid(f"The URL is not allowed. {why}", code="url_invalid", param=param)
