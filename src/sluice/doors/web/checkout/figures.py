"""Numbers for people: grouped for the eye, plain for the clipboard; never rounded."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sluice.base.money.money import Money

_SIGNS: Final = {
    "usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "chf": "CHF ", "cad": "CA$", "aud": "A$",
}  # fmt: skip
# How wallets and exchanges write the assets; the others are written in capitals.
_UNITS: Final = {"sbtc": "sBTC"}
_UNKNOWN: Final = "unknown:"
_GROUP: Final = 3
_ADDRESS_GROUP: Final = 4
_MINUTE_S: Final = 60
_HOUR_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount of an asset; its groups are set apart by style alone, so that they copy as one."""

    plain: str
    whole: Sequence[str]
    part: Sequence[str]
    unit: str

    def __str__(self) -> str:
        """Write it inside a sentence, such as `1,234.50 USDC`."""
        point = "." if self.part else ""
        return f"{','.join(self.whole)}{point}{''.join(self.part)} {self.unit}"


def figure(money: Money) -> Figure:
    """Return an amount with at least two decimals where the asset has any, and no more zeros."""
    whole, _, part = money.plain().partition(".")
    part = part.rstrip("0").ljust(min(2, money.asset.decimals), "0")
    return Figure(
        plain=f"{whole}.{part}" if part else whole,
        whole=_from_the_right(whole),
        part=[part[at : at + _GROUP] for at in range(0, len(part), _GROUP)],
        unit=unit(money.asset.code),
    )


def price(money: Money) -> str:
    """Return what something costs, such as `$1,234.50`, or `0.0005 BTC` for a native price."""
    sign = _SIGNS.get(money.asset.code)
    if sign is None:
        return str(figure(money))
    whole, point, part = money.plain().partition(".")
    return f"{sign}{','.join(_from_the_right(whole))}{point}{part}"


def unit(code: str) -> str:
    """Return how an asset is written behind an amount."""
    return _UNITS.get(code, code.upper())


def is_unknown(code: str) -> bool:
    """Say whether this is a coin that is seen but not known here."""
    return code.startswith(_UNKNOWN)


def spoken(money: Money) -> str:
    """Return an amount for a sentence; of a coin we do not know, not even the size is sure."""
    return "a coin that is not known here" if is_unknown(money.asset.code) else str(figure(money))


def address_groups(address: str) -> Sequence[str]:
    """Return an address in groups of four, as people compare them."""
    return [address[at : at + _ADDRESS_GROUP] for at in range(0, len(address), _ADDRESS_GROUP)]


def shortened(tx_id: str) -> str:
    """Return the two ends of a long id."""
    return tx_id if len(tx_id) <= 14 else f"{tx_id[:8]}…{tx_id[-6:]}"  # noqa: PLR2004 - 8 and 6


def clock_time(at: dt.datetime) -> str:
    """Return the time of day, for pages without a script that could count down."""
    return f"{at:%H:%M} UTC"


def epoch_ms(at: dt.datetime) -> int:
    """Return an instant as a browser counts it."""
    return int(at.timestamp() * 1000)


def about(seconds: float) -> str:
    """Return roughly how long that is."""
    if seconds < _MINUTE_S:
        return "less than a minute"
    if seconds < 1.5 * _MINUTE_S:
        return "about a minute"
    if seconds < 1.5 * _HOUR_S:
        return f"about {round(seconds / _MINUTE_S)} minutes"
    return f"about {round(seconds / _HOUR_S)} hours"


def _from_the_right(digits: str) -> Sequence[str]:
    first = len(digits) % _GROUP or _GROUP
    return [digits[:first], *(digits[at : at + _GROUP] for at in range(first, len(digits), _GROUP))]
