"""The vectors of rates, what real venues answered, and the cases of attack that name them."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

_ROOT: Final = Path(__file__).parents[4]
_VECTORS: Final = _ROOT / "spec" / "vectors" / "rates"
_RECORDED: Final = _ROOT.parent / "shared" / "recorded" / "rates" / "samples.json"


def vectors(name: str) -> Any:  # noqa: ANN401 - JSON as others wrote it
    """Return a vector file."""
    return json.loads((_VECTORS / f"{name}.json").read_text("utf-8"))


def named(case: Any) -> str:  # noqa: ANN401 - a case of any file
    """Return what a test of this case is called."""
    return str(case.get("id") or case.get("pair") or case.get("rules") or "case")


def recorded(name: str) -> tuple[bytes, dict[str, Any]]:
    """Return a recorded answer and what it says, or skip where the recordings are not there."""
    if not _RECORDED.exists():
        pytest.skip("the recorded answers are not here")
    samples = json.loads(_RECORDED.read_text("utf-8"))["samples"]
    [sample] = [one for one in samples if one["id"] == name]
    text = sample.get("body_text") or json.dumps(sample["body"])
    return text.encode(), sample.get("expect", {})
