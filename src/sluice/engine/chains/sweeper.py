"""Sweeper: brings home what lies at deposit addresses, which can only pay one destination."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sluice.engine.chains.writer import Call


@dataclass(frozen=True, slots=True)
class Swept:
    """What one deposit passes on, or that it keeps what it holds."""

    units: int
    is_kept: bool


@dataclass(frozen=True, slots=True)
class Held:
    """The least and the most that any source says a deposit holds: one of them may lag."""

    least: int
    most: int


class Sweeper(Protocol):
    """What a network knows of emptying deposits; they are named by the references they are for."""

    @property
    def batch_max(self) -> int:
        """Return how many deposits may be emptied at once."""
        ...

    async def held(self, destination: str, asset: str, references: Sequence[str]) -> list[Held]:
        """Return what each deposit holds. Raises ProviderTrouble when a source does not answer."""
        ...

    async def rehearse(
        self, destination: str, asset: str, references: Sequence[str]
    ) -> list[Swept]:
        """Return what emptying them would do; what an issuer froze is kept and stops no other."""
        ...

    def call(self, destination: str, asset: str, references: Sequence[str]) -> Call:
        """Return the call that empties them; anybody may send it, and gain nothing by it."""
        ...
