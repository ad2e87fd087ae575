"""Esplora servers: the same blocks as a node's, and each lie of one is seen through (B15)."""

from collections.abc import AsyncIterator
from typing import Final

import pytest

from sluice.base.clock import ManualClock
from sluice.base.egress import Egress
from sluice.engine.chains.bitcoin.addresses import read_address
from sluice.engine.chains.bitcoin.blocks.header import decode_header
from sluice.engine.chains.bitcoin.esplora import Esplora
from sluice.engine.chains.bitcoin.nets import MAINNET, REGTEST
from sluice.engine.chains.bitcoin.node import Node
from sluice.engine.chains.bitcoin.reader import BitcoinReader
from sluice.engine.chains.bitcoin.sending.by_esplora import EsploraSpender
from sluice.engine.chains.bitcoin.witnessed import WitnessedReader
from sluice.engine.chains.chain import ProvidersDisagree, ProviderTrouble, WrongNetwork
from sluice.engine.chains.quorum import QuorumReader
from sluice.engine.chains.watch import Watch
from sluice.engine.chains.writer import Coin, Slot, State, Verdict
from tests.bitcoin.bitcoind import Bitcoind
from tests.bitcoin.explorer import Explorer

_AS_JSON: Final = False


class StaleWitness:
    """A server that stands on another branch: it answers with a header of its own."""

    name = "stale"

    def __init__(self, height: int, header: bytes) -> None:
        self._height, self._header = height, header

    async def tip(self) -> tuple[int, bytes]:
        """Return where it stands."""
        return self._height, self._header

    async def header(self, height: int) -> bytes | None:
        """Return its own header, whatever is asked for."""
        return self._header if height <= self._height else None


@pytest.fixture
async def explorer(bitcoind: Bitcoind) -> AsyncIterator[Explorer]:
    """Return an honest explorer."""
    made = Explorer(bitcoind)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def esplora(explorer: Explorer, egress: Egress) -> Esplora:
    """Return the server as we ask it."""
    return Esplora(explorer.url, egress, REGTEST)


def reader_of(esplora: Esplora, *addresses: str) -> BitcoinReader:
    watch = Watch(lambda address: read_address(address, REGTEST))
    watch.add(addresses)
    watch.open = addresses
    return BitcoinReader(REGTEST, esplora, watched=watch, asked=lambda: watch.open)


async def test_an_explorer_tells_the_same_as_a_node(
    bitcoind: Bitcoind, esplora: Esplora, egress: Egress
) -> None:
    recipient = await bitcoind.new_address()
    tx_id = await bitcoind.pay(recipient, 123_456)
    reader = reader_of(esplora, recipient)
    node = BitcoinReader(
        REGTEST, Node(bitcoind.url, egress), watched={read_address(recipient, REGTEST)}
    )

    waiting = list(await reader.pending())
    await bitcoind.mine()
    tip = await reader.tip()

    assert [(one.tx_id, one.units) for one in waiting] == [(tx_id, 123_456)]
    assert tip == await node.tip()
    top = tip.header.height
    assert list(await reader.blocks(top - 2, top)) == list(await node.blocks(top - 2, top))
    assert await reader.header(top + 1) is None
    await reader.check()


async def test_an_explorer_of_another_network_is_refused(
    explorer: Explorer, egress: Egress
) -> None:
    other = BitcoinReader(MAINNET, Esplora(explorer.url, egress, MAINNET))

    with pytest.raises(WrongNetwork):
        await other.check()


async def test_b15_a_block_with_a_payment_added_is_not_believed(
    bitcoind: Bitcoind, explorer: Explorer, esplora: Esplora
) -> None:
    recipient = await bitcoind.new_address()
    await bitcoind.pay(recipient, 50_000)
    await bitcoind.mine()
    top = await bitcoind.ask("getblockcount")
    sats = (50_000).to_bytes(8, "little")

    def lie(path: str, answer: bytes) -> bytes:
        more = (5_000_000).to_bytes(8, "little")
        return answer.replace(sats, more) if path.endswith("/raw") else answer

    explorer.lie = lie
    with pytest.raises(ProviderTrouble) as refused:
        await reader_of(esplora, recipient).blocks(top, top)
    assert "other transactions" in refused.value.message


