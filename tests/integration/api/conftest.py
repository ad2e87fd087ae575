"""One house for all tests of the API in this process; each test makes merchants of its own."""

from collections.abc import Iterator

import pytest

from sluice.base.clock import ManualClock
from tests.conftest import START
from tests.house import House, Merchant, running_house
from tests.integration.api.estate import Estate, build_estate
from tests.receiver import Receiver, running_receiver


@pytest.fixture(scope="session")
def house(
    database_server: str, database_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """Return a running house."""
    home = tmp_path_factory.mktemp("house")
    with running_house(database_server, database_template, home) as running:
        yield running


@pytest.fixture
def merchant(house: House) -> Merchant:
    """Return a merchant that nobody else knows."""
    return house.merchant()


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """Return a merchant's server; each test uses paths of its own."""
    with running_receiver() as running:
        yield running


@pytest.fixture(scope="session")
def estates(house: House, receiver: Receiver) -> tuple[Estate, Estate]:
    """Return two merchants who own one of everything."""
    return build_estate(house, receiver), build_estate(house, receiver)


@pytest.fixture
def at_noon(
    database_server: str, database_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[House, ManualClock]]:
    """Return a house whose clock moves only when told to."""
    clock = ManualClock(START)
    home = tmp_path_factory.mktemp("noon")
    with running_house(database_server, database_template, home, clock) as running:
        yield running, clock
