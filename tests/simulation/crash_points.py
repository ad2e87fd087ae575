"""Crash points: break one payment's life at every database call, and see it end the same (W15)."""

import argparse
import asyncio
import contextlib
import copy
import datetime as dt
import itertools
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from tests.simulation.ground import copy_database, drop_database, make_template, open_server, url_of
from tests.simulation.life import Life
from tests.simulation.lines import Break
from tests.simulation.oracle import broken_promises
from tests.simulation.planted import planted
from tests.simulation.receiver import Listener
from tests.simulation.simulate import silence
from tests.simulation.turns import Stuck
from tests.simulation.world import PROVIDERS, FaultyWorld, Shop, open_faulty_world

_SEED: Final = 7
_AFTER: Final = frozenset({Break.CUT_AFTER, Break.KILL_AFTER})


@dataclass(frozen=True, slots=True)
class Mark:
    """The beginning of a stage: everything needed to go on from there."""

    database: str
    now: dt.datetime
    chance: Any  # the state of what makes identifiers
    listeners: dict[str, Listener]
    notes: dict[str, Any]
    shops: list[Shop]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the undisturbed life: where it began, what it called, and how it ended."""

    number: int
    mark: Mark
    calls: int
    commits: list[int]
    stands: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Point:
    """One place in a life, what goes wrong there, and after which stage its end is compared."""

    stage: int
    call: int
    kind: Break
    until: int

    def __str__(self) -> str:
        return f"{self.kind} at call {self.call} of stage {self.stage}"


async def lead(server: str) -> list[Stage]:
    """Lead one undisturbed life and keep the beginning of every stage."""
    running = f"sluice_life_{os.getpid()}"
    copy_database(server, make_template(server), running)
    stages: list[Stage] = []
    url = url_of(server, running)
    async with open_faulty_world(url, _SEED, admin_url=server) as world:
        life = _life(world)
        for number, stage in enumerate(life.stages):
            mark = await _mark(server, running, world, life, number)
            world.breaks.calls = 0
            world.breaks.commits = []
            await stage()
            calls, commits = world.breaks.calls, list(world.breaks.commits)
            stages.append(Stage(number, mark, calls, commits, await _stands(life)))
    drop_database(server, running)
    return stages


async def _mark(server: str, running: str, world: FaultyWorld, life: Life, number: int) -> Mark:
    await world.lines.close()
    await world.quiet_lines.close()
    name = f"{running}_{number}"
    copy_database(server, running, name)
    listeners = copy.deepcopy(world.receiver.listeners)
    chance = world.ids._random.getstate()
    return Mark(name, world.clock.now(), chance, listeners, dict(life.notes), world.shops)


async def _stands(life: Life) -> dict[str, Any]:
    stands = await life.stands()
    stands["broken"] = sorted(await broken_promises(life.world, with_late=False))
    return stands


def _life(world: FaultyWorld) -> Life:
    world.providers, world.agree = PROVIDERS[:1], 1
    world.new_quorum("worker1")
    return Life(world)


class Breaker:
    """A process of its own that breaks one life after the other; it builds the system once."""

    here: ClassVar["Breaker"]

    def __init__(self, server: str, stages: Sequence[Stage], bug: str | None) -> None:
        silence()
        self._server = server
        self._stages = stages
        self._numbers = itertools.count()
        self._runner = asyncio.Runner()
        self._open = contextlib.AsyncExitStack()
        self._bug = self._open.enter_context(planted(bug))
        shops = stages[0].mark.shops
        opening = open_faulty_world(server, _SEED, admin_url=server, shops=shops)
        self._world = self._runner.run(self._open.enter_async_context(opening))

    @classmethod
    def start(cls, server: str, stages: Sequence[Stage], bug: str | None) -> None:
        """Build what a process needs, once."""
        cls.here = cls(server, stages, bug)

    def differences(self, point: Point) -> dict[str, Any]:
        """Return what stands otherwise than it should after a life that broke at a point."""
        name = f"sluice_point_{os.getpid()}_{next(self._numbers)}"
        mark = self._stages[point.stage].mark
        copy_database(self._server, mark.database, name)
        try:
            stands = self._runner.run(self._break(name, mark, point))
        except (AssertionError, Stuck) as error:
            return {"never ended": str(error)[:200]}
        finally:
            self._runner.run(self._leave())
            drop_database(self._server, name)
        wanted = self._stages[point.until].stands
        return {key: stands[key] for key in stands if stands[key] != wanted[key]}

    async def _break(self, name: str, mark: Mark, point: Point) -> dict[str, Any]:
        world = self._world
        url = url_of(self._server, name)
        await world.lines.move(url)
        await world.quiet_lines.move(url)
        world.turns.begin()
        world.clock.advance((mark.now - world.clock.now()).total_seconds())
        world.ids._random.setstate(mark.chance)
        world.receiver.listeners = copy.deepcopy(mark.listeners)
        for process in (*world.api, *world.workers):
            process.dead = False
        life = _life(world)
        self._bug.changes(world)
        life.notes = dict(mark.notes)
        world.breaks.calls = 0
        world.breaks.at, world.breaks.kind = (point.call,), point.kind
        for stage in life.stages[point.stage : point.until + 1]:
            await stage()
            world.breaks.at = ()
        return await _stands(life)

    async def _leave(self) -> None:
        await self._world.lines.close()
        await self._world.quiet_lines.close()


def _try(point: Point) -> tuple[str, dict[str, Any]]:
    return str(point), Breaker.here.differences(point)


def points_of(stages: Sequence[Stage], kinds: Sequence[Break], *, whole: bool) -> list[Point]:
    """Return every point: before each call, and after each that ended a transaction.

    What breaks after any other call is the same as what breaks before the next.
    """
    last = len(stages) - 1
    return [
        Point(stage.number, call, kind, last if whole else stage.number)
        for stage in stages
        for kind in kinds
        for call in (stage.commits if kind in _AFTER else range(1, stage.calls + 1))
    ]


def wrong_points(
    server: str,
    stages: Sequence[Stage],
    points: Sequence[Point],
    processes: int,
    bug: str | None = None,
) -> Generator[tuple[str, dict[str, Any]]]:
    """Break the life at every point; yield those that end differently, and how."""
    spawn = multiprocessing.get_context("spawn")
    arguments = (server, stages, bug)
    pool = ProcessPoolExecutor(
        processes, mp_context=spawn, initializer=Breaker.start, initargs=arguments
    )
    try:
        for name, differences in pool.map(_try, points, chunksize=4):
            if differences:
                yield name, differences
    finally:
        pool.shutdown(cancel_futures=True)  # whoever has seen enough waits for no more


def main() -> int:
    """Print one JSON line; end with 1 when a point ends differently."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--kinds", nargs="*", type=Break, default=list(Break))
    parser.add_argument("--every", type=int, default=1, help="only each so many-th point")
    parser.add_argument("--whole", action="store_true", help="go on to the end of each life")
    options = parser.parse_args()
    started = time.monotonic()
    silence()
    with open_server() as server:
        stages = asyncio.run(lead(server))
        points = points_of(stages, options.kinds, whole=options.whole)[:: options.every]
        wrong = dict(wrong_points(server, stages, points, options.processes))
        for stage in stages:
            drop_database(server, stage.mark.database)
    undisturbed = stages[-1].stands
    healthy = not undisturbed["broken"] and not undisturbed["surprises"]
    line = {
        "stages": len(stages),
        "calls": sum(stage.calls for stage in stages),
        "points": len(points),
        "wrong": len(wrong),
        "undisturbed": "well" if healthy else undisturbed,
        "seconds": round(time.monotonic() - started, 1),
        **({"first": dict(list(wrong.items())[:5])} if wrong else {}),
    }
    print(json.dumps(line))  # noqa: T201 - the figures are the output
    return 1 if wrong or not healthy else 0


if __name__ == "__main__":
    sys.exit(main())
