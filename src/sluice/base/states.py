"""States: the legal moves of one kind of thing, in one table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from sluice.base.errors import IllegalMove

S = TypeVar("S", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class States(Generic[S]):
    """The legal moves of one kind of thing. A state with no moves is final."""

    noun: str
    moves: Mapping[S, frozenset[S]]

    def check(self, now: S, then: S) -> S:
        """Return the new state, or refuse the move."""
        if then not in self.moves[now]:
            raise IllegalMove(
                f"This {self.noun} is {now} and cannot become {then}.",
                code=f"{self.noun}_unexpected_state".replace(" ", "_"),
            )
        return then

    def is_final(self, state: S) -> bool:
        """Say whether nothing can follow."""
        return not self.moves[state]
