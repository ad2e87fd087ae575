"""Who is visiting: the network at the other end, or the one that a proxy of ours passes on."""

import ipaddress
from collections.abc import Sequence
from typing import Final, TypeAlias

from sluice.base.limits.model import network_of

Subnet: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

# A connection that has no address, such as one over a Unix socket.
_LOCAL: Final = "local"


def visitor_network(
    peer: str | None, forwarded: Sequence[str] = (), *, trusted: Sequence[Subnet] = ()
) -> str:
    """Return whom a request stands for.

    `forwarded` are the lines of X-Forwarded-For. Everybody can write them, so they are read from
    the right, and only as long as the address that wrote them is in a trusted subnet.
    """
    visitor = _address(peer or "")
    if visitor is None:
        return _LOCAL
    hops = [hop.strip() for line in forwarded for hop in line.split(",")]
    while hops and _is_within(visitor, trusted):
        before = _address(hops.pop())
        if before is None:
            break
        visitor = before
    return network_of(visitor)


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return None


def _is_within(address: str, subnets: Sequence[Subnet]) -> bool:
    parsed = ipaddress.ip_address(address)
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return any((mapped or parsed) in subnet for subnet in subnets)
