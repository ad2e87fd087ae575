"""Numbers as people read them, and as they copy them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.base.money.catalogue import CATALOGUE, money
from sluice.doors.web.checkout.figures import (
    about,
    address_groups,
    clock_time,
    epoch_ms,
    figure,
    price,
    shortened,
    spoken,
)


@pytest.mark.parametrize(
    ("units", "code", "plain", "written"),
    [
        (12_500_000, "usdc", "12.50", "12.50 USDC"),
        (12_000_000, "usdc", "12.00", "12.00 USDC"),
        (12_499_731, "usdc", "12.499731", "12.499731 USDC"),
        (1, "btc", "0.00000001", "0.00000001 BTC"),
        (123_456_789_012_345, "stx", "123456789.012345", "123,456,789.012345 STX"),
        (0, "sbtc", "0.00", "0.00 sBTC"),
        (1_000, "jpy", "1000", "1,000 JPY"),
    ],
)
def test_amounts_lose_no_digit_and_show_no_idle_zero(
    units: int, code: str, plain: str, written: str
) -> None:
    found = figure(money(units, code))

    assert found.plain == plain
    assert str(found) == written


@given(st.integers(0, 10**40), st.sampled_from(sorted(CATALOGUE)))
def test_what_is_copied_is_what_is_owed(units: int, code: str) -> None:
    found = figure(money(units, code))

    decimals = CATALOGUE[code].decimals
    whole, _, part = found.plain.partition(".")
    assert int(whole + part.ljust(decimals, "0")) == units
    assert "".join(found.whole) + "".join(found.part) == whole + part
    assert all(len(group) == 3 for group in found.whole[1:])


@pytest.mark.parametrize(
    ("units", "code", "written"),
    [
        (123_450, "usd", "$1,234.50"),
        (99, "eur", "€0.99"),
        (1_500, "jpy", "¥1,500"),
        (5, "chf", "CHF 0.05"),
        (50_000, "btc", "0.0005 BTC"),
    ],
)
def test_prices_wear_the_sign_of_their_currency(units: int, code: str, written: str) -> None:
    assert price(money(units, code)) == written


def test_a_coin_nobody_knows_has_no_number() -> None:
    assert spoken(money(5, "unknown:0xdead")) == "a coin that is not known here"


def test_an_address_is_set_in_groups_and_stays_itself() -> None:
    groups = address_groups("0x52908400098527886E0F7030069857D2E4169EE7")

    assert groups[:2] == ["0x52", "9084"]
    assert "".join(groups) == "0x52908400098527886E0F7030069857D2E4169EE7"


def test_a_long_id_keeps_its_ends() -> None:
    assert shortened("ab" * 32) == "abababab…ababab"
    assert shortened("short") == "short"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (5, "less than a minute"),
        (80, "about a minute"),
        (150, "about 2 minutes"),
        (3_600, "about 60 minutes"),
        (10_800, "about 3 hours"),
    ],
)
def test_a_wait_is_told_roughly(seconds: float, told: str) -> None:
    assert about(seconds) == told


def test_an_instant_is_told_to_people_and_to_browsers() -> None:
    at = dt.datetime(2026, 3, 2, 12, 5, 7, 250_000, tzinfo=dt.UTC)

    assert clock_time(at) == "12:05 UTC"
    assert epoch_ms(at) == 1_772_453_107_250
