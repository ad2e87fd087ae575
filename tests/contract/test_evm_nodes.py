"""How a node's faults are understood, over real HTTP before a real node."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from sluice.base.clock import ManualClock
from sluice.engine.chains.chain import WrongNetwork
from sluice.engine.chains.evm.faults import Fault, NodeTrouble
from sluice.engine.chains.evm.node import Node
from sluice.engine.chains.evm.reader import EvmReader
from sluice.engine.chains.evm.tokens import EvmChain, evm_network
from tests.contract.anvil import run_anvil
from tests.contract.evm_under_test import CHAIN_ID, EvmUnderTest
from tests.contract.proxy import LyingProxy, Reply

VECTORS: Final = Path(__file__).parents[2] / "spec" / "vectors" / "evm"
ERRORS: Final = json.loads((VECTORS / "rpc_errors.json").read_text())["cases"]


@pytest.fixture
def proxy(proxies: list[LyingProxy]) -> LyingProxy:
    """Return one proxy before the node."""
    return proxies[0]


def refusing(message: str, code: int = -32000) -> Any:  # noqa: ANN401 - a Bend
    def refuse(_method: str, _params: list[Any], reply: Reply) -> Reply:
        return {"jsonrpc": "2.0", "id": reply["id"], "error": {"code": code, "message": message}}

    return refuse


def network_with(evm: EvmUnderTest, tokens: dict[str, str]) -> EvmReader:
    chain = EvmChain(CHAIN_ID, "ethereum", "Ethereum", 12.0, 12, 64, None, tokens)
    return EvmReader(evm_network(chain), evm.node_at(evm.anvil.url), chain_id=CHAIN_ID)


async def test_another_network_is_refused_by_its_number(evm: EvmUnderTest) -> None:
    """W06."""
    with run_anvil(chain_id=137) as url, pytest.raises(WrongNetwork, match=r"137.*is 1;"):
        await evm.reader_at(url).check()


async def test_an_address_without_a_token_is_refused(evm: EvmUnderTest) -> None:
    for nothing in (evm.new_address(), evm.contracts["Payer"]):
        with pytest.raises(WrongNetwork) as refused:
            await network_with(evm, {"usdc": nothing}).check()

        assert refused.value.code == "token_missing"


async def test_a_token_with_other_decimals_is_refused(evm: EvmUnderTest) -> None:
    """E11."""
    with pytest.raises(WrongNetwork, match="18 decimals") as refused:
        await network_with(evm, {"usdc": evm.contracts["WideToken"]}).check()

    assert refused.value.code == "token_decimals_wrong"


async def test_another_symbol_is_told_and_no_reason_to_stop(evm: EvmUnderTest) -> None:
    """W16: Polygon's USDT changed its name and stayed the same money."""
    with capture_logs() as told:
        await network_with(evm, {"usdc": evm.contracts["UsdtLike"]}).check()

    assert [line["event"] for line in told] == ["token.symbol_differs"]


@pytest.mark.parametrize("row", ERRORS, ids=lambda row: f"{row['provider']}-{row['klass']}")
async def test_every_known_message_is_understood(
    evm: EvmUnderTest, proxy: LyingProxy, row: dict[str, Any]
) -> None:
    proxy.bend(refusing(row["message"], row["code"]))

    with pytest.raises(NodeTrouble) as refused:
        await evm.node_at(proxy.url).chain_id()

    assert refused.value.fault == row["klass"]
    assert refused.value.code == f"provider_{row['klass']}"
    assert refused.value.limit == row.get("limit") or row["klass"] == "filter_too_wide"
    suggested = tuple(int(end, 16) for end in row["suggest"]) if "suggest" in row else None
    assert refused.value.suggested == suggested


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ("limit exceeded", Fault.RATE_LIMITED),
        ("query returned more than 10000 results", Fault.RANGE_TOO_WIDE),
    ],
)
async def test_one_code_has_two_meanings(
    evm: EvmUnderTest, proxy: LyingProxy, message: str, fault: Fault
) -> None:
    """W08."""
    proxy.bend(refusing(message, -32005))

    with pytest.raises(NodeTrouble) as refused:
        await evm.node_at(proxy.url).chain_id()

    assert refused.value.fault is fault


