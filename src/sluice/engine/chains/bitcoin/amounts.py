"""Amounts of bitcoin as people write them <-> satoshis, exactly."""

import re
from typing import Final

from sluice.base.errors import Invalid

SATS_PER_BTC: Final = 100_000_000
MONEY_MAX_SATS: Final = 21_000_000 * SATS_PER_BTC
_PLACES: Final = 8
_SHAPE: Final = re.compile(r"([0-9]{1,8})(?:\.([0-9]{1,8}))?")


def parse_btc(text: str, *, param: str | None = None) -> int:
    """Return the satoshis of such as `0.00021`: digits, a point, at most eight more. Or Invalid."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise Invalid(
            "Write an amount of bitcoin as 0.00021: digits, and at most eight after a point.",
            code="amount_invalid",
            param=param,
        )
    sats = int(match[1]) * SATS_PER_BTC + int((match[2] or "").ljust(_PLACES, "0"))
    if sats > MONEY_MAX_SATS:
        raise Invalid(
            "There are never more than 21000000 bitcoin.", code="amount_invalid", param=param
        )
    return sats


def show_btc(sats: int) -> str:
    """Write satoshis as bitcoin in the shortest way, such as `0.00021` or `1`. Or Invalid."""
    if not 0 <= sats <= MONEY_MAX_SATS:
        raise Invalid("This is no amount of bitcoin.", code="amount_invalid")
    whole, part = divmod(sats, SATS_PER_BTC)
    return f"{whole}.{part:08d}".rstrip("0") if part else str(whole)
