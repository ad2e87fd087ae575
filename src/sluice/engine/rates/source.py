"""RateSource: where prices come from."""

from collections.abc import Sequence
from typing import Protocol

from sluice.engine.rates.model import Rate


class RateSource(Protocol):
    """One source of prices. Answers with what it knows now; raises when it cannot say."""

    @property
    def name(self) -> str:
        """Return the source's name, written beside every price it gave."""
        ...

    async def read(self) -> Sequence[Rate]:
        """Return its current prices."""
        ...
