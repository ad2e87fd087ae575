"""Long ranges through providers that refuse them: whole, without a gap, without reading twice."""

import asyncio
import json
from pathlib import Path
from typing import Any, Final

import pytest

from sluice.engine.chains.evm.faults import Fault, NodeTrouble
from sluice.engine.chains.evm.logs import Logs
from sluice.engine.chains.evm.node import Node
from sluice.engine.chains.evm.reader import EvmReader
from sluice.engine.chains.evm.shapes import RawHeader
from tests.contract.evm_under_test import CHAIN_ID, EvmUnderTest
from tests.contract.proxy import LyingProxy, Reply

VECTORS: Final = Path(__file__).parents[2] / "spec" / "vectors" / "evm"
REFUSALS: Final = [
    row
    for row in json.loads((VECTORS / "rpc_errors.json").read_text())["cases"]
    if row["klass"] == "range_too_wide"
]
INFURA: Final = "query returned more than 10000 results. Try with this block range [{low}, {high}]"


@pytest.fixture
def proxy(proxies: list[LyingProxy]) -> LyingProxy:
    """Return one proxy before the node."""
    return proxies[0]


def span_of(params: list[Any]) -> int:
    what = params[0]
    if "blockHash" in what:
        return 1
    return int(what["toBlock"], 16) - int(what["fromBlock"], 16) + 1


def refuse_above(most: int, message: str, code: int = -32005) -> Any:  # noqa: ANN401 - a Bend
    """Refuse ranges of more blocks than this, as a provider does."""

    def refuse(method: str, params: list[Any], reply: Reply) -> Reply:
        if method != "eth_getLogs" or span_of(params) <= most:
            return reply
        low = int(params[0].get("fromBlock", "0x0"), 16)
        text = message.format(low=hex(low), high=hex(low + most - 1))
        return {"jsonrpc": "2.0", "id": reply["id"], "error": {"code": code, "message": text}}

    return refuse


async def grown(evm: EvmUnderTest, count: int = 100) -> int:
    """Grow the chain, with a payment here and there, and return its height."""
    for step in range(count // 10):
        await evm.pay(evm.new_address(), step + 1)
        await evm.mine(10)
    return await evm.height()


def heights_answered(proxy: LyingProxy, most: int) -> list[int]:
    """Return the heights of every range question that was small enough to be answered."""
    ranges = [
        (int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16))
        for method, params in proxy.asked
        if method == "eth_getLogs" and "fromBlock" in params[0]
    ]
    return [
        height for low, high in ranges if high - low + 1 <= most for height in range(low, high + 1)
    ]


@pytest.mark.parametrize("row", REFUSALS, ids=lambda row: row["provider"])
async def test_every_providers_refusal_ends_in_the_whole_range(
    evm: EvmUnderTest, proxy: LyingProxy, row: dict[str, Any]
) -> None:
    """W07."""
    top, most = await grown(evm), 8
    proxy.bend(refuse_above(most, row["message"], row["code"]))

    blocks = await evm.reader_at(proxy.url).blocks(0, top)

    assert blocks == await evm.reader.blocks(0, top)
    answered = heights_answered(proxy, most)
    assert len(answered) == len(set(answered))


async def test_a_suggestion_inside_the_range_is_taken(evm: EvmUnderTest, proxy: LyingProxy) -> None:
    top = await grown(evm)
    proxy.bend(refuse_above(7, INFURA))

    blocks = await evm.reader_at(proxy.url).blocks(0, top)

    assert blocks == await evm.reader.blocks(0, top)
    spans = [span_of(params) for method, params in proxy.asked if method == "eth_getLogs"]
    assert spans[:2] == [64, 7]


async def test_a_stated_limit_is_never_passed_again(evm: EvmUnderTest, proxy: LyingProxy) -> None:
    top = await grown(evm)
    proxy.bend(refuse_above(10, "You can make eth_getLogs requests with up to a 10 block range"))

    await evm.reader_at(proxy.url).blocks(0, top)

    spans = [span_of(params) for method, params in proxy.asked if method == "eth_getLogs"]
    assert [span for span in spans if span > 10] == [64]


