"""The demo, as a stranger starts it: every network it opens is paid, and the books balance."""

import re
import subprocess
import sys
from typing import Final

from tests.absent import BUILDING

_WITHIN_S: Final = 240
_MISSING: Final = re.compile(r"^No .+ in this demo: .+", re.MULTILINE)
# The sandbox, and the networks that need a node of their own.
_NETWORKS: Final = 4
_PAID: Final = re.compile(r"^(\d+) orders? paid in ", re.MULTILINE)
_BALANCE: Final = re.compile(r"^ +test +\w+ balances +(\d+) +(\d+)$", re.MULTILINE)


def test_the_demo_pays_an_order_on_every_network_it_can_open() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "sluice", "demo", "--once"],
        capture_output=True, text=True, timeout=_WITHIN_S, check=False,
    )  # fmt: skip

    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "did not start" not in shown.stdout, shown.stdout
    missing = _MISSING.findall(shown.stdout)
    opened = _NETWORKS - len(missing)
    [paid] = _PAID.findall(shown.stdout)
    assert int(paid) == opened, shown.stdout
    assert shown.stdout.count("payment intent: succeeded") == opened
    assert not (BUILDING and missing), missing
    balances = _BALANCE.findall(shown.stdout)
    assert balances
    assert all(debit == credit for debit, credit in balances)
