"""One house for the tests with Stripe's clients; each test makes merchants of its own."""

from collections.abc import Iterator

import pytest

from tests.house import House, Merchant, running_house
from tests.receiver import Receiver, running_receiver
from tests.stripe.shop import Shop


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


@pytest.fixture
def shop(house: House, merchant: Merchant) -> Shop:
    """Return the merchant's shop, which uses the official Python client."""
    return Shop(house, merchant)


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """Return a merchant's server; each test uses paths of its own."""
    with running_receiver() as running:
        yield running
