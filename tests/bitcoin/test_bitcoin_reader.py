"""The reader on a real node: whole blocks, the mempool, forks, replacements, and lies."""

import itertools
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import pytest
from aiohttp import web

from sluice.base.egress import Egress
from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.addresses import read_address
from sluice.engine.chains.bitcoin.nets import MAINNET, REGTEST, SIGNET
from sluice.engine.chains.bitcoin.network import bitcoin_network
from sluice.engine.chains.bitcoin.node import Node
from sluice.engine.chains.bitcoin.reader import BLOCKS_MAX, BitcoinReader
from sluice.engine.chains.chain import ProviderTrouble, WrongNetwork
from sluice.engine.chains.endpoint import Endpoint
from sluice.engine.chains.model import Block, Style, Transfer
from tests.bitcoin.bitcoind import PASSWORD, Bitcoind

KINDS: Final = ("legacy", "p2sh-segwit", "bech32", "bech32m")


def reader_of(bitcoind: Bitcoind, *, watched: set[bytes] | None = None) -> BitcoinReader:
    return BitcoinReader(REGTEST, Node(bitcoind.url, bitcoind.egress), watched=watched)


async def newest(reader: BitcoinReader, count: int) -> list[Block]:
    top = (await reader.tip()).header.height
    return list(await reader.blocks(top - count + 1, top))


async def find(reader: BitcoinReader, recipient: str, count: int = 5) -> list[Transfer]:
    return [
        transfer
        for block in await newest(reader, count)
        for transfer in block.transfers
        if transfer.recipient == recipient
    ]


async def hints(reader: BitcoinReader, recipient: str) -> list[Transfer]:
    return [hint for hint in await reader.pending() if hint.recipient == recipient]


async def test_a_node_of_the_right_network_passes_the_check(bitcoind: Bitcoind) -> None:
    await reader_of(bitcoind).check()

    for other in (MAINNET, SIGNET):
        with pytest.raises(WrongNetwork):
            await BitcoinReader(other, Node(bitcoind.url, bitcoind.egress)).check()


async def test_trouble_never_tells_the_password(bitcoind: Bitcoind) -> None:
    silent = Node(f"http://sluice:{PASSWORD}@127.0.0.1:9/", bitcoind.egress)
    refused = Node(bitcoind.url.replace("sluice:", "stranger:"), bitcoind.egress)

    for node in (silent, refused):
        with pytest.raises(ProviderTrouble) as trouble:
            await node.info()
        assert PASSWORD not in str(trouble.value)
        assert PASSWORD not in repr(trouble.value)


async def test_the_tip_is_the_header_at_its_height(bitcoind: Bitcoind) -> None:
    reader = reader_of(bitcoind)
    before = await reader.tip()

    await bitcoind.mine(2)

    tip = await reader.tip()
    assert tip.header.height == before.header.height + 2
    assert tip.finalized_height is None
    assert await reader.header(tip.header.height) == tip.header
    assert await reader.header(tip.header.height + 1) is None
    assert await reader.header(0) == (await reader.blocks(0, 0))[0].header


async def test_blocks_are_linked_and_a_part_is_as_in_the_whole(bitcoind: Bitcoind) -> None:
    reader = reader_of(bitcoind)

    blocks = list(await reader.blocks(0, 9))

    assert [block.header.height for block in blocks] == list(range(10))
    assert all(
        above.header.parent == below.header.hash for below, above in itertools.pairwise(blocks)
    )
    assert list(await reader.blocks(3, 5)) == blocks[3:6]


async def test_a_range_past_the_tip_is_an_error_and_never_a_part(bitcoind: Bitcoind) -> None:
    reader = reader_of(bitcoind)
    top = (await reader.tip()).header.height

    for first, last in ((top, top + 1), (top + 1, top + 1)):
        with pytest.raises(ProviderTrouble):
            await reader.blocks(first, last)
    for first, last in ((-1, 0), (1, 0), (0, BLOCKS_MAX)):
        with pytest.raises(Invalid):
            await reader.blocks(first, last)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_payment_is_seen_with_its_exact_satoshis(bitcoind: Bitcoind, kind: str) -> None:
    recipient = await bitcoind.new_address(kind)
    reader = reader_of(bitcoind, watched={read_address(recipient, REGTEST)})
    tx_id = await bitcoind.pay(recipient, 12_345_678)

    waiting = await hints(reader, recipient)
    assert await find(reader, recipient) == []
    await bitcoind.mine()
    mined = await find(reader, recipient)

    assert [(one.tx_id, one.asset, one.units, one.sender) for one in mined] == [
        (tx_id, "btc", 12_345_678, "")
    ]
    # The same key in the mempool and in a block.
    assert waiting == mined
    assert await reader.pending() == ()


