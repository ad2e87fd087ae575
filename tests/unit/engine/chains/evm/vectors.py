"""The vectors of these networks, and how their cases are called."""

import json
from pathlib import Path
from typing import Any, Final, TypeAlias

# JSON as others wrote it.
Case: TypeAlias = dict[str, Any]

VECTORS: Final = Path(__file__).parents[5] / "spec" / "vectors" / "evm"


def vectors(name: str) -> Case:
    """Return a vector file."""
    cases: Case = json.loads((VECTORS / f"{name}.json").read_text())
    return cases


def named(case: Case) -> str:
    """Return what a test of this case is called."""
    return str(case.get("id") or case.get("why") or case.get("payment_id") or "case")


def raw(text: str) -> bytes:
    """Return the bytes of 0x and hex digits."""
    return bytes.fromhex(text.removeprefix("0x"))
