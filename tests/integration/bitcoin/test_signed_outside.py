"""A wallet whose key Sluice never had: a PSBT goes out, what comes back is sent or found sent."""

from collections.abc import AsyncIterator

import pytest
from embit import psbt as other_psbt
from embit.ec import PrivateKey as OtherKey

from sluice.base.clock import ManualClock
from sluice.base.errors import Conflict, Invalid
from sluice.base.work import Works
from sluice.engine.chains.bitcoin.node import Node
from sluice.engine.chains.bitcoin.sending.by_node import NodeSpender
from sluice.engine.sender.model import OUTSIDE
from sluice.engine.sender.outside import list_unsigned, take_signed
from tests.bitcoin.bitcoind import Bitcoind
from tests.integration.bitcoin.bench import FILLED, Bench, open_bench
from tests.integration.bitcoin.hot import Hot


@pytest.fixture
async def bench(
    node: Bitcoind, electrum_url: str, works: Works, clock: ManualClock, database_url: str
) -> AsyncIterator[Bench]:
    """Open a wallet of one coin that is signed for outside."""
    hot = Hot(node, electrum_url)
    await hot.fill(FILLED)
    source = NodeSpender(Node(node.url, node.egress))
    yield await open_bench(
        hot, works, clock, database_url, writer=hot.by_node, signer=OUTSIDE, sources=[source]
    )
    await hot.server.close()


def signed(bench: Bench, text: str) -> other_psbt.PSBT:
    """Sign as another program does."""
    theirs = other_psbt.PSBT.from_string(text)
    assert theirs.sign_with(OtherKey(bench.hot.key.secret)) == len(theirs.inputs)
    return theirs


async def received(bench: Bench, address: str) -> int:
    """Return what an address got in blocks, in satoshis."""
    paid = await bench.hot.node.ask("getreceivedbyaddress", address)
    return int(paid * 10**8)


async def test_a_signed_psbt_is_sent_and_followed_to_its_end(bench: Bench) -> None:
    recipient = await bench.queue("po_1", 100_000)
    alarms = [*await bench.turn(), *await bench.turn()]
    waiting = bench.send("po_1")
    [one] = await list_unsigned(bench.parts, bench.wallet.id)

    tx_id = await take_signed(bench.parts, one.send.id, signed(bench, one.text).to_string())
    await bench.turn(mine=7)
    await bench.turn()

    assert waiting == ("open", "signature_awaited")
    assert alarms == ["signature_awaited:btc"]
    assert bench.send("po_1") == ("done", None)
    assert await received(bench, recipient) == 100_000
    assert bench.sql("SELECT tx_id, cost > 0 FROM sends") == [(tx_id, True)]
    assert await list_unsigned(bench.parts, bench.wallet.id) == []


async def test_what_that_wallet_sent_by_itself_is_found(bench: Bench) -> None:
    recipient = await bench.queue("po_1", 100_000)
    await bench.turn()
    [one] = await list_unsigned(bench.parts, bench.wallet.id)
    done = await bench.hot.node.ask("finalizepsbt", signed(bench, one.text).to_string())

    sent = await bench.hot.node.ask("sendrawtransaction", done["hex"])
    await bench.turn(mine=7)
    await bench.turn()

    assert bench.send("po_1") == ("done", None)
    assert bench.sql("SELECT tx_id FROM sends") == [(sent,)]
    assert await received(bench, recipient) == 100_000


async def test_b13_another_transaction_than_the_one_shown_is_refused(bench: Bench) -> None:
    await bench.queue("po_1", 100_000)
    await bench.turn()
    [one] = await list_unsigned(bench.parts, bench.wallet.id)
    changed = other_psbt.PSBT.from_string(one.text)
    changed.outputs[0].value -= 1_000
    stolen = signed(bench, changed.to_string())

    with pytest.raises(Invalid) as refused:
        await take_signed(bench.parts, one.send.id, stolen.to_string())
    with pytest.raises(Invalid):
        await take_signed(bench.parts, one.send.id, one.text)

    assert refused.value.code == "psbt_changed"
    assert bench.send("po_1")[0] == "open"
    await take_signed(bench.parts, one.send.id, signed(bench, one.text).to_string())
    with pytest.raises(Conflict):
        await take_signed(bench.parts, one.send.id, signed(bench, one.text).to_string())
