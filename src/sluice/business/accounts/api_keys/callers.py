"""Who was just recognised: a key that calls often is not looked up for every call.

A key is believed for a second. Ending one, suspending a merchant and changing its settings ring a
bell, which the database itself rings for other processes, and at which each forgets what it knows;
the second bounds what a lost ring can cost.
"""

import datetime as dt
import hashlib
from typing import Final

from sluice.base.bell import Bell
from sluice.base.clock import Clock
from sluice.base.sealing import Sealer
from sluice.base.work import Works
from sluice.business.accounts.api_keys.authenticate import Caller, authenticate
from sluice.business.accounts.merchants.model import CALLERS_CHANGED

_BELIEVED: Final = dt.timedelta(seconds=1)
_KNOWN_MAX: Final = 10_000


class Callers:
    """Recognises callers by their tokens, and remembers them for a moment by a hash of these."""

    def __init__(self, works: Works, sealer: Sealer, clock: Clock, bell: Bell) -> None:
        self._works = works
        self._sealer = sealer
        self._clock = clock
        self._changed = bell.listen(CALLERS_CHANGED)
        self._known: dict[bytes, tuple[dt.datetime, Caller]] = {}

    async def recognise(self, token: str) -> Caller:
        """Return the caller of a token, or refuse."""
        if self._changed.is_set() or len(self._known) > _KNOWN_MAX:
            self._changed.clear()
            self._known.clear()
        name = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        now = self._clock.now()
        until, caller = self._known.get(name, (now, None))
        if caller is None or until <= now:
            caller = await authenticate(self._works, token, sealer=self._sealer)
            until = now + _BELIEVED
            self._known[name] = (min(until, caller.expires_at or until), caller)
        return caller
