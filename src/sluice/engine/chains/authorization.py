"""A payer's signed word that his tokens may be moved: what every band may know of EIP-3009."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from sluice.base.errors import Invalid
from sluice.engine.chains.wallets import WalletRequest
from sluice.engine.chains.writer import Call

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

    @property
    def reference(self) -> str:
        """Return what a transfer made by it is known by: whose word it is, and which."""
        return self.payer[2:] + self.nonce.hex()


class Unusable(StrEnum):
    """Why the token would not move the money now."""

    FUNDS = "funds"
    USED = "used"
    EARLY = "early"
    LATE = "late"
    SIGNATURE = "signature"
    OTHER = "other"  # paused, blacklisted, or something we do not know


class Authorizer(Protocol):
    """What a network knows of payers' words for its tokens."""

    @property
    def chain_id(self) -> int:
        """Return the network's number, which every signature is for."""
        ...

    def domain_of(self, asset: str) -> TokenDomain | None:
        """Return what a word for this asset is signed for; None where tokens take no words."""
        ...

    def subject_of(self, domain: TokenDomain) -> str:
        """Return what must have been found right on the network before a word is taken."""
        ...

    def has_signed(self, domain: TokenDomain, word: Authorization, signature: bytes) -> bool:
        """Say whether the payer's own key signed. Of a wallet that is a contract only it knows."""
        ...

    def ask_wallet(self, domain: TokenDomain, word: Authorization) -> WalletRequest:
        """Return what the payer's browser wallet is asked, so that it signs this word."""
        ...

    def call(self, domain: TokenDomain, word: Authorization, signature: bytes) -> Call:
        """Return the call that uses a word. Raises Invalid for bytes that are no signature."""
        ...

    async def rehearse(
        self, domain: TokenDomain, word: Authorization, signature: bytes
    ) -> Unusable | None:
        """Return why the token would refuse the word now, or None; nothing is sent.

        No source may refuse. Raises ProviderTrouble when a source does not answer.
        """
        ...
