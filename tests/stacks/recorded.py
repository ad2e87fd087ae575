"""Answers of real nodes and providers, where they are at hand, and how to compare with them."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

RECORDED: Final = Path(__file__).parents[2].parent / "shared" / "recorded" / "stacks"


def recorded(name: str) -> Any:  # noqa: ANN401 - JSON as others wrote it
    """Return a recorded sample; skip the test where samples are not at hand."""
    path = RECORDED / f"{name}.json"
    if not path.exists():
        pytest.skip("recorded samples lie beside this repository, not in it")
    return json.loads(path.read_text())


def sample(name: str) -> Any:  # noqa: ANN401
    """Return the body of one of the API's samples."""
    return next(one["body"] for one in recorded("samples_api")["samples"] if one["name"] == name)


def fields(value: object, prefix: str = "") -> set[str]:
    """Return the paths of all fields of a JSON object; what is in lists is not looked into."""
    if not isinstance(value, dict):
        return set()
    found = {f"{prefix}{name}" for name in value}
    return found.union(*(fields(inner, f"{prefix}{name}.") for name, inner in value.items()))
