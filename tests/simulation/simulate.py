"""Simulate: the whole system under seeded faults; one JSON line for each seed."""

import argparse
import asyncio
import itertools
import json
import logging
import multiprocessing
import os
import sys
import time
import traceback
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any, Final

import structlog

from tests.simulation.ground import fresh_database, make_template, open_server, unpruned
from tests.simulation.oracle import fingerprint, judge
from tests.simulation.planted import Bug, planted
from tests.simulation.play import Play
from tests.simulation.world import open_faulty_world

SEEDS: Final = Path(__file__).with_name("seeds.txt")
CALLS: Final = 1500
CHANCE: Final = 0.01
TROUBLE: Final = 0.2
TRAIL: Final = "trail"  # every call of a run, in its order
_SEED_S: Final = 900.0  # of a machine that does much else; a seed takes three
_SEEDS_PER_POOL: Final = 100


def run_seed(server: str, template: str, seed: int, bug: str | None = None) -> dict[str, Any]:
    """Run one seed, perhaps with a planted bug; return its figures and what went wrong."""
    with (
        planted(bug) as plant,
        fresh_database(server, template, f"sluice_sim_{os.getpid()}") as url,
    ):
        try:
            return asyncio.run(_run(server, url, seed, plant))
        except Exception as error:  # noqa: BLE001 - one seed that cannot end is no end to the others
            told = "".join(traceback.format_exception(error))[-3000:]
            return {"seed": seed, "ok": False, "wrong": {"no end": told}}


async def _run(server: str, url: str, seed: int, bug: Bug) -> dict[str, Any]:
    started = time.monotonic()
    opening = open_faulty_world(url, seed, admin_url=server)
    async with asyncio.timeout(_SEED_S), unpruned(url), opening as world:
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
            TRAIL: world.turns.trail,
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
        "refunds": "SELECT count(*) FROM refunds WHERE status = 'succeeded'",
        "reversals": "SELECT count(*) FROM ledger_entries WHERE reverses IS NOT NULL",
        "events": "SELECT count(*) FROM events",
    }
    async with world.quiet.look() as work:
        for name, sql in counts.items():
            figures[name] = await work.value(sql)
    return figures


def _work(job: tuple[str, str, int, str | None], trails: bool) -> dict[str, Any]:  # noqa: FBT001
    silence()
    result = run_seed(*job)
    if not trails:
        result.pop(TRAIL, None)
    return result


def silence() -> None:
    """Let nothing be logged: faults are the point here, and there are thousands."""

    def drop(_logger: object, _name: str, _event: object) -> str:
        raise structlog.DropEvent

    logging.disable(logging.CRITICAL)
    structlog.configure(processors=[drop])


def results(
    server: str,
    seeds: Sequence[int],
    processes: int,
    bug: str | None = None,
    *,
    trails: bool = False,
) -> Generator[dict[str, Any]]:
    """Run seeds in processes of their own; yield each result when it is there."""
    template = make_template(server)
    spawn = multiprocessing.get_context("spawn")
    for start in range(0, len(seeds), _SEEDS_PER_POOL):
        pool = ProcessPoolExecutor(processes, mp_context=spawn)
        try:
            some = seeds[start : start + _SEEDS_PER_POOL]
            jobs = [pool.submit(_work, (server, template, seed, bug), trails) for seed in some]
            for done in as_completed(jobs):
                yield done.result()
        finally:
            pool.shutdown(cancel_futures=True)  # whoever has seen enough waits for no more


def kept_seeds() -> list[int]:
    """Return the seeds that failed once; they run first, for ever."""
    lines = SEEDS.read_text().splitlines() if SEEDS.exists() else []
    return [int(line.split("#")[0]) for line in lines if line.split("#")[0].strip()]


def differences(server: str, seeds: Sequence[int], processes: int) -> dict[int, str]:
    """Run every seed twice, in other processes; return where those part that do not repeat."""
    first = {one["seed"]: one for one in results(server, seeds, processes, trails=True)}
    parted: dict[int, str] = {}
    for second in results(server, seeds, processes, trails=True):
        one = first[second["seed"]]
        if one.get("fingerprint") != second.get("fingerprint") or "fingerprint" not in one:
            parted[second["seed"]] = _parting(one.get(TRAIL, []), second.get(TRAIL, []))
    return parted


def _parting(one: list[str], two: list[str]) -> str:
    pairs = enumerate(itertools.zip_longest(one, two))
    at = next((place for place, (left, right) in pairs if left != right), None)
    if at is None:
        return f"the same {len(one)} calls, another outcome"
    return f"at {at}: {one[max(0, at - 2) : at + 2]} and {two[max(0, at - 2) : at + 2]}"


def main() -> int:
    """Run seeds and print a line for each, and a sum."""
    options = _options()
    first = 1 if options.seed is None else options.seed
    seeds = list(range(first, first + options.runs))
    if options.seed is None:
        seeds = list(dict.fromkeys([*kept_seeds(), *seeds]))
    done = _told_before(options.into) if options.into else set()
    seeds = [seed for seed in seeds if seed not in done]
    processes = min(options.processes, len(seeds))
    with open_server() as server:
        if options.twice:
            return _say_parted(seeds, differences(server, seeds, processes))
        failed: list[int] = []
        for result in results(server, seeds, processes) if seeds else ():
            line = json.dumps(result)
            print(line, flush=True)  # noqa: T201 - the figures are the output
            if options.into:
                with options.into.open("a") as file:
                    file.write(line + "\n")
            if not result["ok"]:
                failed.append(result["seed"])
    summary = f"{len(seeds) - len(failed)} of {len(seeds)} seeds hold"
    print(summary + (f"; failed: {failed}" if failed else ""), file=sys.stderr)  # noqa: T201
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, help="only this seed, or the first of --runs")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--twice", action="store_true", help="say which seeds do not repeat")
    parser.add_argument("--into", type=Path, help="add results to this file; skip what it has")
    return parser.parse_args()


def _told_before(file: Path) -> set[int]:
    if not file.exists():
        return set()
    return {json.loads(line)["seed"] for line in file.read_text().splitlines()}


def _say_parted(seeds: Sequence[int], parted: dict[int, str]) -> int:
    for seed, where in parted.items():
        print(json.dumps({"seed": seed, "parts": where}))  # noqa: T201 - the output
    print(f"{len(seeds) - len(parted)} of {len(seeds)} seeds repeat", file=sys.stderr)  # noqa: T201
    return 1 if parted else 0


if __name__ == "__main__":
    sys.exit(main())
