"""The vectors of Bitcoin, and the cases of attack that name it."""

import json
from pathlib import Path
from typing import Any, Final

VECTORS: Final = Path(__file__).parents[5] / "spec" / "vectors" / "btc"


def vectors(name: str) -> Any:  # noqa: ANN401 - JSON as others wrote it
    """Return a vector file."""
    return json.loads((VECTORS / f"{name}.json").read_text())


def named(case: Any) -> str:  # noqa: ANN401 - a case of any file
    """Return what a test of this case is called."""
    for key in ("id", "note", "case", "why", "reason", "description", "prefix", "path", "text"):
        if case.get(key):
            return str(case[key])
    return "case"
