"""Who is visiting: what a header says counts only behind a proxy of ours."""

import ipaddress

import pytest

from sluice.base.limits.visitor import visitor_network

OURS = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")]


@pytest.mark.parametrize(
    "forwarded",
    [
        ["203.0.113.9"],
        ["203.0.113.9, 203.0.113.10"],
        ["203.0.113.9", "203.0.113.10"],
        ["for=203.0.113.9"],
        [""],
    ],
)
def test_a_header_from_a_stranger_means_nothing(forwarded: list[str]) -> None:
    assert visitor_network("198.51.100.7", forwarded) == "198.51.100.7"
    assert visitor_network("198.51.100.7", forwarded, trusted=OURS) == "198.51.100.7"


@pytest.mark.parametrize(
    ("forwarded", "visitor"),
    [
        (["203.0.113.9"], "203.0.113.9"),
        (["1.1.1.1, 203.0.113.9"], "203.0.113.9"),
        (["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
        (["203.0.113.9, 10.1.1.1"], "203.0.113.9"),
        (["nonsense"], "10.0.0.1"),
        (["203.0.113.9, nonsense"], "10.0.0.1"),
        ([], "10.0.0.1"),
        (["10.9.9.9"], "10.9.9.9"),
    ],
)
def test_behind_our_proxy_the_last_stranger_is_the_visitor(
    forwarded: list[str], visitor: str
) -> None:
    assert visitor_network("10.0.0.1", forwarded, trusted=OURS) == visitor


def test_addresses_of_one_subscriber_count_as_one() -> None:
    assert visitor_network("2001:db8::1") == visitor_network("2001:db8::ffff:1") == "2001:db8::/64"
    assert visitor_network("fe80::1%eth0") == "fe80::/64"


def test_an_address_written_inside_another_is_the_same_one() -> None:
    assert visitor_network("::ffff:198.51.100.7") == "198.51.100.7"
    assert visitor_network("::ffff:10.0.0.1", ["203.0.113.9"], trusted=OURS) == "203.0.113.9"


@pytest.mark.parametrize("peer", [None, "", "unix:/run/sluice.sock"])
def test_a_connection_without_an_address_is_local(peer: str | None) -> None:
    assert visitor_network(peer, ["203.0.113.9"], trusted=OURS) == "local"
