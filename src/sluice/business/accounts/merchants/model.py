"""Merchant and its settings; every seed's own number is a named preset."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import msgspec

from sluice.base.errors import Invalid

FEE_BPS_MAX: Final = 1000
# Rung when who may call, or under which terms, has changed.
CALLERS_CHANGED: Final = "callers"


class LatePolicy(StrEnum):
    """What happens to money that arrives after the payment's time."""

    ACCEPT = "accept"  # within the grace time it still pays, at the locked rate
    HOLD = "hold"  # it waits as unapplied money for a decision


@dataclass(frozen=True, slots=True)
class FeePlan:
    """What the platform charges on a payment; no plan may take more than 10 % of it.

    `fixed`, `least` and `most` are in the smallest unit of the payment's currency.
    """

    bps: int = 0
    fixed: int = 0
    least: int | None = None
    most: int | None = None
    collection: str = "accrue"  # accrue | split | withhold

    def __post_init__(self) -> None:
        if not 0 <= self.bps <= FEE_BPS_MAX:
            raise Invalid(
                f"a fee is between 0 and {FEE_BPS_MAX} bps", code="fee_invalid", param="bps"
            )
        if (
            self.fixed < 0
            or (self.least or 0) < 0
            or (self.most is not None and self.most < (self.least or 0))
        ):
            raise Invalid("fee bounds must not be negative or crossed", code="fee_invalid")


@dataclass(frozen=True, slots=True)
class RefundRules:
    """Where a merchant's refunds may go, and from what sum on a second person must agree.

    By default the payer names the address on a page of ours: the sender of a payment is often an
    exchange, whose addresses lose what is sent back. `approve_above` bounds, by currency, what one
    person may refund in a day.
    """

    allow_address: bool = False  # the API may name the address
    claim_days: int = 30
    approve_above: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """How a merchant wants payments treated; copied into each payment when it is created."""

    fee: FeePlan = field(default_factory=FeePlan)
    tolerance_bps: int = 0  # how much may be missing and still count as paid
    late: LatePolicy = LatePolicy.ACCEPT
    late_grace_s: int = 900
    quote_valid_s: int = 900
    pay_within_s: int = 86400
    watch_for_s: int = 30 * 86400
    refunds: RefundRules = field(default_factory=RefundRules)


@dataclass(frozen=True, slots=True)
class Merchant:
    """A business that is paid through this installation."""

    id: str
    name: str
    status: str
    settings: Settings
    created_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Wallets:
    """Where a merchant is paid, by network: at one address, or at new ones of an account."""

    addresses: Mapping[str, str]
    accounts: frozenset[str] = frozenset()
    # Networks whose coin is taken as another network's token.
    deposits: frozenset[str] = frozenset()


def read_settings(stored: object) -> Settings:
    """Turn settings as they are stored into their value."""
    return msgspec.convert(stored, type=Settings)


FEE_PRESETS: Final = {
    "none": FeePlan(),
    "stacks-enterprise": FeePlan(bps=250),
    "stablecoin": FeePlan(bps=50),
    "bitpay": FeePlan(bps=50),
}
PAY_WITHIN_PRESETS_S: Final = {"sgate": 900, "opennode": 86400, "stablecoin": 7 * 86400}
