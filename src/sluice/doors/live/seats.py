"""How many may listen at once: in this process, and from one network."""

import contextlib
from collections import Counter
from collections.abc import Iterator


class Seats:
    """Counts open connections. A full house says so; it never turns somebody out."""

    def __init__(self, *, in_all: int, from_one: int) -> None:
        self._in_all = in_all
        self._from_one = from_one
        self._taken: Counter[str] = Counter()
        self.taken = 0

    def is_free(self, network: str) -> bool:
        """Say whether one more of this network may sit down."""
        return self.taken < self._in_all and self._taken[network] < self._from_one

    @contextlib.contextmanager
    def take(self, network: str) -> Iterator[None]:
        """Hold a seat."""
        self.taken += 1
        self._taken[network] += 1
        try:
            yield
        finally:
            self.taken -= 1
            self._taken[network] -= 1
            if not self._taken[network]:
                del self._taken[network]
