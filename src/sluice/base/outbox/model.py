"""Routes: which facts exist, and which reactions each one wakes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from sluice.base.facts import Fact

# A reaction takes the facts of one kind in a batch and does everything in the Work it is given.
Reaction = Callable[[Any, Sequence[Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Routes:
    """The map of cause and effect: for each kind of fact the names of its reactions."""

    kinds: Mapping[str, type[Fact]]
    reactions: Mapping[str, tuple[str, ...]]

    def woken_by(self, fact: Fact) -> tuple[str, ...]:
        """Return the names of the reactions that this fact wakes."""
        return self.reactions.get(type(fact).__name__, ())

    def read(self, name: str, body: bytes) -> Fact:
        """Turn a stored fact back into its value."""
        return msgspec.json.decode(body, type=self.kinds[name])


NO_ROUTES = Routes(kinds={}, reactions={})
