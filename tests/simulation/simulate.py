"""Simulate: the whole system under seeded faults; one JSON line for each seed."""

import argparse
import asyncio
import json
import logging
import multiprocessing
import os
import sys
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any, Final

import structlog

from tests.simulation.ground import fresh_database, make_template, open_server
from tests.simulation.oracle import fingerprint, judge
from tests.simulation.planted import Bug, planted
from tests.simulation.play import Play
from tests.simulation.world import open_faulty_world

SEEDS: Final = Path(__file__).with_name("seeds.txt")
CALLS: Final = 1500
CHANCE: Final = 0.01
TROUBLE: Final = 0.2


def run_seed(server: str, template: str, seed: int, bug: str | None = None) -> dict[str, Any]:
    """Run one seed, perhaps with a planted bug; return its figures and what went wrong."""
    with (
        planted(bug) as plant,
        fresh_database(server, template, f"sluice_sim_{os.getpid()}") as url,
    ):
        return asyncio.run(_run(url, seed, plant))


async def _run(url: str, seed: int, bug: Bug) -> dict[str, Any]:
    started = time.monotonic()
    async with open_faulty_world(url, seed) as world:
        bug.changes(world)
        world.breaks.chance = CHANCE
        world.receiver.trouble = TROUBLE
        play = Play(world)
        await play.run(CALLS)
        wrong = await judge(play)
        figures = await _figures(play)
        return {
            "seed": seed,
            "ok": not wrong,
            **figures,
            "fingerprint": await fingerprint(play),
            "seconds": round(time.monotonic() - started, 2),
            **({"wrong": wrong} if wrong else {}),
        }


async def _figures(play: Play) -> dict[str, Any]:
    world, ether = play.world, play.ether
    figures: dict[str, Any] = {
        "calls": world.breaks.calls,
        "breaks": sum(world.breaks.made.values()),
        "lock_waits": world.turns.lock_waits,
        "deadlocks": world.turns.deadlocks,
        "orders": len(play.orders),
        "requests": play.requests,
        "deepest": ether.deepest,
        **ether.counts,
        "posts": world.receiver.posts,
        "refused_posts": world.receiver.failures,
    }
    counts = {
        "succeeded": "SELECT count(*) FROM payment_intents WHERE status = 'succeeded'",
        "credits": "SELECT count(*) FROM credits",
        "reversals": "SELECT count(*) FROM ledger_entries WHERE reverses IS NOT NULL",
        "events": "SELECT count(*) FROM events",
    }
    async with world.quiet.look() as work:
        for name, sql in counts.items():
            figures[name] = await work.value(sql)
    return figures


def _work(job: tuple[str, str, int, str | None]) -> dict[str, Any]:
    silence()
    return run_seed(*job)


def silence() -> None:
    """Let nothing be logged: faults are the point here, and there are thousands."""

    def drop(_logger: object, _name: str, _event: object) -> str:
        raise structlog.DropEvent

    logging.disable(logging.CRITICAL)
    structlog.configure(processors=[drop])


def results(
    server: str, seeds: Sequence[int], processes: int, bug: str | None = None
) -> Generator[dict[str, Any]]:
    """Run seeds in processes of their own; yield each result when it is there."""
    template = make_template(server)
    jobs = [(server, template, seed, bug) for seed in seeds]
    if processes == 1:
        yield from map(_work, jobs)
        return
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=spawn)
    try:
        for done in as_completed([pool.submit(_work, job) for job in jobs]):
            yield done.result()
    finally:
        pool.shutdown(cancel_futures=True)  # whoever has seen enough waits for no more


def kept_seeds() -> list[int]:
    """Return the seeds that failed once; they run first, for ever."""
    lines = SEEDS.read_text().splitlines() if SEEDS.exists() else []
    return [int(line.split("#")[0]) for line in lines if line.split("#")[0].strip()]


def main() -> int:
    """Run seeds and print a line for each, and a sum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, help="only this seed, or the first of --runs")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    first = 1 if options.seed is None else options.seed
    seeds = list(range(first, first + options.runs))
    if options.seed is None:
        seeds = list(dict.fromkeys([*kept_seeds(), *seeds]))
    failed: list[int] = []
    with open_server() as server:
        for result in results(server, seeds, min(options.processes, len(seeds))):
            print(json.dumps(result), flush=True)  # noqa: T201 - the figures are the output
            if not result["ok"]:
                failed.append(result["seed"])
    summary = f"{len(seeds) - len(failed)} of {len(seeds)} seeds hold"
    print(summary + (f"; failed: {failed}" if failed else ""), file=sys.stderr)  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
