"""Write the vectors of the vesting arithmetic: `python3 vectors/generate.py [--check]`.

The same seed always gives the same files. A case is one string of integers, so that no reader
loses digits; `columns` names them. `--check` compares with the files instead of writing them.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

from vesting import (
    SCALE,
    extended_end,
    first_uncovered,
    linear_vested,
    own_time,
    scaled_debt,
    tranched_vested,
)

TARGET = Path(__file__).resolve().parents[3] / "spec" / "vectors" / "streams"
SEED = 20_260_801
MAX_DEPOSIT = 2**96 - 1
MAX_DURATION = 2**32 - 1
LINE = ["deposit", "start", "cliff", "end", "unlock_start", "unlock_cliff", "step"]


class Draw:
    """Random integers from the generator's bits alone, so that they never depend on its methods."""

    def __init__(self, seed: int) -> None:
        self.bits = Random(seed).getrandbits

    def below(self, limit: int) -> int:
        """An integer in [0, limit)."""
        return self.bits(160) % limit

    def sized(self, limit: int) -> int:
        """An integer in [1, limit] whose size, not whose value, is evenly spread."""
        return min(limit, 1 + self.below(2 ** (1 + self.below(limit.bit_length()))))

    def moments(self, start: int, cliff: int, end: int) -> list[int]:
        """Two ascending times worth looking at: around the edges, or anywhere inside."""
        edges = [max(0, start - 1), start, cliff, max(cliff, end - 1), end, end + 1]
        inside = [start + self.below(end - start + 1) for _ in range(6)]
        pool = edges + inside
        return sorted(pool[self.below(len(pool))] for _ in range(2))


def line_case(draw: Draw, kind: str) -> list[int]:
    """One schedule of a kind, with what it has vested at two moments."""
    deposit = draw.sized(2**56 if draw.below(4) else MAX_DEPOSIT)
    start = draw.below(100_000)
    length = draw.sized(MAX_DURATION)
    cliff = start if kind == "linear" else start + draw.below(length)
    end = start + length
    unlock_start = draw.below(deposit + 1) // 4 if draw.below(2) else 0
    unlock_cliff = draw.below(deposit - unlock_start + 1) // 3 if kind == "cliff" else 0
    step = draw.sized(end - cliff) if kind == "step" else 1
    line = (deposit, start, cliff, end, unlock_start, unlock_cliff, step)
    case = list(line)
    for t in draw.moments(start, cliff, end):
        case += [t, linear_vested(*line, t)]
    return case


def tranched_case(draw: Draw) -> list[int]:
    """Up to 24 tranches, with what they have vested at two moments."""
    at = start = draw.below(2_000_000)
    steps = []
    for _ in range(1 + draw.below(24) // (1 + draw.below(8))):
        at += draw.sized(40_000_000)
        steps.append((at, draw.sized(2**60)))
    case = [len(steps)]
    for date, amount in steps:
        case += [date, amount]
    for t in draw.moments(start, steps[0][0], at):
        case += [t, tranched_vested(steps, t)]
    return case


def flow_case(draw: Draw) -> list[int]:
    """A flow, its debt with and without a stop at one moment, and when its money runs out."""
    balance = draw.sized(2**50 if draw.below(4) else 2**87 - 1)
    rate = draw.sized(2**90) if draw.below(20) else 0
    snap_debt = draw.below(SCALE) if draw.below(2) else draw.below((balance + 1) * SCALE)
    snap_time = draw.below(100_000)
    t = snap_time + draw.sized(MAX_DURATION) - draw.below(2)
    dry = first_uncovered(balance, snap_debt, snap_time, rate)
    return [
        balance,
        snap_debt,
        snap_time,
        rate,
        t,
        scaled_debt(snap_debt, snap_time, rate, None, t),
        scaled_debt(snap_debt, snap_time, rate, balance * SCALE, t),
        -1 if dry is None else dry,
    ]


def clock_case(draw: Draw) -> list[int]:
    """A stream's own time: never paused, running after pauses, or paused now."""
    t = draw.below(200_000_000)
    total = draw.below(7_776_001) if draw.below(3) else 0
    paused_at = draw.below(t + 1000) if draw.below(2) else None
    return [-1 if paused_at is None else paused_at, total, t, own_time(paused_at, total, t)]


def top_up_case(draw: Draw) -> list[int]:
    """Where a top-up moves the end."""
    left = draw.sized(2**95)
    amount = draw.sized(2**95)
    t = draw.below(2_000_000)
    end = t + draw.sized(MAX_DURATION)
    return [left, amount, t, end, extended_end(left, amount, t, end)]


POINTS = ["t1", "vested1", "t2", "vested2"]
FILES: dict[str, tuple[int, list[str], Callable[[Draw], list[int]]]] = {
    "linear": (2_500, LINE + POINTS, lambda draw: line_case(draw, "linear")),
    "cliff": (2_450, LINE + POINTS, lambda draw: line_case(draw, "cliff")),
    "step": (2_450, LINE + POINTS, lambda draw: line_case(draw, "step")),
    "tranched": (900, ["n", "(at amount) n times", *POINTS], tranched_case),
    "flow": (
        1_700,
        ["balance", "snap_debt", "snap_time", "rate", "t", "debt", "debt_stopped", "dry_or_-1"],
        flow_case,
    ),
    "clock": (600, ["paused_at_or_-1", "paused_total", "t", "own_time"], clock_case),
    "top_up": (600, ["left", "amount", "t", "end", "new_end"], top_up_case),
}


def render() -> dict[str, str]:
    """The text of every file, by name."""
    texts = {}
    for n, (name, (count, columns, make)) in enumerate(FILES.items()):
        draw = Draw(SEED + n)
        cases = ",\n".join(f'"{" ".join(map(str, make(draw)))}"' for _ in range(count))
        texts[f"{name}.json"] = f'{{"columns": {json.dumps(columns)},\n"cases": [\n{cases}\n]}}\n'
    return texts


def main() -> int:
    """Write the files, or say whether they are what this program writes."""
    texts = render()
    if "--check" in sys.argv[1:]:
        stale = [name for name, text in texts.items() if (TARGET / name).read_text() != text]
        print(f"{len(texts)} files, {len(stale)} differ {stale or ''}")
        return 1 if stale else 0
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (TARGET / name).write_text(text)
    print(f"{len(texts)} files, {sum(map(len, texts.values()))} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
