"""Reach refuses every dangerous address and URL we know of, and lets the public ones through."""

import ipaddress

import pytest

from sluice.base.errors import Invalid
from sluice.base.reach import (
    LIVE,
    NODES,
    TEST,
    Reach,
    is_reachable,
    judge_url,
    parse_url,
)

_ADDRESSES = (
    "127.0.0.1 127.1.2.3 10.0.0.1 172.16.5.4 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 "
    "0.1.2.3 192.0.0.8 192.0.0.170 192.0.2.1 198.18.0.1 198.51.100.7 224.0.0.1 239.1.1.1 "
    "240.0.0.1 255.255.255.255 192.88.99.1 :: ::1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 "
    "::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::a9fe:a9fe "
    "2002:7f00:1:: 2002:a9fe:a9fe::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1 2001:10::1 "
    "2001:20::1 3fff::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1 100::1 5f00::1 "
    "::ffff:0:127.0.0.1 203.0.113.9"
)
DANGEROUS_ADDRESSES = _ADDRESSES.split()
PUBLIC_ADDRESSES = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"]

DANGEROUS_URLS = [
    "http://example.org/",
    "ftp://example.org",
    "file:///etc/passwd",
    "gopher://x.org/_a",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0x7f000001/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[fe80::1%25eth0]/",
    "https://localhost/",
    "https://localhost./",
    "https://a.localhost/",
    "https://metadata.google.internal/",
    "https://db.internal/",
    "https://printer.local/",
    "https://intranet/",
    "https://user:pw@example.org/",
    "https://example.org@127.0.0.1/",
    "https://example.org:22/",
    "https://example.org:6379/",
    "https://example.org:0/",
    "https://example.org:99999/",
    "https://example.org:443x/",
    "https://exa mple.org/",
    "https://example.org\\@127.0.0.1/",
    "https://example.org\r\nX: y/",
    "https://\u2460\u2461\u2466.0.0.1/",
    "https://\u0440\u0430ypal.com/",
    "https:///x",
    "https://",
    "",
    "//example.org/x",
    "javascript:alert(1)",
    "https://example.org/#x",
    "https://169.254.169.254/latest",
    "https://100.100.100.200/",
    "https://192.168.0.1/",
    "https://10.0.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://[::]/",
    "https://-a.org/",
    f"https://{'a' * 64}.org/",
    f"https://{'a.' * 130}org/",
    f"https://x.org/{'a' * 2100}",
    "https://nip.127.0.0.1/",
    "https://foo.test/",
]
SLY_URLS = [
    "https://[2606:4700::1]x/",
    "https://a[2606:4700::1]/",
    "https://[2606:4700::1/",
    "https://example.org:0443/",
    "https://example.org:/",
    "https://example.org../",
    "https://.example.org/",
    "https://example..org/",
    "https://@example.org/",
    "https://:@example.org/",
    "https://%65xample.org/",
    "https://example.org%00.evil.com/",
    "https://example.org%2f@10.0.0.1/",
    "https://[fe80::1]/",
    "https://[2606:4700::1%25eth0]/",
    "https://example.0x7f/",
    "https://example.org:4 43/",
    "https://example.org:+443/",
    "https://example.org:\u0664\u0664\u0663/",
    "https://example.org/\u202egro",
    "https:example.org/",
    "https:/example.org/",
    " https://example.org/",
    "https://example.org/\x00",
    "https://example.org/\t",
]


def test_the_tables_are_whole() -> None:
    assert len(DANGEROUS_ADDRESSES) == 44
    assert len(DANGEROUS_URLS) == 54


@pytest.mark.parametrize("address", DANGEROUS_ADDRESSES)
def test_g01_a_dangerous_address_is_out_of_reach(address: str) -> None:
    assert not is_reachable(address, LIVE)


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_a_public_address_is_within_reach(address: str) -> None:
    assert is_reachable(address, LIVE)


