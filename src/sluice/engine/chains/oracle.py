"""Oracle: a contract that says what something is worth, or nothing that may be used."""

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Protocol

from sluice.base.errors import Kind, SluiceError


class OracleUnusable(SluiceError):
    """The oracle has no price that may be used: none, zero, unsure, or nonsense."""

    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    default_code = "oracle_unusable"


@dataclass(frozen=True, slots=True)
class Observed:
    """What an oracle says of one feed, and when that was so by its own word."""

    price: Fraction
    at: dt.datetime


class Oracle(Protocol):
    """One oracle on one network."""

    async def observe(self, feed: str) -> Observed:
        """Return what it says of a feed, however old.

        Raises OracleUnusable for what is no price, ProviderTrouble when nobody answers.
        """
        ...
