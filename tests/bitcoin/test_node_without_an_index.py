"""A node without a transaction index says what it cannot know, instead of calling it unknown."""

from collections.abc import AsyncIterator, Iterator

import pytest

from sluice.base.egress import Egress
from sluice.base.reach import NODES
from sluice.engine.chains.bitcoin.node import Node
from sluice.engine.chains.bitcoin.sending.by_node import NodeSpender
from sluice.engine.chains.chain import ProviderTrouble
from sluice.engine.chains.writer import Coin, Slot, State
from tests.bitcoin.bitcoind import Bitcoind, ready, run_bitcoind


@pytest.fixture(scope="module", params=[(), ("-txindex=1",)], ids=["without", "with"])
def indexed(request: pytest.FixtureRequest) -> Iterator[tuple[str, bool]]:
    """Return the URL of a node, and whether it has an index."""
    with run_bitcoind(options=request.param) as url:
        yield url, bool(request.param)


@pytest.fixture
async def node(indexed: tuple[str, bool]) -> AsyncIterator[Bitcoind]:
    """Return the node."""
    egress = Egress(NODES)
    yield await ready(Bitcoind(indexed[0], egress))
    await egress.close()


async def slot_of(node: Bitcoind, tx_id: str) -> Slot:
    """Return the coins that a transaction of the node's wallet spends."""
    told = await node.ask("gettransaction", tx_id, True, True)  # noqa: FBT003 - the node's order
    inputs = told["decoded"]["vin"]
    return Slot(coins=tuple(Coin(one["txid"], one["vout"], 1) for one in inputs))


async def test_a_mined_transaction_whose_outputs_are_spent_is_never_called_unknown(
    node: Bitcoind, indexed: tuple[str, bool]
) -> None:
    spender = NodeSpender(Node(node.url, node.egress))
    tx_id = await node.pay(await node.new_address(), 100_000)
    slot = await slot_of(node, tx_id)
    nobody = "00" * 32
    assert (await spender.look(nobody, slot, b"")).state is State.UNKNOWN

    await node.mine()
    assert (await spender.look(tx_id, slot, b"")).state is State.INCLUDED

    await node.ask("sendall", [await node.new_address()])
    await node.mine()
    if indexed[1]:
        assert (await spender.look(tx_id, slot, b"")).state is State.INCLUDED
    else:
        with pytest.raises(ProviderTrouble, match="-txindex=1"):
            await spender.look(tx_id, slot, b"")
