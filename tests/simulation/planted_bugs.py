"""Planted bugs: switch each known-wrong design on; a layer must find it, or it is blind."""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from tests.simulation.crash_points import find_wrong, lead, points_of
from tests.simulation.ground import drop_database, open_server
from tests.simulation.lines import Break
from tests.simulation.planted import BUGS
from tests.simulation.simulate import results, silence

_RULES_SHOWN: Final = 6


def simulate(server: str, seeds: Sequence[int], bug: str, processes: int) -> dict[str, Any]:
    """Run seeds with a bug; return how many found it, and by which rules."""
    rules: Counter[str] = Counter()
    found = 0
    for result in results(server, seeds, processes, bug):
        found += not result["ok"]
        rules.update(list(result.get("wrong", {})))
    rules.pop("troubles", None)
    return {"found": found, "of": len(seeds), "by": [name for name, _ in rules.most_common()]}


def break_everywhere(server: str, bug: str, processes: int) -> dict[str, Any]:
    """Kill one payment's life before every call with a bug; return how many ends are wrong.

    What they are compared with is the life of the right design.
    """
    stages = asyncio.run(lead(server))
    points = points_of(stages, [Break.KILL_BEFORE], whole=False)
    wrong = find_wrong(server, stages, points, processes, bug)
    for stage in stages:
        drop_database(server, stage.mark.database)
    return {"found": len(wrong), "of": len(points)}


def main() -> int:
    """Print one JSON line for each bug; end with 1 when one was found by no layer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bugs", nargs="*", default=list(BUGS), choices=list(BUGS))
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    silence()
    missed: list[str] = []
    with open_server() as server:
        for bug in options.bugs:
            started = time.monotonic()
            seeds = range(1, options.runs + 1)
            simulation = simulate(server, seeds, bug, options.processes)
            simulation["by"] = simulation["by"][:_RULES_SHOWN]
            points = break_everywhere(server, bug, options.processes)
            line = {
                "bug": bug,
                "says": BUGS[bug].says,
                "simulation": simulation,
                "crash_points": points,
                "seconds": round(time.monotonic() - started, 1),
            }
            print(json.dumps(line), flush=True)  # noqa: T201 - the figures are the output
            if not simulation["found"] and not points["found"]:
                missed.append(bug)
    found = len(options.bugs) - len(missed)
    summary = f"{found} of {len(options.bugs)} planted bugs found"
    print(summary + (f"; missed: {missed}" if missed else ""), file=sys.stderr)  # noqa: T201
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