@pytest.mark.parametrize(
    "suggestion",
    [
        "[0x0, 0xffffff]",
        "[0xffffff, 0xffffff]",
        "[0x5, 0x2]",
        "[0x0, 0x0]",
        "[0x1, 0x1]",
        "[0x0, 0x7fffffffffffffffff]",
        "limit is 0",
        "limit is 999999999999999999",
    ],
)
async def test_a_hostile_suggestion_cannot_keep_us_busy(
    evm: EvmUnderTest, proxy: LyingProxy, suggestion: str
) -> None:
    """W09."""
    top = await grown(evm, 60)
    proxy.bend(refuse_above(4, f"block range is too wide, try {suggestion}"))

    blocks = await evm.reader_at(proxy.url).blocks(0, top)

    assert blocks == await evm.reader.blocks(0, top)
    assert proxy.methods().count("eth_getLogs") < 2 * top


async def test_a_provider_that_gives_no_logs_at_all_gives_receipts(
    evm: EvmUnderTest, proxy: LyingProxy
) -> None:
    top = await grown(evm, 20)
    proxy.bend(refuse_above(0, "query returned more than 10000 results"))

    blocks = await evm.reader_at(proxy.url).blocks(0, top)

    assert blocks == await evm.reader.blocks(0, top)
    assert proxy.methods().count("eth_getBlockReceipts") == top + 1


async def test_a_limit_of_calls_is_not_a_limit_of_blocks(
    evm: EvmUnderTest, proxy: LyingProxy
) -> None:
    """W08: the same code, and no reason to ask for less at once."""
    top = await grown(evm, 20)
    proxy.bend(refuse_above(0, "limit exceeded"))

    with pytest.raises(NodeTrouble) as refused:
        await evm.reader_at(proxy.url).blocks(0, top)

    assert refused.value.fault is Fault.RATE_LIMITED
    assert proxy.methods().count("eth_getLogs") == 1


async def test_an_answer_too_long_for_us_is_asked_in_parts(
    evm: EvmUnderTest, proxy: LyingProxy
) -> None:
    top = await grown(evm)

    def bloat(method: str, params: list[Any], reply: Reply) -> Reply:
        is_long = method == "eth_getLogs" and span_of(params) > 16
        return reply | {"padding": "x" * (17 * 1024 * 1024)} if is_long else reply

    proxy.bend(bloat)

    blocks = await evm.reader_at(proxy.url).blocks(0, top)

    assert blocks == await evm.reader.blocks(0, top)


async def test_the_span_grows_while_answers_come_and_shrinks_when_they_do_not(
    evm: EvmUnderTest, proxy: LyingProxy
) -> None:
    top = await grown(evm)
    node = evm.node_at(proxy.url)
    headers = [raw for raw in await node.headers(0, top) if isinstance(raw, RawHeader)]
    tokens = list(evm.chain.tokens.values())
    logs = Logs(node, tokens, trusted=tokens, span_start=8, span_max=32)

    await logs.read(headers)
    grown_to = logs.span
    proxy.bend(refuse_above(4, "block range is too wide"))
    await logs.read(headers[:6])

    assert grown_to == 32
    assert logs.span < 8


async def test_a_silent_node_is_asked_for_less_the_next_time(
    evm: EvmUnderTest, proxy: LyingProxy
) -> None:
    top = await grown(evm, 40)
    node = Node(proxy.url, evm.anvil.egress, evm.clock, logs_s=0.2)
    reader = EvmReader(evm.network, node, chain_id=CHAIN_ID, span_start=32)
    enough = asyncio.Event()

    async def be_slow(methods: list[str]) -> None:
        if methods == ["eth_getLogs"] and span_of(proxy.asked[-1][1]) > 16:
            await enough.wait()

    proxy.before(be_slow)
    with pytest.raises(NodeTrouble) as refused:
        await reader.blocks(0, top)
    blocks = await reader.blocks(0, 15)
    enough.set()

    assert refused.value.fault is Fault.TIMEOUT
    assert blocks == await evm.reader.blocks(0, 15)
    assert [span_of(params) for name, params in proxy.asked if name == "eth_getLogs"] == [32, 16]