@pytest.mark.parametrize(("header", "wait_s"), [("7", 7), ("Mon, 02 Mar 2026 12:00:30 GMT", 30)])
async def test_a_provider_that_says_wait_is_left_alone_until_then(
    evm: EvmUnderTest, proxy: LyingProxy, clock: ManualClock, header: str, wait_s: int
) -> None:
    node = evm.node_at(proxy.url)
    proxy.answer(lambda _body: web.Response(status=429, headers={"Retry-After": header}))

    for _ in range(3):
        with pytest.raises(NodeTrouble) as refused:
            await node.chain_id()
        assert refused.value.fault is Fault.RATE_LIMITED
        assert refused.value.retry_after_s == wait_s
    proxy.be_honest()
    clock.advance(wait_s - 1)
    with pytest.raises(NodeTrouble):
        await node.chain_id()
    clock.advance(1)

    assert await node.chain_id() == CHAIN_ID
    assert len(proxy.requests) == 2


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (503, "<!DOCTYPE html><title>503 Backend fetch failed</title>", Fault.UNAVAILABLE),
        (200, "<html>maintenance</html>", Fault.UNAVAILABLE),
        (401, "who are you", Fault.UNAUTHORIZED),
        (403, '{"error": "invalid api key"}', Fault.UNAUTHORIZED),
        (429, "", Fault.RATE_LIMITED),
        (
            400,
            '{"jsonrpc":"2.0","id":0,"error":{"code":-32600,"message":"up to a 10 block range"}}',
            Fault.RANGE_TOO_WIDE,
        ),
        (200, "", Fault.NONSENSE),
        (200, "[]", Fault.NONSENSE),
        (200, "null", Fault.NONSENSE),
        (200, "42", Fault.NONSENSE),
        (200, '{"jsonrpc":"2.0","id":0}', Fault.NONSENSE),
        (200, '{"jsonrpc":"2.0","id":7,"result":"0x1"}', Fault.NONSENSE),
        (200, '{"jsonrpc":"2.0","id":0,"result":1}', Fault.NONSENSE),
        (200, '{"jsonrpc":"2.0","id":0,"result":"1"}', Fault.NONSENSE),
        (200, '{"jsonrpc":"2.0","id":0,"result":"0x1_0"}', Fault.NONSENSE),
        (200, '{"jsonrpc":"2.0","id":0,"result":null}', Fault.NONSENSE),
        (200, '{"jsonrpc":"2.0","id":0,"error":"too many requests"}', Fault.RATE_LIMITED),
        (200, '{"jsonrpc":"2.0","id":0,"error":{"code":-32601,"message":""}}', Fault.UNSUPPORTED),
        (302, "", Fault.UNAVAILABLE),
    ],
)
async def test_an_answer_that_is_none_is_an_error(
    evm: EvmUnderTest, proxy: LyingProxy, status: int, body: str, fault: Fault
) -> None:
    proxy.answer(lambda _body: web.Response(status=status, text=body))

    with pytest.raises(NodeTrouble) as refused:
        await evm.node_at(proxy.url).chain_id()

    assert refused.value.fault is fault


async def test_a_provider_that_is_gone_is_unavailable(evm: EvmUnderTest, proxy: LyingProxy) -> None:
    await proxy.stop()

    with pytest.raises(NodeTrouble) as refused:
        await evm.node_at(proxy.url).chain_id()

    assert refused.value.fault is Fault.UNAVAILABLE


async def test_replies_are_sorted_by_their_ids(evm: EvmUnderTest, proxy: LyingProxy) -> None:
    await evm.mine(5)
    made = [
        {"jsonrpc": "2.0", "id": height, "result": await evm.anvil.block(height)}
        for height in range(6)
    ]
    proxy.answer(lambda _body: web.json_response(list(reversed(made))))

    headers = await evm.node_at(proxy.url).headers(0, 5)

    assert [header and int(header.number, 16) for header in headers] == list(range(6))


async def test_a_batch_with_a_missing_or_double_reply_is_nonsense(
    evm: EvmUnderTest, proxy: LyingProxy
) -> None:
    for ids in ([0, 1], [0, 1, 1], [0, 1, 5], [0, 1, 2, 2]):
        replies = [{"jsonrpc": "2.0", "id": one, "result": None} for one in ids]
        proxy.answer(lambda _body, replies=replies: web.json_response(replies))  # type: ignore[misc]

        with pytest.raises(NodeTrouble) as refused:
            await evm.node_at(proxy.url).headers(0, 2)

        assert refused.value.fault is Fault.NONSENSE


async def test_batches_hold_twenty_calls_at_most(evm: EvmUnderTest, proxy: LyingProxy) -> None:
    await evm.mine(50)

    await evm.reader_at(proxy.url).blocks(0, 49)

    assert max(proxy.sizes) == 20


async def test_a_provider_without_batches_is_asked_one_by_one(
    evm: EvmUnderTest, proxy: LyingProxy
) -> None:
    await evm.mine(3)
    node = Node(proxy.url, evm.anvil.egress, evm.clock, batch_max=1)
    reader = EvmReader(evm.network, node, chain_id=CHAIN_ID)

    blocks = await reader.blocks(0, 4)
    tip = await reader.tip()

    assert blocks == await evm.reader.blocks(0, 4)
    assert tip == await evm.reader.tip()
    assert set(proxy.sizes) == {1}