async def test_b05_only_what_is_watched_is_told_and_a_reward_counts_a_hundred_deep(
    bitcoind: Bitcoind,
) -> None:
    ours, theirs = await bitcoind.new_address(), await bitcoind.new_address()
    await bitcoind.pay(theirs, 50_000)
    await bitcoind.mine()

    assert await find(reader_of(bitcoind, watched={read_address(ours, REGTEST)}), theirs) == []
    [block] = await newest(reader_of(bitcoind), 1)
    assert {one.recipient for one in block.transfers} >= {theirs}
    rewards = {one.tx_id for one in block.transfers if one.depth_min == 100}
    assert len(rewards) == 1
    assert len({one.tx_id for one in block.transfers} - rewards) == 1


async def test_an_address_watched_after_its_payment_was_sent_is_noticed(
    bitcoind: Bitcoind,
) -> None:
    recipient = await bitcoind.new_address()
    watched: set[bytes] = set()
    reader = reader_of(bitcoind, watched=watched)
    await bitcoind.pay(recipient, 50_000)

    assert await reader.pending() == ()
    watched.add(read_address(recipient, REGTEST))

    assert [one.units for one in await reader.pending()] == [50_000]


async def test_b04_two_outputs_of_one_transaction_have_keys_of_their_own(
    bitcoind: Bitcoind,
) -> None:
    first, second = await bitcoind.new_address(), await bitcoind.new_address("bech32m")
    await bitcoind.ask("sendmany", "", {first: "0.001", second: "0.002"})
    await bitcoind.mine()
    reader = reader_of(bitcoind)

    [one], [other] = await find(reader, first), await find(reader, second)

    assert (one.units, other.units) == (100_000, 200_000)
    assert one.tx_id == other.tx_id
    assert one.index != other.index


async def test_b03_a_fork_takes_a_payment_away_and_may_bring_it_back(bitcoind: Bitcoind) -> None:
    recipient = await bitcoind.new_address()
    reader = reader_of(bitcoind)
    await bitcoind.pay(recipient, 70_000)
    await bitcoind.mine(2)
    [seen] = await find(reader, recipient)
    before = await newest(reader, 3)

    await bitcoind.undo(2)

    assert await find(reader, recipient) == []
    assert await hints(reader, recipient) == [seen]
    await bitcoind.mine(3)
    after = await newest(reader, 4)
    assert await find(reader, recipient) == [seen]
    assert after[0] == before[0]
    assert after[1].header.hash != before[1].header.hash


async def test_b01_a_replaced_payment_never_arrives(bitcoind: Bitcoind) -> None:
    merchant, thief = await bitcoind.new_address(), await bitcoind.new_address()
    purse = await bitcoind.new_address()
    funding = await bitcoind.pay(purse, 1_000_000)
    await bitcoind.mine()
    reader = reader_of(bitcoind)
    [holding] = await find(reader, purse)

    old = await bitcoind.spend(funding, holding.index, merchant, fee_sats=1_000)
    assert [one.tx_id for one in await hints(reader, merchant)] == [old]
    new = await bitcoind.spend(funding, holding.index, thief, fee_sats=5_000)

    assert await hints(reader, merchant) == []
    assert [one.tx_id for one in await hints(reader, thief)] == [new]
    await bitcoind.mine()
    assert await find(reader, merchant) == []
    assert [one.tx_id for one in await find(reader, thief)] == [new]


Bend = Callable[[str, Any], Any]


class LyingNode:
    """A real server before the real node, which bends the results it passes on."""

    def __init__(self, bitcoind: Bitcoind) -> None:
        self._bitcoind = bitcoind
        self.bend: Bend = lambda _, result: result
        self.url = ""

    async def serve(self, request: web.Request) -> web.Response:
        asked = await request.json()
        calls = asked if isinstance(asked, list) else [asked]
        replies = [await self._reply(call) for call in calls]
        return web.json_response(replies if isinstance(asked, list) else replies[0])

    async def _reply(self, call: dict[str, Any]) -> dict[str, Any]:
        endpoint = Endpoint.of(self._bitcoind.url)
        answer = await self._bitcoind.egress.post(
            endpoint.url,
            json.dumps(call).encode(),
            headers=endpoint.headers,
            answer_max=16 * 1024 * 1024,
        )
        reply: dict[str, Any] = json.loads(answer.body)
        return reply | {"result": self.bend(call["method"], reply["result"])}


