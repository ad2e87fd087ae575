"""Price, Pass, Stop: what a request costs, and whether it may go on."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Price:
    """So many units of an asset for one request; `usdc`, 10000 is one US cent."""

    asset: str
    units: int
    description: str | None = None
    mime_type: str | None = None


@dataclass(frozen=True, slots=True)
class Pass:
    """It is paid: let it on, and put these headers on its answer."""

    headers: Mapping[str, str]
    transaction: str


@dataclass(frozen=True, slots=True)
class Stop:
    """It may not go on: answer this instead."""

    status: int
    headers: Mapping[str, str]
    body: bytes
