"""Fact: something that became true inside; past tense, immutable, carries the noun as it was."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What every fact says: whose it is. The class name is the fact's name."""

    merchant_id: str | None
    livemode: bool
