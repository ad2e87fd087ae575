"""Amounts in bitcoin and satoshis, and payment URIs."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.addresses import read_address
from sluice.engine.chains.bitcoin.amounts import MONEY_MAX_SATS, parse_btc, show_btc
from sluice.engine.chains.bitcoin.nets import MAINNET, TESTNET
from sluice.engine.chains.bitcoin.uris import PaymentUri, read_uri, write_qr, write_uri
from tests.unit.engine.chains.bitcoin.vectors import named, vectors

AMOUNTS: Final = vectors("amounts")["parse"]
URIS: Final = vectors("bip321_uris")
ADDRESS: Final = "bc1qgl5vlg0zdl7yvprgxj9fevsc6q6x5dmcyk3cn3"


@pytest.mark.parametrize("case", AMOUNTS, ids=named)
def test_an_amount_is_read_exactly_or_refused(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(Invalid) as refused:
            parse_btc(case["text"], param="amount")
        assert (refused.value.code, refused.value.param) == ("amount_invalid", "amount")
        return
    assert parse_btc(case["text"]) == case["sats"]
    assert show_btc(case["sats"]) == case["text"]


@pytest.mark.parametrize(
    "text",
    ["", "1e3", " 5", "5 ", "+1", "NaN", "0x1", "0.123456789", "1.0.0", "1\n", "\u0665", "1_0"],
)
def test_t05_only_plain_decimals_are_amounts(text: str) -> None:
    with pytest.raises(Invalid):
        parse_btc(text)


@given(st.integers(0, MONEY_MAX_SATS))
def test_every_amount_is_written_and_read(sats: int) -> None:
    assert parse_btc(show_btc(sats)) == sats


@pytest.mark.parametrize("sats", [-1, MONEY_MAX_SATS + 1])
def test_what_never_was_is_not_written(sats: int) -> None:
    with pytest.raises(Invalid):
        show_btc(sats)


@pytest.mark.parametrize("case", URIS["valid"], ids=lambda case: case["uri"])
def test_a_uri_is_read(case: dict[str, Any]) -> None:
    if case["expect"] != "valid":
        with pytest.raises(Invalid, match="requires something"):
            read_uri(case["uri"])
        return
    request = read_uri(case["uri"])

    assert request.address or request.alternatives or request.elsewhere


@pytest.mark.parametrize("case", URIS["invalid"], ids=named)
def test_b14_what_a_uri_may_not_say_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        read_uri(case["uri"])

    assert refused.value.code == "uri_invalid"


@pytest.mark.parametrize("case", URIS["build"], ids=lambda case: case["uri"])
def test_a_uri_is_written_to_the_letter(case: dict[str, Any]) -> None:
    request = PaymentUri(
        address=case["address"],
        amount_sats=case["sats"],
        label=case.get("label"),
        message=case.get("message"),
    )

    assert write_uri(request) == case["uri"]
    assert write_qr(request) == case.get("qr", write_qr(request))
    assert read_uri(case["uri"]) == request
    assert read_uri(write_qr(request)).amount_sats == case["sats"]


def test_b14_keys_are_read_in_any_case_and_the_unknown_that_is_required_is_refused() -> None:
    uri = f"bitcoin:{ADDRESS.upper()}?AMOUNT=0.1&Label=x"

    request = read_uri(uri)

    assert (request.amount_sats, request.label) == (10_000_000, "x")
    assert request.address is not None
    assert read_address(request.address, MAINNET) == read_address(ADDRESS, MAINNET)
    with pytest.raises(Invalid, match="requires something"):
        read_uri(uri + "&req-foo=1")


def test_a_lightning_invoice_and_other_ways_pass_through() -> None:
    uri = f"bitcoin:{ADDRESS}?lightning=LNBC1x&lno=lno1y&sp=sp1z&lno=lno2&foo=1&foo=2"

    request = read_uri(uri)

    assert request.lightning == "LNBC1x"
    assert request.elsewhere == {
        "lightning": ("LNBC1x",),
        "lno": ("lno1y", "lno2"),
        "sp": ("sp1z",),
    }
    assert request.others == (("foo", "1"), ("foo", "2"))
    assert write_uri(PaymentUri(ADDRESS, lightning="lnbc1x")) == (
        f"bitcoin:{ADDRESS}?lightning=lnbc1x"
    )


def test_a_proof_of_payment_is_named_and_never_opens_a_browser() -> None:
    request = read_uri(f"bitcoin:{ADDRESS}?req-pop=myapp%3a")

    assert (request.pop, request.is_pop_required) == ("myapp:", True)
    assert read_uri(f"bitcoin:{ADDRESS}?pop=https%3a%2f%2fevil").pop is None
    with pytest.raises(Invalid):
        read_uri(f"bitcoin:{ADDRESS}?req-pop=HTTPS%3a%2f%2fevil")


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "bitcoin",
        "bitcoin:",
        "bitcoin:?",
        "bitcoin:?label=x",
        "ethereum:0x00",
        f"bitcoin:{ADDRESS}?label=%zz",
        f"bitcoin:{ADDRESS}?label=%ff",
        f"bitcoin:{ADDRESS}?label=a b",
        f"bitcoin:{ADDRESS}#fragment",
        f"bitcoin:{ADDRESS}?amount=1,5",
        f"bitcoin:{ADDRESS}?amount=",
        f"bitcoin:{ADDRESS}?amount=1e3",
        f"bitcoin:{ADDRESS}?amount=-1",
        f"bitcoin:{ADDRESS}?amount=21000001",
        f"bitcoin:{ADDRESS}?Amount=1&amount=1",
        f"bitcoin:{ADDRESS}?bc=tb1q6rz28mcfaxtmd6v789l9rrlrusdprr9pqcpvkl",
        f"bitcoin:{ADDRESS}?label=" + "x" * 9_000,
        f"bitcoin://{ADDRESS}",
    ],
)
def test_what_is_no_uri_is_refused(uri: str) -> None:
    with pytest.raises(Invalid):
        read_uri(uri)


def test_a_base58_address_keeps_its_case_in_a_picture() -> None:
    request = PaymentUri("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", amount_sats=1)

    assert write_qr(request) == write_uri(request)
    assert write_qr(PaymentUri("tb1qx")).startswith("BITCOIN:TB1QX")
    with pytest.raises(Invalid):
        read_address("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", TESTNET)


@given(
    st.none() | st.integers(0, MONEY_MAX_SATS),
    st.none() | st.text(),
    st.none() | st.text(max_size=200),
)
def test_what_is_written_is_read(sats: int | None, label: str | None, message: str | None) -> None:
    request = PaymentUri(ADDRESS, amount_sats=sats, label=label, message=message)

    assert read_uri(write_uri(request)) == request
