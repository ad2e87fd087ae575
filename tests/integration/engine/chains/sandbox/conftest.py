"""A fresh sandbox chain for each test."""

import pytest

from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.ids import Ids
from tests.contract.sandbox_under_test import SandboxUnderTest


@pytest.fixture
def sandbox(database: Database, clock: ManualClock, ids: Ids) -> SandboxUnderTest:
    """Return a chain that holds nothing but its first block."""
    return SandboxUnderTest(database, clock, ids)