async def test_keys_are_sent_and_never_told(evm: EvmUnderTest, proxy: LyingProxy) -> None:
    keys = ("k3ys0fTh3Project", "t0k3nInTheQuery", "s3cret-user", "s3cret-password")
    host = proxy.url.removeprefix("http://")
    url = f"http://{keys[2]}:{keys[3]}@{host}/v3/{keys[0]}?apikey={keys[1]}"
    proxy.bend(refusing(f"project {keys[0]} of {keys[3]} is over quota\n{keys[1]} {keys[2]}"))

    with capture_logs() as told, pytest.raises(NodeTrouble) as refused:
        await evm.node_at(url).chain_id()

    assert proxy.requests[0][":path"] == f"/v3/{keys[0]}?apikey={keys[1]}"
    assert proxy.requests[0]["Authorization"].startswith("Basic ")
    assert evm.node_at(url).name == host
    whole = f"{refused.value!r} {refused.value} {told} {evm.node_at(url)._endpoint!r}"
    assert "is over quota" in whole
    assert not [key for key in keys if key in whole]
    assert refused.value.__cause__ is None


async def test_keys_are_not_told_when_nobody_answers(evm: EvmUnderTest, proxy: LyingProxy) -> None:
    await proxy.stop()

    with pytest.raises(NodeTrouble) as refused:
        await evm.node_at(f"{proxy.url}/v3/k3ys0fTh3Project").chain_id()

    assert "k3ys0fTh3Project" not in f"{refused.value!r}"


async def test_finality_that_stands_still_is_told_as_it_is(
    evm: EvmUnderTest, proxy: LyingProxy
) -> None:
    """W13."""
    await evm.mine(20)
    stuck = await evm.anvil.block("finalized")
    reader = evm.reader_at(proxy.url)

    def stay(_method: str, params: list[Any], reply: Reply) -> Reply:
        return reply | {"result": stuck} if params[:1] == ["finalized"] else reply

    proxy.bend(stay)
    before = await reader.tip()
    await evm.mine(30)
    after = await reader.tip()

    assert after.header.height == before.header.height + 30
    assert after.finalized_height == before.finalized_height == int(stuck["number"], 16)


@pytest.mark.parametrize(
    "message", ["hex string without 0x prefix", "finalized block not found", "not supported", None]
)
async def test_a_node_that_knows_no_finality_says_nothing_about_it(
    evm: EvmUnderTest, proxy: LyingProxy, message: str | None
) -> None:
    def forget(method: str, params: list[Any], reply: Reply) -> Reply:
        if params[:1] != ["finalized"]:
            return reply
        null = {"jsonrpc": "2.0", "id": reply["id"], "result": None}
        return null if message is None else refusing(message)(method, params, reply)

    proxy.bend(forget)

    tip = await evm.reader_at(proxy.url).tip()

    assert tip.header.height == await evm.height()
    assert tip.finalized_height is None


async def test_a_node_cannot_call_final_what_it_has_not_seen(
    evm: EvmUnderTest, proxy: LyingProxy
) -> None:
    await evm.mine(20)

    def hurry(_method: str, params: list[Any], reply: Reply) -> Reply:
        is_final = params[:1] == ["finalized"]
        return reply | {"result": reply["result"] | {"number": "0xffff"}} if is_final else reply

    proxy.bend(hurry)

    tip = await evm.reader_at(proxy.url).tip()

    assert tip.finalized_height == tip.header.height == await evm.height()


async def test_trouble_with_finality_is_trouble(evm: EvmUnderTest, proxy: LyingProxy) -> None:
    def stumble(method: str, params: list[Any], reply: Reply) -> Reply:
        return (
            refusing("internal error")(method, params, reply)
            if params[:1] == ["finalized"]
            else reply
        )

    proxy.bend(stumble)

    with pytest.raises(NodeTrouble):
        await evm.reader_at(proxy.url).tip()


async def test_a_node_that_shows_nothing_waiting_gives_no_hints(
    evm: EvmUnderTest, proxy: LyingProxy
) -> None:
    await evm.pay(evm.new_address(), 5)
    await evm.mine()
    newest = await evm.anvil.ask("eth_getBlockByNumber", "latest", True)  # noqa: FBT003 - JSON-RPC
    await evm.pay(evm.new_address(), 6)

    def show(instead: Any) -> Any:  # noqa: ANN401 - a result, and a Bend
        return lambda _method, params, reply: (
            {"jsonrpc": "2.0", "id": reply["id"], **instead} if params[:1] == ["pending"] else reply
        )

    for instead in (
        {"result": None},
        {"result": newest},
        {"error": {"code": -32601, "message": "the method is not available"}},
    ):
        proxy.be_honest()
        proxy.bend(show(instead))

        assert await evm.reader_at(proxy.url).pending() == []
