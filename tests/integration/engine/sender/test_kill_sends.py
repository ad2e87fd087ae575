"""Each step of a send survives the death of its process: a short run of the kills of sends."""

import pytest

from tests.simulation.kill_sends import run


@pytest.mark.parametrize("network", ["sandbox", "anvil", "stacks", "bitcoin"])
def test_r02_one_transfer_reaches_the_chain_whatever_step_the_process_dies_at(
    database_server: str, network: str
) -> None:
    assert run(database_server, network, times=1) == []
