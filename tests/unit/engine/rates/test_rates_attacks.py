"""Every case of attack on rates has its tests here."""

import re
from pathlib import Path
from typing import Any, Final

import pytest

from tests.unit.engine.rates.vectors import named, vectors

HERE: Final = Path(__file__).parent


@pytest.mark.parametrize("case", vectors("attack_cases")["cases"], ids=named)
def test_a_case_of_attack_is_a_test(case: dict[str, Any]) -> None:
    name = re.compile(rf"^(?:async )?def test_{case['id'].lower()}_", re.MULTILINE)

    assert any(name.search(path.read_text("utf-8")) for path in HERE.glob("test_*.py"))
