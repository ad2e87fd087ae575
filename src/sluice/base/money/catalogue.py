"""The assets this build knows."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sluice.base.errors import Invalid
from sluice.base.money.asset import Asset
from sluice.base.money.money import Money

_FIAT: Final = (
    ("usd", 2, "US dollar"),
    ("eur", 2, "Euro"),
    ("gbp", 2, "Pound sterling"),
    ("chf", 2, "Swiss franc"),
    ("cad", 2, "Canadian dollar"),
    ("aud", 2, "Australian dollar"),
    ("jpy", 0, "Yen"),
)
_CRYPTO: Final = (
    ("btc", 8, "Bitcoin"),
    ("sbtc", 8, "sBTC"),
    ("stx", 6, "Stacks"),
    ("usdc", 6, "USD Coin"),
    ("usdt", 6, "Tether USD"),
    ("usdcx", 6, "USDCx"),
)

CATALOGUE: Final[Mapping[str, Asset]] = MappingProxyType(
    {code: Asset(code, decimals, name, fiat=True) for code, decimals, name in _FIAT}
    | {code: Asset(code, decimals, name) for code, decimals, name in _CRYPTO}
)


def find_asset(code: str, *, param: str | None = None) -> Asset:
    """Return the asset with this code, or refuse."""
    asset = CATALOGUE.get(code)
    if asset is None:
        raise Invalid(
            f"Unknown currency; use one of {', '.join(CATALOGUE)}.",
            code="parameter_invalid_enum",
            param=param,
        )
    return asset


def asset_of(code: str) -> Asset:
    """Return the asset of a stored code; a token we do not know is counted in its raw units."""
    return CATALOGUE.get(code) or Asset(code, 0, code)


def money(units: int, code: str) -> Money:
    """Return money of the asset with this stored code."""
    return Money(units, asset_of(code))
