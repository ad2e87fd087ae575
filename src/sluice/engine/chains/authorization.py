"""A payer's signed word that his tokens may be moved: what every band may know of EIP-3009."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from sluice.base.errors import Invalid

UNITS_MAX = 2**256 - 1
NONCE_BYTES = 32
_SECONDS_MAX = 2**256 - 1


class Window(StrEnum):
    """Where an instant lies to the time in which a word may be used."""

    EARLY = "early"
    OPEN = "open"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class TokenDomain:
    """Which contract a signature is for (EIP-712); the name and version are the contract's own.

    `is_salted` is how Polygon's bridged tokens have it: the network's number as a salt. The
    contract is in lower case.
    """

    chain_id: int
    contract: str
    name: str
    version: str
    is_salted: bool = False


@dataclass(frozen=True, slots=True)
class Authorization:
    """Units of one token from payer to payee, once, inside a window; addresses in lower case.

    The bounds are seconds since 1970 and both are outside the window, as contracts have it:
    they ask for `now > valid_after` and `now < valid_before`.
    """

    payer: str
    payee: str
    units: int
    valid_after: int
    valid_before: int
    nonce: bytes

    def __post_init__(self) -> None:
        if not 0 <= self.units <= UNITS_MAX or len(self.nonce) != NONCE_BYTES:
            raise Invalid("Its amount or its nonce is out of range.", code="authorization_invalid")
        if not all(0 <= at <= _SECONDS_MAX for at in (self.valid_after, self.valid_before)):
            raise Invalid("Its window is out of range.", code="authorization_invalid")

    def window(self, at: dt.datetime, *, spare_s: int = 0) -> Window:
        """Say whether it may be used now, and for `spare_s` seconds more."""
        now = int(at.timestamp())
        if now <= self.valid_after:
            return Window.EARLY
        return Window.OPEN if now + spare_s < self.valid_before else Window.LATE
