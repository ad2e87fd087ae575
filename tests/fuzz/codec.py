"""Fuzz the Stacks codec: nearly good bytes are refused as Malformed, or written again as they were.

`python -m tests.fuzz.codec --count 1000000 --seed 1 --jobs 2`; a finding is printed with its hex.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.clarity.read import decode_value
from sluice.engine.chains.stacks.clarity.write import encode_value
from sluice.engine.chains.stacks.describe import describe_content
from sluice.engine.chains.stacks.malformed import Malformed
from sluice.engine.chains.stacks.principals import parse_principal
from sluice.engine.chains.stacks.transactions.read import decode_transaction
from sluice.engine.chains.stacks.transactions.write import encode_transaction
from tests.fuzz.mutate import mutate
from tests.unit.engine.chains.stacks.samples import VALUES, transactions

VECTORS: Final = Path(__file__).parents[2] / "spec" / "vectors" / "stacks"
CHUNK: Final = 50_000
# Processor time, twenty thousand times what a good input takes: whatever needs longer hangs.
SLOW_S: Final = 1.0
# Showing verifies signatures, which takes longer than all the rest.
SHOWN_ONE_IN: Final = 100
# A changed address is hardly ever one, so few are tried.
KINDS: Final = ("transaction", "value") * 5 + ("address",)


class Finding(Exception):
    """An input that did what none may do."""


def main() -> None:
    """Run chunks of inputs, each with a seed of its own; end with 1 after a finding."""
    asked = _asked()
    started = time.monotonic()
    counts: Counter[str] = Counter()
    chunks = [(asked.seed, at, min(CHUNK, asked.count - at)) for at in range(0, asked.count, CHUNK)]
    with ProcessPoolExecutor(asked.jobs) as pool:
        for outcome in pool.map(_run_chunk, chunks):
            counts.update({key: outcome[key] for key in outcome.keys() - {"findings"}})
            for found in outcome["findings"]:
                counts["findings"] += 1
                print(json.dumps(found), flush=True)
    took_s = time.monotonic() - started
    figures = {"seed": asked.seed, **counts, "per_s": round(asked.count / took_s)}
    print(json.dumps(figures), flush=True)
    sys.exit(1 if counts["findings"] else 0)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="how many inputs")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same inputs")
    parser.add_argument("--jobs", type=int, default=1, help="how many processes")
    return parser.parse_args()


def _run_chunk(chunk: tuple[int, int, int]) -> dict[str, Any]:
    seed, at, count = chunk
    chance = random.Random(f"{seed}/{at}")
    corpora = _corpora()
    outcome: Counter[str] = Counter()
    findings: list[dict[str, str]] = []
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        data = mutate(chance, corpora[kind])
        started = time.process_time()
        try:
            accepted = _try(kind, data, is_shown=number % SHOWN_ONE_IN < len(KINDS))
        except Exception as error:  # noqa: BLE001 - whatever is raised here is what is looked for
            findings.append({"kind": kind, "error": repr(error), "hex": data.hex()})
            continue
        if time.process_time() - started > SLOW_S:
            findings.append({"kind": kind, "error": "slow", "hex": data.hex()})
        outcome[f"{kind}_{'accepted' if accepted else 'refused'}"] += 1
    return {**outcome, "inputs": count, "findings": findings}


def _try(kind: str, data: bytes, *, is_shown: bool) -> bool:
    """Say whether an input was accepted. Raises whatever must not happen."""
    try:
        if kind == "transaction":
            again = encode_transaction(decode_transaction(data))
        elif kind == "value":
            again = _value_again(data)
        else:
            again = str(parse_principal(data.decode("latin-1"))).encode("latin-1")
    except Malformed as refused:
        if kind == "address" or not 0 <= refused.offset <= len(data):
            raise Finding(f"{refused.message} in {len(data)} bytes") from None
        return False
    except Invalid:
        if kind != "address":
            raise
        return False
    if again != data:
        raise Finding(f"written as {again.hex()}")
    if is_shown:
        json.dumps(describe_content(data if kind == "address" else b"0x" + data.hex().encode()))
    return True


def _value_again(data: bytes) -> bytes:
    """Write a value again; keys in another order are the same tuple, with one way to write it."""
    value = decode_value(data)
    again = encode_value(value)
    is_same = sorted(again) == sorted(data) and decode_value(again) == value
    return data if is_same else again


def _corpora() -> dict[str, Sequence[bytes]]:
    """Return good inputs of each kind: the vectors, and what the tests build."""
    signed = json.loads((VECTORS / "transactions.json").read_text())["transactions"]
    values = json.loads((VECTORS / "clarity_values.json").read_text())["cases"]
    addresses = json.loads((VECTORS / "c32_addresses.json").read_text())["addresses"]
    built = [encode_transaction(one) for one in transactions()]
    return {
        "transaction": [*(bytes.fromhex(one["tx_hex"]) for one in signed), *built],
        "value": [*(bytes.fromhex(one["hex"][2:]) for one in values), *_built_values()],
        "address": [one["principal"].encode() for one in addresses],
    }


def _built_values() -> list[bytes]:
    return [encode_value(value) for value in VALUES]


if __name__ == "__main__":
    main()
