"""Planted bugs: switch each known-wrong design on; a layer must find it, or it is blind."""

import argparse
import asyncio
import contextlib
import json
import random
import sys
import time
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from tests.simulation.crash_points import Stage, lead, points_of, wrong_points
from tests.simulation.ground import drop_database, open_server
from tests.simulation.lines import Break
from tests.simulation.planted import BUGS
from tests.simulation.simulate import results, silence

_RULES_SHOWN: Final = 4


def by_simulation(server: str, bug: str, seeds: Sequence[int], processes: int) -> dict[str, Any]:
    """Run seeds with a bug until one finds it; return after how many, and what it broke."""
    with contextlib.closing(results(server, seeds, processes, bug)) as played:
        for count, result in enumerate(played, start=1):
            if not result["ok"]:
                broken = [name for name in result.get("wrong", {}) if name != "troubles"]
                return {"found": result["seed"], "tried": count, "broke": broken[:_RULES_SHOWN]}
    return {"found": None, "tried": len(seeds)}


def by_crash_points(
    server: str, bug: str, stages: Sequence[Stage], processes: int
) -> dict[str, Any]:
    """Kill one payment's life before its calls, in a mixed order, until an end is wrong.

    What the ends are compared with is the life of the right design.
    """
    points = points_of(stages, [Break.KILL_BEFORE], whole=False)
    random.Random(bug).shuffle(points)
    with contextlib.closing(wrong_points(server, stages, points, processes, bug)) as wrong:
        for name, differences in wrong:
            return {"found": name, "broke": list(differences)[:_RULES_SHOWN]}
    return {"found": None, "tried": len(points)}


def main() -> int:
    """Print one JSON line for each bug; end with 1 when one was found by no layer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bugs", nargs="*", default=list(BUGS), choices=list(BUGS))
    parser.add_argument("--runs", type=int, default=24, help="seeds to try for each")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--both", action="store_true", help="ask both layers for every bug")
    options = parser.parse_args()
    silence()
    missed: list[str] = []
    with open_server() as server:
        stages = asyncio.run(lead(server))
        for bug in options.bugs:
            started = time.monotonic()
            seeds = range(1, options.runs + 1)
            line: dict[str, Any] = {"bug": bug, "says": BUGS[bug].says}
            layers = {
                "simulation": partial(by_simulation, server, bug, seeds, options.processes),
                "crash_points": partial(by_crash_points, server, bug, stages, options.processes),
            }
            found = False
            for layer in sorted(layers, key=lambda name: name != BUGS[bug].layer):
                if options.both or not found:
                    line[layer] = layers[layer]()
                    found = found or line[layer]["found"] is not None
            line["seconds"] = round(time.monotonic() - started, 1)
            print(json.dumps(line), flush=True)  # noqa: T201 - the figures are the output
            if not found:
                missed.append(bug)
        for stage in stages:
            drop_database(server, stage.mark.database)
    count = len(options.bugs) - len(missed)
    summary = f"{count} of {len(options.bugs)} planted bugs found"
    print(summary + (f"; missed: {missed}" if missed else ""), file=sys.stderr)  # noqa: T201
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