async def test_b15_another_block_under_the_same_name_is_not_believed(
    bitcoind: Bitcoind, explorer: Explorer, esplora: Esplora
) -> None:
    top = await bitcoind.ask("getblockcount")
    below = bytes.fromhex(
        await bitcoind.ask("getblock", await bitcoind.ask("getblockhash", top - 1), 0)
    )

    explorer.lie = lambda path, answer: below if path.endswith("/raw") else answer

    with pytest.raises(ProviderTrouble):
        await reader_of(esplora).blocks(top, top)


async def test_b15_a_made_up_block_without_work_is_not_believed(
    bitcoind: Bitcoind, explorer: Explorer, esplora: Esplora
) -> None:
    top = await bitcoind.ask("getblockcount")
    block = await bitcoind.ask("getblock", await bitcoind.ask("getblockhash", top), 0)
    # The same block one bit easier: as if it were cheap to make.
    raw = bytearray.fromhex(block)
    raw[72:76] = (0x2100FFFF).to_bytes(4, "little")
    nonce = 0
    while not decode_header(bytes(raw[:80])).has_work:
        nonce += 1
        raw[76:80] = nonce.to_bytes(4, "little")
    name = decode_header(bytes(raw[:80])).hash
    honest = await bitcoind.ask("getblockhash", top)

    def lie(path: str, answer: bytes) -> bytes:
        if path == f"/block/{name}/raw":
            return bytes(raw)
        return answer.replace(honest.encode(), name.encode())

    explorer.lie = lie
    explorer.made[name] = bytes(raw)
    with pytest.raises(ProviderTrouble) as refused:
        await reader_of(esplora).blocks(top, top)
    assert refused.value.code == "block_without_work"


async def test_b15_a_witness_on_another_branch_stops_the_payment(
    bitcoind: Bitcoind, esplora: Esplora, clock: ManualClock
) -> None:
    top = await bitcoind.ask("getblockcount")
    other = bytes.fromhex(
        await bitcoind.ask("getblockheader", await bitcoind.ask("getblockhash", top - 1), _AS_JSON)
    )
    quorum = QuorumReader([reader_of(esplora)], 1, clock)
    doubted = WitnessedReader(quorum, [StaleWitness(top, other)], 1, REGTEST)

    with pytest.raises(ProvidersDisagree):
        await doubted.blocks(top, top)


async def test_an_explorer_knows_coins_takes_transactions_and_proves_where_they_are(
    bitcoind: Bitcoind, esplora: Esplora
) -> None:
    address = await bitcoind.new_address()
    script = read_address(address, REGTEST)
    spender = EsploraSpender(esplora)
    tx_id = await bitcoind.pay(address, 200_000)
    waiting = await spender.look(tx_id, Slot(), script)
    await bitcoind.mine()

    [coin] = await spender.coins(address, script)
    place = await spender.look(tx_id, Slot(), script)
    slot = Slot(coins=(Coin(coin.tx_id, coin.index, coin.units),))
    spent = [{"txid": coin.tx_id, "vout": coin.index}]
    raw = await bitcoind.ask(
        "createrawtransaction", spent, [{await bitcoind.new_address(): "0.00199"}]
    )
    signed = (await bitcoind.ask("signrawtransactionwithwallet", raw))["hex"]
    verdicts = [await spender.send(bytes.fromhex(signed)) for _ in range(2)]
    await bitcoind.mine()
    lost = await spender.look("ab" * 32, slot, script)

    assert (waiting.state, coin.units) == (State.PENDING, 200_000)
    assert (place.state, place.height) == (State.INCLUDED, lost.height and lost.height - 1)
    assert await spender.has(place.height or 0, place.block_hash or "")
    assert verdicts == [Verdict.SENT, Verdict.SENT]
    assert lost.state is State.REPLACED
    assert await spender.rate() == 2_500
