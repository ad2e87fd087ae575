"""How long to wait before trying again."""

from typing import Final

_LONGEST_S: Final = 300.0


def backoff_s(attempts: int) -> float:
    """Return seconds to wait after this many failed attempts: 1, 2, 4 … up to five minutes."""
    return min(_LONGEST_S, 2.0 ** (max(1, attempts) - 1))
