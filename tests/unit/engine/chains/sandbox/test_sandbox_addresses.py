"""Sandbox addresses: derived, strict, and written into payment URIs."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.base.errors import Invalid
from sluice.base.ids import ALPHABET
from sluice.base.money.catalogue import money
from sluice.engine.chains.sandbox.addresses import SandboxAddresses, address_of

ADDRESSES = SandboxAddresses(b"a seed")
KNOWN = "sb1Dyi5kxi1EEqZDSYfiaXhHnZ8XG3HUGgN7"


def test_the_same_seed_and_reference_give_the_same_address_for_ever() -> None:
    assert ADDRESSES.derive("pi_1") == KNOWN
    assert SandboxAddresses(b"a seed").derive("pi_1") == KNOWN


def test_another_reference_or_another_seed_gives_another_address() -> None:
    assert ADDRESSES.derive("pi_2") != KNOWN
    assert SandboxAddresses(b"b seed").derive("pi_1") != KNOWN


@given(st.binary(min_size=20, max_size=20))
def test_every_address_reads_back_as_itself(payload: bytes) -> None:
    address = address_of(payload)

    assert ADDRESSES.parse(address) == address
    assert ADDRESSES.show(address) == address
    assert len(address) == 36


@given(st.binary(min_size=20, max_size=20), st.binary(min_size=20, max_size=20))
def test_two_payloads_never_share_an_address(one: bytes, other: bytes) -> None:
    assert (address_of(one) == address_of(other)) == (one == other)


@given(
    st.binary(min_size=20, max_size=20),
    st.integers(min_value=3, max_value=35),
    st.sampled_from(ALPHABET),
)
def test_a_single_wrong_letter_is_refused(payload: bytes, place: int, letter: str) -> None:
    address = address_of(payload)
    typo = address[:place] + letter + address[place + 1 :]

    if typo != address:
        with pytest.raises(Invalid) as refused:
            ADDRESSES.parse(typo)
        assert refused.value.code == "address_invalid"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sb1",
        KNOWN[:-1],
        KNOWN + "1",
        " " + KNOWN,
        KNOWN + "\n",
        KNOWN.upper(),
        KNOWN.lower(),
        "sb2" + KNOWN[3:],
        "sb1" + "1" * 33,  # twenty zero bytes with a zero checksum
        "sb1" + "z" * 33,  # more than 24 bytes
        KNOWN[:-1] + "0",  # not in the alphabet
        KNOWN[:-1] + "٣",  # a digit, but not one of ours
        "0x52908400098527886E0F7030069857D2E4169EE7",
    ],
)
def test_anything_that_is_no_sandbox_address_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        ADDRESSES.parse(text)

    assert refused.value.code == "address_invalid"


@pytest.mark.parametrize("size", [0, 19, 21])
def test_an_address_of_another_size_cannot_be_made(size: int) -> None:
    with pytest.raises(Invalid):
        address_of(bytes(size))


@pytest.mark.parametrize(
    ("units", "code", "written"),
    [
        (12_500_000, "usdc", "12.50"),
        (12_345_678, "usdc", "12.345678"),
        (1, "usdt", "0.000001"),
        (4_200, "btc", "0.000042"),
        (100_000_000, "btc", "1.00"),
        (10**40, "stx", "1" + "0" * 34 + ".00"),
        (500, "jpy", "500"),
    ],
)
def test_a_payment_uri_says_the_amount_exactly_and_without_needless_zeros(
    units: int, code: str, written: str
) -> None:
    uri = ADDRESSES.payment_uri(KNOWN, money(units, code), None)

    assert uri == f"sandbox:{KNOWN}?asset={code}&amount={written}"


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_a_memo_survives_the_payment_uri(memo: str) -> None:
    uri = ADDRESSES.payment_uri(KNOWN, money(1, "usdc"), memo)

    assert parse_qs(urlsplit(uri).query)["memo"] == [memo]
    assert uri.isascii()
    assert " " not in uri
