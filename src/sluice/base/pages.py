"""Pages: a cursor into a list that new rows do not disturb."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for; lists are newest first."""

    limit: int = 10
    starting_after: str | None = None
    ending_before: str | None = None


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """One page and whether there is more in the direction asked."""

    items: Sequence[T]
    has_more: bool
