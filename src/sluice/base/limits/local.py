"""LocalLimiter: buckets in this process, as many as memory was set aside for."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, TypeAlias

from sluice.base.limits.model import SECOND_US, Decision, Limit, decide

# Seconds that only ever move forward; where zero is does not matter.
Monotonic: TypeAlias = Callable[[], float]

_SWEEP: Final = 4


class LocalLimiter:
    """Counts in this process alone. The least recently used buckets make room for new ones."""

    def __init__(self, monotonic: Monotonic, *, buckets_max: int = 100_000) -> None:
        self._monotonic = monotonic
        self._buckets_max = buckets_max
        self._full_at_us: OrderedDict[str, int] = OrderedDict()

    def __len__(self) -> int:
        """Return how many buckets are kept."""
        return len(self._full_at_us)

    async def spend(self, key: str, limit: Limit) -> Decision:
        """Take one from the bucket of this key if there is one."""
        return self.spend_now(key, limit)

    def spend_now(self, key: str, limit: Limit) -> Decision:
        """Take one, without waiting for anything."""
        now_us = int(self._monotonic() * SECOND_US)
        decision, full_at_us = decide(limit, self._full_at_us.get(key, now_us), now_us)
        self._full_at_us[key] = full_at_us
        self._full_at_us.move_to_end(key)
        self._make_room(now_us)
        return decision

    def _make_room(self, now_us: int) -> None:
        """Forget a few buckets that are full again, and the oldest when there are too many."""
        for _ in range(min(_SWEEP, len(self._full_at_us) - 1)):
            key, full_at_us = next(iter(self._full_at_us.items()))
            if full_at_us > now_us and len(self._full_at_us) <= self._buckets_max:
                return
            del self._full_at_us[key]
