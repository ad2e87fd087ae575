"""Hook: how somebody may tell us that a network has news; a hint to look, and nothing more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sluice.base.sealing import equal


@dataclass(frozen=True, slots=True)
class Hint:
    """What a delivery says happened. It is never believed: the reader looks for itself.

    `applied` and `rolled_back` are heights; `tx_ids` are of transactions said to have succeeded.
    """

    applied: Sequence[int]
    rolled_back: Sequence[int]
    tx_ids: frozenset[str]

    @property
    def is_empty(self) -> bool:
        """Say whether it speaks of no block at all."""
        return not self.applied and not self.rolled_back


@dataclass(frozen=True, slots=True)
class Hook:
    """How a network's deliveries are recognised and read; `read` raises Invalid."""

    secret: str = field(repr=False)
    read: Callable[[bytes], Hint]

    def admits(self, shown: str) -> bool:
        """Say in constant time whether this is the secret."""
        return equal(self.secret.encode(), shown.encode("utf-8", "surrogatepass"))
