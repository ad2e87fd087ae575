"""Committed facts -> reactions: at least once in time, exactly once in effect, in batches.

A reaction's rows are claimed, acted upon and struck off in one Work, so a crash anywhere leaves
either all of it or none of it. A batch that fails is halved until the fact that cannot be digested
stands alone; that one waits and is tried again, the others go on.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import structlog

from sluice.base.database import CONNECTION_LOST
from sluice.base.errors import SluiceError, Unavailable
from sluice.base.jobs.backoff import backoff_s
from sluice.base.outbox import store
from sluice.base.outbox.model import Reaction, Routes
from sluice.base.outbox.store import Claimed
from sluice.base.work import Works

BATCH_MAX: Final = 1000

log = structlog.get_logger()


class Relay:
    """Runs reactions by name."""

    def __init__(self, works: Works, routes: Routes, reactions: Mapping[str, Reaction]) -> None:
        self._works = works
        self._routes = routes
        self._reactions = reactions

    @property
    def names(self) -> Sequence[str]:
        """Return the names of the reactions it runs."""
        return list(self._reactions)

    async def run_once(
        self, batch_max: int = BATCH_MAX, *, only: Collection[str] | None = None
    ) -> int:
        """Give every reaction, or only some, one batch; return how many facts were digested."""
        digested = 0
        for name in self._reactions:
            if only is None or name in only:
                digested += await self._run(name, batch_max)
        return digested

    async def _run(self, name: str, limit: int) -> int:
        claimed: Sequence[Claimed] = ()
        try:
            async with self._works.begin() as work:
                claimed = await store.claim(work.connection, name, limit)
                if not claimed:
                    return 0
                await store.done(work.connection, name, [fact.fact_id for fact in claimed])
                facts = [self._routes.read(fact.name, fact.body) for fact in claimed]
                await self._reactions[name](work, facts)
        except Unavailable:
            raise
        except (SluiceError, ValueError, KeyError, TypeError, ArithmeticError) as error:
            return await self._cope(name, claimed, error)
        except Exception as error:
            if not claimed or _is_connection_loss(error):
                raise
            return await self._cope(name, claimed, error)
        return len(claimed)

    async def _cope(self, name: str, claimed: Sequence[Claimed], error: Exception) -> int:
        """Halve a failed batch; a single fact that fails is put off, and everybody can see it."""
        if len(claimed) > 1:
            return await self._run(name, len(claimed) // 2)
        if not claimed:
            raise error
        culprit = claimed[0]
        log.error("reaction.failed", reaction=name, fact=culprit.fact_id, exc_info=error)
        async with self._works.begin() as work:
            wait_s = backoff_s(culprit.attempts + 1)
            await store.failed(work.connection, name, culprit, repr(error)[:500], wait_s)
        return 0


def _is_connection_loss(error: Exception) -> bool:
    return isinstance(error, CONNECTION_LOST)
