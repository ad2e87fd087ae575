"""Every case of attack on Bitcoin has its tests here, or is another part's to stop."""

import re
from pathlib import Path
from typing import Any, Final

import pytest

from tests.unit.engine.chains.bitcoin.vectors import named, vectors

HERE: Final = Path(__file__).parent
# These need a node's view over time, or a merchant's decision.
ELSEWHERE: Final = {
    "B02": "what left the mempool is the watcher's to follow",
    "B06": "which indexes are given out is the receiving accounts' to keep",
    "B12": "whom to refund is asked of the payer, never read from inputs",
}


@pytest.mark.parametrize("case", vectors("attack_cases")["cases"], ids=named)
def test_a_case_of_attack_is_a_test(case: dict[str, Any]) -> None:
    name = re.compile(rf"^(?:async )?def test_{case['id'].lower()}_", re.MULTILINE)

    found = [path.name for path in HERE.glob("test_*.py") if name.search(path.read_text())]

    assert bool(found) is (case["id"] not in ELSEWHERE)
