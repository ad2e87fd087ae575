"""Paid and Source: what a charge says of the money, and what was sent for it elsewhere."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """What a payer sent, where another network's token arrived for it."""

    network: str
    asset: str
    units: int
    tx_id: str
    index: int


@dataclass(frozen=True, slots=True)
class Paid:
    """What the charge says of the payment that settled it, or is settling it."""

    network: str
    asset: str
    units: int
    sender: str
    tx_id: str
    source: Source | None = None
