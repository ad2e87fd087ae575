"""Rings of the bell -> looks at a payment: each listener is woken by its own intent and networks.

The bell has one LISTEN connection for the whole process, however many listen here.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Final

from sluice.app.app import App
from sluice.base.errors import SluiceError
from sluice.business.payments.checkout.find import find_session
from sluice.business.payments.checkout.look import Sight, look_at, payer_of
from sluice.business.payments.checkout.model import Session
from sluice.engine.chains.model import is_counted

# Without a ring every fourth heartbeat looks anyway: a lost ring costs a minute at most.
_LOOK_EVERY: Final = 4
# So many look at once; the rest wait, and the database stays the API's.
_LOOKS_MAX: Final = 4


@dataclass(frozen=True, slots=True)
class Told:
    """What a listener needs to know: whether the page changed, and how deep the payment is."""

    mark: str
    depth: int | None
    wanted: int | None
    done: bool


class Fanout:
    """Follows payments for the listeners of one process."""

    def __init__(self, app: App, *, heartbeat_s: float) -> None:
        self._app = app
        self._heartbeat_s = heartbeat_s
        self._looks = asyncio.Semaphore(_LOOKS_MAX)

    async def follow(self, session: Session) -> AsyncGenerator[Told | None, None]:
        """Yield how a session stands whenever that changes, and None as a sign of life."""
        last: Told | None = None
        quiet = 0
        with contextlib.ExitStack() as watches:
            rings = {"": watches.enter_context(self._app.bell.watch(session.intent_id))}
            while True:
                try:
                    sight = await self._look(session)
                except SluiceError:
                    # The database is busy: that is no news. The next ring or heartbeat looks again.
                    yield None
                else:
                    told = _told(sight)
                    if told != last:
                        last = told
                        yield told
                    if told.done:
                        return
                    self._watch_networks(sight, rings, watches)
                while not await first_rung(rings, within_s=self._heartbeat_s):
                    yield None
                    quiet += 1
                    if quiet % _LOOK_EVERY == 0:
                        break

    async def _look(self, session: Session) -> Sight:
        async with self._looks, self._app.works.begin(payer_of(session)) as work:
            return await look_at(work, await find_session(work, session.id))

    def _watch_networks(
        self, sight: Sight, rings: dict[str, asyncio.Event], watches: contextlib.ExitStack
    ) -> None:
        """Hear the blocks of the networks a payment is on, once there is one."""
        for one in sight.progress:
            topic = f"chain:{one.transfer.network}"
            if topic not in rings:
                rings[topic] = watches.enter_context(self._app.bell.watch(topic))


async def first_rung(rings: Mapping[str, asyncio.Event], *, within_s: float) -> bool:
    """Wait until one of the events is set or the time is over, clear them, and say which it was."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s), asyncio.TaskGroup() as group:
            waits = [group.create_task(ring.wait()) for ring in rings.values()]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
    rung = any(ring.is_set() for ring in rings.values())
    for ring in rings.values():
        ring.clear()
    return rung


def _told(sight: Sight) -> Told:
    going = sight.confirming
    if going is None:
        return Told(sight.mark, None, None, sight.is_done)
    wanted = going.transfer.depth_wanted
    # What counts no blocks of the network's own has no number of steps.
    return Told(sight.mark, going.depth, wanted if is_counted(wanted) else 0, sight.is_done)
