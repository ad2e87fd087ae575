"""Ring: the signers of this installation by name, each opened when it is first needed."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping

from sluice.base.errors import Invalid
from sluice.engine.keys.signer import Signer


class Ring:
    """Knows who can sign. A process that never asks opens no key."""

    def __init__(self, openers: Mapping[str, Callable[[], Awaitable[Signer]]]) -> None:
        self._openers = dict(openers)
        self._open: dict[str, Signer] = {}
        self._lock = asyncio.Lock()

    @property
    def names(self) -> Collection[str]:
        """Return what the signers are called in the signers file."""
        return self._openers.keys()

    async def signer(self, name: str) -> Signer:
        """Return a signer, or raise Invalid for a name the signers file does not have."""
        opener = self._openers.get(name)
        if opener is None:
            known = ", ".join(sorted(self._openers)) or "none"
            raise Invalid(f"No signer is called {name}; there is {known}.", code="signer_unknown")
        async with self._lock:
            if name not in self._open:
                self._open[name] = await opener()
            return self._open[name]
