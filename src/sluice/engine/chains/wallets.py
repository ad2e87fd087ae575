"""What a payer's browser wallet is asked to sign: built here, so that a page only passes it on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class WalletOrder:
    """So many units of an asset, from a payer's address to ours, with our reference."""

    asset: str
    units: int
    payer: str
    address: str
    memo: str | None = None


@dataclass(frozen=True, slots=True)
class WalletRequest:
    """A method of the wallet's and its parameters, as JSON; `units` is what leaves the payer."""

    method: str
    params: Mapping[str, Any]
    units: int