@pytest.fixture
async def liar(bitcoind: Bitcoind) -> AsyncIterator[LyingNode]:
    """Return a proxy that is honest until told otherwise."""
    node = LyingNode(bitcoind)
    app = web.Application(client_max_size=2**24)
    app.router.add_post("/", node.serve)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    node.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield node
    await runner.cleanup()


@pytest.mark.parametrize(
    ("method", "bend"),
    [
        ("getblock", lambda raw: raw[:-2]),
        ("getblock", lambda raw: raw + "00"),
        ("getblock", lambda raw: raw[:190] + "11" + raw[192:]),
        ("getblock", lambda raw: "02" + raw[2:]),
        ("getblock", lambda _: "zz"),
        ("getblock", lambda _: None),
        ("getblock", lambda _: 5),
        ("getblockhash", lambda _: "00" * 32),
        ("getblockhash", lambda _: ["x"]),
    ],
)
async def test_a_block_that_does_not_fit_its_hash_is_not_believed(
    bitcoind: Bitcoind, liar: LyingNode, method: str, bend: Callable[[Any], Any]
) -> None:
    await bitcoind.mine()
    reader = BitcoinReader(REGTEST, Node(liar.url, bitcoind.egress))
    assert await newest(reader, 1) == await newest(reader_of(bitcoind), 1)
    top = (await reader.tip()).header.height

    liar.bend = lambda asked, result: bend(result) if asked == method else result

    with pytest.raises(ProviderTrouble):
        await reader.blocks(top, top)


@pytest.mark.parametrize("bend", [lambda raw: raw[:-2], lambda raw: "03" + raw[2:], lambda _: {}])
async def test_a_header_that_does_not_fit_its_hash_is_not_believed(
    bitcoind: Bitcoind, liar: LyingNode, bend: Callable[[Any], Any]
) -> None:
    reader = BitcoinReader(REGTEST, Node(liar.url, bitcoind.egress))

    liar.bend = lambda asked, result: bend(result) if asked == "getblockheader" else result

    with pytest.raises(ProviderTrouble):
        await reader.tip()
    with pytest.raises(ProviderTrouble):
        await reader.header(1)


async def test_a_branch_that_changes_while_it_is_read_is_an_error(
    bitcoind: Bitcoind, liar: LyingNode
) -> None:
    reader = BitcoinReader(REGTEST, Node(liar.url, bitcoind.egress))
    hashes = [await bitcoind.ask("getblockhash", at) for at in (3, 7, 4)]

    liar.bend = lambda asked, result: hashes.pop(0) if asked == "getblockhash" else result

    with pytest.raises(ProviderTrouble, match="changed its branch"):
        await reader.blocks(3, 4)


async def test_a_made_up_waiting_transaction_is_not_believed(
    bitcoind: Bitcoind, liar: LyingNode
) -> None:
    recipient = await bitcoind.new_address()
    await bitcoind.pay(recipient, 50_000)
    other = await bitcoind.ask("getrawtransaction", await bitcoind.pay(recipient, 60_000))
    reader = BitcoinReader(REGTEST, Node(liar.url, bitcoind.egress))

    liar.bend = lambda asked, result: other if asked == "getrawtransaction" else result

    with pytest.raises(ProviderTrouble, match="another transaction"):
        await reader.pending()


async def test_a_server_that_is_no_node_is_trouble(egress: Egress) -> None:
    app = web.Application()
    app.router.add_post("/", _page)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    node = Node(f"http://127.0.0.1:{runner.addresses[0][1]}/", egress)

    with pytest.raises(ProviderTrouble, match="no JSON-RPC"):
        await node.info()

    await runner.cleanup()


async def _page(_: web.Request) -> web.Response:
    return web.Response(text="<html>", content_type="text/html")


def test_a_larger_payment_lies_deeper() -> None:
    network = bitcoin_network(MAINNET)

    depths = [network.finality.depth_for("btc", sats) for sats in (1, 10**6, 10**6 + 1, 10**9)]

    assert depths == [1, 1, 3, 6]
    assert (network.livemode, tuple(network.styles)) == (True, (Style.ADDRESS,))
    assert bitcoin_network(REGTEST).livemode is False
