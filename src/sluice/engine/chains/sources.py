"""Sources: readers of one network side by side, how they behave, and what most of them tell."""

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Generic, TypeVar

from sluice.engine.chains.chain import ChainReader, ProviderTrouble
from sluice.engine.chains.model import Block

T = TypeVar("T")

REST_S: Final = 30.0
REST_MAX_S: Final = 600.0


@dataclass(slots=True)
class Source:
    """One reader and how it behaved. `is_distrusted` says that it told another story than most."""

    reader: ChainReader
    is_checked: bool = False
    is_distrusted: bool = False
    rests_until: dt.datetime | None = None
    rest_s: float = REST_S
    height: int = -1

    def rests(self, now: dt.datetime) -> bool:
        """Say whether it is left alone for now."""
        return self.rests_until is not None and now < self.rests_until

    def fail(self, now: dt.datetime) -> None:
        """Leave it alone for a while, twice as long each time, and check it before the next use."""
        self.rests_until = now + dt.timedelta(seconds=self.rest_s)
        self.rest_s = min(self.rest_s * 2, REST_MAX_S)
        self.is_checked = False

    def recover(self) -> None:
        """Forget what was, because it said what the others said."""
        self.rests_until = None
        self.rest_s = REST_S
        self.is_distrusted = False


@dataclass(frozen=True, slots=True)
class Told(Generic[T]):
    """What one source answered, item by item."""

    source: Source
    items: Sequence[T]


@dataclass(slots=True)
class Round(Generic[T]):
    """The answers so far to one question."""

    agree: int
    told: list[Told[T]] = field(default_factory=list)

    def best(self) -> Sequence[tuple[T, int]]:
        """Return the most told story of each item, and how many told it."""
        stories = zip(*(one.items for one in self.told), strict=True)
        return [Counter(story).most_common(1)[0] for story in stories]

    def is_disputed(self) -> bool:
        """Say whether two sources contradict each other; to know nothing is no contradiction."""
        stories = zip(*(one.items for one in self.told), strict=True)
        return any(len(set(story) - {None}) > 1 for story in stories)

    def missing(self) -> int:
        """Return how many more answers could decide every item."""
        return self.agree - min((count for _, count in self.best()), default=0)


def whole(blocks: Sequence[Block], first: int, last: int) -> list[Block]:
    """Bring an answer into the one form in which two can be compared, or refuse it."""
    heights = [block.header.height for block in blocks]
    if heights != list(range(first, last + 1)) or not is_linked(blocks):
        raise _nonsense("gave other blocks than asked for")
    for block in blocks:
        if len({(one.tx_id, one.index) for one in block.transfers}) != len(block.transfers):
            raise _nonsense("told one transfer twice")
    return [replace(block, transfers=tuple(block.transfers)) for block in blocks]


def is_linked(blocks: Sequence[Block]) -> bool:
    """Say whether each block is the parent of the next."""
    return all(
        above.header.parent == below.header.hash for below, above in itertools.pairwise(blocks)
    )


def _nonsense(what: str) -> ProviderTrouble:
    return ProviderTrouble(f"A source {what}.", code="provider_nonsense")
