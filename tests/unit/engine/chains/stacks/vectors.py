"""The vectors of Stacks, and the recorded samples where they are at hand."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[5]
VECTORS: Final = ROOT / "spec" / "vectors" / "stacks"
RECORDED: Final = ROOT.parent / "shared" / "recorded" / "stacks"


def vectors(name: str) -> Any:  # noqa: ANN401 - JSON as others wrote it
    """Return a vector file."""
    return json.loads((VECTORS / f"{name}.json").read_text())


def named(case: Any) -> str:  # noqa: ANN401 - a case of any file
    """Return what a test of this case is called."""
    return str(case.get("id") or case.get("why") or case.get("address") or "case")


def recorded(name: str) -> Any:  # noqa: ANN401 - JSON as others wrote it
    """Return a recorded sample; skip the test where samples are not at hand."""
    path = RECORDED / f"{name}.json"
    if not path.exists():
        pytest.skip("recorded samples lie beside this repository, not in it")
    return json.loads(path.read_text())
