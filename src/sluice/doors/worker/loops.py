"""The loops: follow each chain, relay facts, run jobs, deliver webhooks."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from sluice.app.app import App
from sluice.base.bell import rung
from sluice.base.errors import SluiceError
from sluice.business.webhooks.deliveries.deliver import Lane, serve_lane, take_lanes
from sluice.engine.chains.chain import Chain, ProvidersDisagree
from sluice.engine.chains.sandbox import levers
from sluice.engine.chains.sandbox.model import NAME as SANDBOX
from sluice.engine.rates.refresh import refresh_rates
from sluice.engine.sender.queue import SENDS
from sluice.engine.sender.turn import send_once
from sluice.engine.watcher.cursors import has_unsettled
from sluice.engine.watcher.doubt import settle_doubts
from sluice.engine.watcher.follow import follow_once, follow_pending
from sluice.engine.watcher.hooks import keep_hooks

_IDLE_S: Final = 0.5
_TROUBLE_S: Final = 2.0
# Between two looks at whether whoever should tell us does; the first one is at the start.
_HOOKS_S: Final = 600.0
# How many endpoints one worker tells at the same time.
_LANES_MAX: Final = 64
# The sandbox keeps its pace while a payment wants depth, and slows down when nobody is paid.
_SANDBOX_IDLE_S: Final = 30.0

log = structlog.get_logger()

# One turn of a loop: whether there was work, so that the next turn need not wait.
Turn = Callable[[], Awaitable[bool]]


async def run_loops(app: App) -> None:
    """Run everything until cancelled. Each loop pulls at its own pace, in bounded batches."""
    await refresh_rates(app.works, app.sources, app.rates.market)
    await app.jobs.plan()
    async with asyncio.TaskGroup() as group:
        group.create_task(app.bell.carry(app.database))
        # Two, so that one reckons while the other waits for the database.
        for number in (1, 2):
            group.create_task(_loop(app, f"relay {number}", lambda: _relay(app), "facts", _IDLE_S))
        group.create_task(_loop(app, "jobs", lambda: _jobs(app), "jobs", _IDLE_S))
        group.create_task(_loop(app, "send", lambda: send_once(app.sending), SENDS, _IDLE_S))
        group.create_task(_deliver(app))
        group.create_task(_loop(app, "hooks", lambda: _keep_hooks(app), "", _HOOKS_S))
        for chain in app.chains:
            name = chain.network.name
            pace_s = min(chain.network.block_time_s / 2, 5.0)
            turn = functools.partial(_follow, app, chain)
            group.create_task(_loop(app, f"follow {name}", turn, name, pace_s))
        if app.settings.sandbox_block_s > 0:
            group.create_task(
                _loop(app, "mine sandbox", lambda: _mine(app), "", app.settings.sandbox_block_s)
            )


async def _loop(app: App, name: str, turn: Turn, topic: str, idle_s: float) -> None:
    """Turn for ever; rest when there is nothing to do, longer after trouble, which is told once."""
    troubled = False
    with app.bell.watch(topic) as event:
        while True:
            try:
                busy = await turn()
                if troubled:
                    log.info("loop.recovered", loop=name)
                    troubled = False
            except ProvidersDisagree as error:
                app.metrics.provider_disagreement.labels(name.removeprefix("follow ")).inc()
                troubled = _tell(name, error, told=troubled)
                busy = False
            except (SluiceError, OSError) as error:
                troubled = _tell(name, error, told=troubled)
                busy = False
            except Exception:
                log.exception("loop.failed", loop=name)
                troubled, busy = True, False
            if not busy:
                await rung(event, within_s=_pause_s(app) if troubled else idle_s)


def _pause_s(app: App) -> float:
    """Return how long to rest after trouble: spread out, so that not all come back at once."""
    return _TROUBLE_S * (0.5 + app.ids.below(1000) / 1000)


def _tell(name: str, error: Exception, *, told: bool) -> bool:
    if not told:
        log.warning("loop.troubled", loop=name, error=str(error)[:200])
    return True


async def _relay(app: App) -> bool:
    return await app.relay.run_once() > 0


async def _jobs(app: App) -> bool:
    return await app.jobs.run_once() > 0


async def _deliver(app: App) -> None:
    """Serve every lane in its own time: who does not answer holds up nobody else."""
    serving: set[str] = set()

    async def serve(lane: Lane) -> None:
        try:
            await serve_lane(app.deliverer, lane)
        except (SluiceError, OSError) as error:
            _tell("deliver", error, told=False)
        except Exception:
            log.exception("loop.failed", loop="deliver", endpoint=lane.endpoint.id)
        finally:
            serving.discard(lane.endpoint.id)

    async with asyncio.TaskGroup() as lanes:

        async def turn() -> bool:
            taken = await take_lanes(app.deliverer, _LANES_MAX - len(serving))
            for lane in taken:
                serving.add(lane.endpoint.id)
                lanes.create_task(serve(lane))
            return bool(taken)

        await _loop(app, "deliver", turn, "deliveries", _IDLE_S)


async def _follow(app: App, chain: Chain) -> bool:
    moved = await follow_once(app.works, chain)
    moved = await settle_doubts(app.works, chain) or moved
    if not moved:
        await follow_pending(app.works, chain)
    return moved


async def _keep_hooks(app: App) -> bool:
    await keep_hooks(list(app.chains), app.settings.public_url)
    return False


async def _mine(app: App) -> bool:
    async with app.works.begin() as work:
        pace_s = app.settings.sandbox_block_s
        waiting = await has_unsettled(work, SANDBOX)
        await levers.tick(work, idle_s=pace_s if waiting else max(pace_s, _SANDBOX_IDLE_S))
    return False
