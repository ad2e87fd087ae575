"""Hook: how somebody may tell us that a network has news; a hint to look, and nothing more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

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


class HookState(StrEnum):
    """Whether whoever should tell us does."""

    LISTENING = "listening"
    STARTING = "starting"  # it still reads what was before
    OFF = "off"  # registered, and told to keep still
    BROKEN = "broken"  # it gave up: too many deliveries failed, or its time is over
    DIFFERENT = "different"  # it tells somebody else, or of something else, or shows another secret


@dataclass(frozen=True, slots=True)
class Registered:
    """A hook as the service that keeps it tells of it."""

    id: str
    name: str
    url: str
    state: HookState
    note: str = ""


class Registrar(Protocol):
    """Keeps our hooks at one service that watches a network. Each method may raise ProviderTrouble.

    It knows only hooks of its network that bear our name: those of others are never touched.
    """

    @property
    def name(self) -> str:
        """Return the service's name for people; never a secret."""
        ...

    async def list(self, url: str) -> Sequence[Registered]:
        """Return our hooks; one that does not post to this URL, or not what we want, differs."""
        ...

    async def register(self, url: str, *, since: int) -> Sequence[Registered]:
        """Make the hooks that post to this URL what they should be, from this height on.

        To ask twice has the effect of asking once. What is OFF or BROKEN is started again, what is
        DIFFERENT made right.
        """
        ...

    async def remove(self, id_: str) -> None:
        """Remove one of our hooks; that it is not there is no error."""
        ...


@dataclass(frozen=True, slots=True)
class Hook:
    """How a network's deliveries are recognised and read; `read` raises Invalid."""

    secret: str = field(repr=False)
    read: Callable[[bytes], Hint]
    # Where our hooks are kept, where we keep them ourselves.
    registrar: Registrar | None = None

    def admits(self, shown: str) -> bool:
        """Say in constant time whether this is the secret."""
        return equal(self.secret.encode(), shown.encode("utf-8", "surrogatepass"))