@pytest.mark.parametrize(
    "text", ["", "example.org", "127.1", "0x7f000001", "fe80::1%eth0", "1.1.1"]
)
def test_what_is_not_an_address_is_out_of_reach(text: str) -> None:
    assert not is_reachable(text, LIVE)
    assert not is_reachable(text, NODES)


@pytest.mark.parametrize("url", DANGEROUS_URLS + SLY_URLS)
def test_g01_a_dangerous_url_is_refused_when_an_endpoint_is_created(url: str) -> None:
    with pytest.raises(Invalid) as refusal:
        judge_url(url, LIVE)

    assert refusal.value.param == "url"
    assert refusal.value.code in {"url_invalid", "parameter_invalid_characters"}
    assert len(refusal.value.message) < 120


@pytest.mark.parametrize(
    ("number", "url", "code"),
    [
        (123, "http://example.org/", "url_invalid"),
        (124, "https://127.0.0.1/", "url_invalid"),
        (125, "https://[::1]/", "url_invalid"),
        (126, "https://[::ffff:127.0.0.1]/", "url_invalid"),
        (127, "https://169.254.169.254/latest", "url_invalid"),
        (128, "https://metadata.google.internal/", "url_invalid"),
        (129, "https://user:pw@example.org/", "url_invalid"),
        (130, "https://example.org:6379/", "url_invalid"),
        (131, "https://\u0440\u0430ypal.com/", "url_invalid"),
        (132, "https://2130706433/", "url_invalid"),
        (133, "https://example.org/\r\nX-Evil: 1", "parameter_invalid_characters"),
    ],
)
def test_the_bad_input_table_is_answered_with_its_codes(number: int, url: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        judge_url(url, LIVE)

    assert (number, refusal.value.code) == (number, code)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://example.org", ("https", "example.org", 443, "/", "")),
        (
            "https://Example.ORG./hooks?a=b&c",
            ("https", "example.org", 443, "/hooks", "a=b&c"),
        ),
        ("https://example.org:443/a%20b", ("https", "example.org", 443, "/a%20b", "")),
        (
            "https://xn--bcher-kva.example.org/x",
            ("https", "xn--bcher-kva.example.org", 443, "/x", ""),
        ),
        ("https://a_b.example.org/", ("https", "a_b.example.org", 443, "/", "")),
        ("https://8.8.8.8/", ("https", "8.8.8.8", 443, "/", "")),
        (
            "https://[2606:4700:4700::1111]/",
            ("https", "2606:4700:4700::1111", 443, "/", ""),
        ),
    ],
)
def test_a_public_url_is_read_into_its_parts(
    url: str, place: tuple[str, str, int, str, str]
) -> None:
    assert tuple(parse_url(url, LIVE)) == place


def test_test_mode_knows_more_ports_but_no_more_addresses() -> None:
    judge_url("http://example.org/", TEST)
    judge_url("https://example.org:8443/", TEST)

    for url in ("http://127.0.0.1/", "http://example.org:8080/", "http://localhost/"):
        with pytest.raises(Invalid):
            judge_url(url, TEST)


def test_the_operators_nodes_may_be_near_but_not_at_the_metadata_address() -> None:
    for url in (
        "http://127.0.0.1:8545/",
        "http://bitcoind:8332/",
        "http://10.1.2.3/",
        "http://[::1]:1/",
    ):
        judge_url(url, NODES)

    for url in (
        "http://169.254.169.254/",
        "http://0.0.0.0:8545/",
        "http://2130706433/",
        "ftp://node/",
    ):
        with pytest.raises(Invalid):
            judge_url(url, NODES)


def test_a_named_subnet_is_within_reach_and_its_neighbour_is_not() -> None:
    reach = Reach(allow_networks=(ipaddress.ip_network("10.20.0.0/16"),))

    judge_url("https://10.20.3.4/", reach)
    judge_url("https://erp.lan/", reach)

    assert is_reachable("::ffff:10.20.3.4", reach)
    assert not is_reachable("10.21.0.1", reach)
    assert not is_reachable("127.0.0.1", reach)
