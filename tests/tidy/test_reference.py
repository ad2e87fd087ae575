"""The generated reference says what the code does."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


def reference() -> ModuleType:
    """Load the generator."""
    spec = importlib.util.spec_from_file_location(
        "reference", Path("tools/reference.py").absolute()
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["settings.md", "states.md", "events.md"])
def test_the_page_is_what_the_code_says(name: str) -> None:
    written = Path("docs/reference", name).read_text("utf-8")

    assert written == reference().pages()[name], "run `make spec` and commit what it wrote"
