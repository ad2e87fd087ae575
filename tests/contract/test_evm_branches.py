"""Chains that move while they are read, and nodes whose answers do not fit together."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from sluice.engine.chains.evm.calldata import transfer_call
from sluice.engine.chains.evm.decode import TRANSFER_TOPIC, may_hold
from sluice.engine.chains.evm.faults import Fault, NodeTrouble
from sluice.engine.chains.model import Transfer
from tests.contract.evm_under_test import EvmUnderTest
from tests.contract.proxy import LyingProxy, Reply

REFERENCE: Final = "0102030405060708090a0b0c0d0e0f10"
Log = dict[str, Any]


@pytest.fixture
def proxy(proxies: list[LyingProxy]) -> LyingProxy:
    """Return one proxy before the node."""
    return proxies[0]


def logs_told(change: Callable[[list[Log]], list[Log]]) -> Any:  # noqa: ANN401 - a Bend
    """Change what eth_getLogs tells."""

    def bend(method: str, _params: list[Any], reply: Reply) -> Reply:
        return reply | {"result": change(reply["result"])} if method == "eth_getLogs" else reply

    return bend


async def received(evm: EvmUnderTest, recipient: str) -> list[Transfer]:
    blocks = await evm.reader.blocks(0, await evm.height())
    return [one for block in blocks for one in block.transfers if one.recipient == recipient]


async def refused(evm: EvmUnderTest, proxy: LyingProxy, first: int, last: int) -> Fault:
    with pytest.raises(NodeTrouble) as trouble:
        await evm.reader_at(proxy.url).blocks(first, last)
    return trouble.value.fault


async def test_a_fork_of_several_blocks_leaves_its_mark_in_the_parents(evm: EvmUnderTest) -> None:
    await evm.mine(5)
    before = await evm.reader.blocks(0, await evm.height())

    await evm.fork(3, keep=False)

    after = await evm.reader.blocks(0, await evm.height())
    assert [block.header for block in after[:-4]] == [block.header for block in before[:-3]]
    assert after[-4].header.height == before[-3].header.height
    assert after[-4].header.hash != before[-3].header.hash
    assert after[-4].header.parent == before[-3].header.parent


async def test_a_fork_may_hold_another_transaction_in_place_of_the_first(
    evm: EvmUnderTest,
) -> None:
    """A double spend: the payer's nonce is used by a payment to himself."""
    shop, thief = evm.new_address(), evm.new_address()
    paid = await evm.pay(shop, 50)
    await evm.mine()
    nonce = (await evm.anvil.ask("eth_getTransactionByHash", paid))["nonce"]
    seen = await received(evm, shop)

    await evm.anvil.ask("anvil_reorg", 1, [])
    asked = transfer_call(evm.chain.tokens["usdc"], thief, 50)
    taken = await evm.send(asked.to, asked.data, nonce=nonce)
    await evm.mine()

    assert [one.tx_id for one in seen] == [paid]
    assert await received(evm, shop) == []
    assert [one.tx_id for one in await received(evm, thief)] == [taken]


async def test_a_fork_with_the_same_payment_tells_it_under_the_same_key(evm: EvmUnderTest) -> None:
    """W02: the log's place in the block differs, the transfer is the same."""
    shop, other = evm.new_address(), evm.new_address()
    await evm.pay(other, 1)
    paid = await evm.pay(shop, 50)
    await evm.mine(2)
    [before] = await received(evm, shop)
    place = (await evm.anvil.ask("eth_getTransactionReceipt", paid))["logs"][0]["logIndex"]
    raw = await evm.anvil.ask("eth_getRawTransactionByHash", paid)
    first = await evm.anvil.ask(
        "eth_getRawTransactionByHash", (await received(evm, other))[0].tx_id
    )

    await evm.anvil.ask("anvil_reorg", 2, [[first, 0], [raw, 1]])

    receipt = await evm.anvil.ask("eth_getTransactionReceipt", paid)
    assert (place, receipt["logs"][0]["logIndex"]) == ("0x1", "0x0")
    assert await received(evm, shop) == [before]


@pytest.mark.parametrize("moment", ["eth_getLogs", "eth_getTransactionByHash"])
async def test_a_branch_that_changes_while_a_range_is_read_is_trouble(
    evm: EvmUnderTest, proxy: LyingProxy, moment: str
) -> None:
    await evm.pay(evm.new_address(), 5)
    await evm.mine(4)
    top = await evm.height()
    forked: list[str] = []

    async def fork(methods: list[str]) -> None:
        if moment in methods and not forked:
            forked.append(moment)
            await evm.fork(4, keep=False)

    proxy.before(fork)

    assert await refused(evm, proxy, 1, top) in {Fault.MOVED, Fault.INCOMPLETE, Fault.UNKNOWN_BLOCK}
    assert forked


async def test_a_branch_that_changes_after_the_logs_is_noticed_at_the_end(
    evm: EvmUnderTest, proxy: LyingProxy
) -> None:
    await evm.mine(4)
    top = await evm.height()
    forked: list[str] = []

    async def fork(methods: list[str]) -> None:
        if "eth_getLogs" in proxy.methods()[:-1] and methods == ["eth_getBlockByNumber"]:
            forked.append("now")
            await evm.fork(1, keep=False)

    proxy.before(fork)

    assert await refused(evm, proxy, top - 3, top) is Fault.MOVED
    assert forked == ["now"]


async def test_a_branch_that_changes_between_a_header_and_its_logs_is_trouble(
    evm: EvmUnderTest, proxy: LyingProxy
) -> None:
    await evm.pay(evm.new_address(), 5)
    await evm.mine()
    top = await evm.height()

    async def fork(methods: list[str]) -> None:
        if methods == ["eth_getLogs"]:
            await evm.fork(1, keep=True)

    proxy.before(fork)

    assert await refused(evm, proxy, top, top) is Fault.UNKNOWN_BLOCK


async def test_headers_that_are_not_linked_are_trouble(
    evm: EvmUnderTest, proxy: LyingProxy
) -> None:
    await evm.mine(4)
    stranger = "0x" + "ab" * 32

    def unlink(method: str, params: list[Any], reply: Reply) -> Reply:
        if method == "eth_getBlockByNumber" and params[0] == "0x3":
            reply["result"]["parentHash"] = stranger
        return reply

    proxy.bend(unlink)

    assert await refused(evm, proxy, 1, 4) is Fault.MOVED


async def test_a_header_of_another_height_is_nonsense(evm: EvmUnderTest, proxy: LyingProxy) -> None:
    await evm.mine(4)
    other = await evm.anvil.block(4)

    def swap(method: str, params: list[Any], reply: Reply) -> Reply:
        is_third = method == "eth_getBlockByNumber" and params[0] == "0x3"
        return reply | {"result": other} if is_third else reply

    proxy.bend(swap)

    assert await refused(evm, proxy, 3, 3) is Fault.NONSENSE


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"removed": True}, Fault.NONSENSE),
        ({"blockHash": "0x" + "ab" * 32}, Fault.MOVED),
        ({"blockNumber": "0xffff"}, Fault.NONSENSE),
        ({"topics": [TRANSFER_TOPIC, "0x" + "01" * 32, "0x" + "02" * 32]}, Fault.NONSENSE),
        ({"transactionHash": "0x" + "ab" * 32}, Fault.MOVED),
        ({"data": "0xzz"}, Fault.NONSENSE),
        ({"address": None}, Fault.NONSENSE),
        ({"logIndex": 3}, Fault.NONSENSE),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
async def test_a_log_that_cannot_be_true_is_refused_with_everything_else(
    evm: EvmUnderTest, proxy: LyingProxy, change: Log, fault: Fault
) -> None:
    """E09, W12 and a node that sends what a fork removed."""
    await evm.pay(evm.new_address(), 5)
    await evm.mine(3)
    top = await evm.height()
    proxy.bend(logs_told(lambda logs: [log | change for log in logs]))

    assert await refused(evm, proxy, top - 2, top) is fault


async def test_two_logs_in_one_place_are_nonsense(evm: EvmUnderTest, proxy: LyingProxy) -> None:
    await evm.pay(evm.new_address(), 5)
    await evm.mine()
    top = await evm.height()
    proxy.bend(logs_told(lambda logs: [*logs, logs[0] | {"data": "0x" + "01" * 32}]))

    assert await refused(evm, proxy, top, top) is Fault.NONSENSE


async def test_one_log_told_twice_is_one(evm: EvmUnderTest, proxy: LyingProxy) -> None:
    await evm.pay(evm.new_address(), 5)
    await evm.mine()
    top = await evm.height()
    proxy.bend(logs_told(lambda logs: logs * 2))

    assert await evm.reader_at(proxy.url).blocks(top, top) == await evm.reader.blocks(top, top)


async def test_what_is_no_transfer_of_ours_is_passed_over(
    evm: EvmUnderTest, proxy: LyingProxy
) -> None:
    """E03, E08: a node that filters badly is no reason to stop."""
    await evm.pay(evm.new_address(), 5)
    await evm.mine()
    top = await evm.height()

    def clutter(logs: list[Log]) -> list[Log]:
        first = logs[0]
        return [
            *logs,
            first | {"address": "0x" + "11" * 20, "logIndex": "0x10"},
            first | {"topics": [*first["topics"], "0x" + "07" * 32], "logIndex": "0x11"},
            first | {"topics": first["topics"][:1], "logIndex": "0x12"},
            first | {"topics": [], "logIndex": "0x13"},
            first | {"data": "0x3b9aca00", "logIndex": "0x14"},
            first | {"data": first["data"] + "00" * 32, "logIndex": "0x15"},
            first | {"data": "0x", "logIndex": "0x16"},
        ]

    proxy.bend(logs_told(clutter))

    assert await evm.reader_at(proxy.url).blocks(top, top) == await evm.reader.blocks(top, top)


@pytest.mark.parametrize("span", [1, 3])
async def test_left_out_logs_are_noticed_by_the_bloom(
    evm: EvmUnderTest, proxy: LyingProxy, span: int
) -> None:
    """W05: some nodes give no logs for blocks they have only just seen."""
    await evm.pay(evm.new_address(), 5)
    await evm.mine()
    top = await evm.height()
    asked: list[str] = []

    def forget(method: str, _params: list[Any], reply: Reply) -> Reply:
        if method != "eth_getLogs" or asked:
            return reply
        asked.append(method)
        return reply | {"result": []}

    proxy.bend(forget)

    assert await refused(evm, proxy, top - span + 1, top) is Fault.INCOMPLETE


async def test_a_node_without_receipts_is_asked_for_the_logs_again(
    evm: EvmUnderTest, proxy: LyingProxy
) -> None:
    await evm.pay(evm.new_address(), 5)
    await evm.mine()
    top = await evm.height()
    asked: list[str] = []

    def forget(method: str, _params: list[Any], reply: Reply) -> Reply:
        asked.append(method)
        if method == "eth_getBlockReceipts":
            text = "the method eth_getBlockReceipts does not exist"
            return {"jsonrpc": "2.0", "id": reply["id"], "error": {"code": -1, "message": text}}
        is_first = method == "eth_getLogs" and asked.count(method) == 1
        return reply | {"result": []} if is_first else reply

    proxy.bend(forget)

    assert await refused(evm, proxy, top, top) is Fault.INCOMPLETE
    assert asked[-2:] == ["eth_getBlockReceipts", "eth_getLogs"]


@pytest.mark.parametrize("span", [1, 3])
async def test_a_bloom_that_says_perhaps_is_no_proof(
    evm: EvmUnderTest, proxy: LyingProxy, span: int
) -> None:
    """Our token said something else and a stranger's token transferred: the bloom allows both."""
    code = await evm.anvil.ask("eth_getCode", evm.contracts["FakeToken"], "latest")
    twin = evm.new_address()
    await evm.anvil.ask("anvil_setCode", twin, code)
    asked = transfer_call(twin, evm.new_address(), 5)
    await evm.send(asked.to, asked.data)
    await evm.call(evm.contracts["UsdcLike"], "approve(address,uint256)", twin, 5, sender=evm.payer)
    await evm.mine()
    top = await evm.height()
    header = await evm.node_at(evm.anvil.url).header(top)

    blocks = await evm.reader_at(proxy.url).blocks(top - span + 1, top)

    assert header is not None
    assert may_hold(header, [evm.contracts["UsdcLike"]], TRANSFER_TOPIC)
    assert not blocks[-1].transfers
    assert proxy.methods().count("eth_getLogs") + proxy.methods().count("eth_getBlockReceipts") == 2


@pytest.mark.parametrize(
    "change", [{"status": "0x0"}, {"status": None}, {"blockHash": "0x" + "ab" * 32}]
)
async def test_receipts_that_cannot_be_true_are_refused(
    evm: EvmUnderTest, proxy: LyingProxy, change: Log
) -> None:
    """E01, W12: a failed transaction has no logs, whatever a node attaches."""
    await evm.pay(evm.new_address(), 5)
    await evm.mine()
    top = await evm.height()

    def bend(method: str, _params: list[Any], reply: Reply) -> Reply:
        if method == "eth_getLogs":
            return reply | {"result": []}
        if method == "eth_getBlockReceipts":
            return reply | {"result": [receipt | change for receipt in reply["result"]]}
        return reply

    proxy.bend(bend)

    assert await refused(evm, proxy, top, top) is Fault.NONSENSE


async def test_a_node_behind_its_own_answer_gives_nothing(
    evm: EvmUnderTest, proxy: LyingProxy
) -> None:
    """W04: some nodes answer a range past their head with an empty list."""
    await evm.pay(evm.new_address(), 5)
    await evm.mine(6)
    top = await evm.height()

    def lag(method: str, params: list[Any], reply: Reply) -> Reply:
        is_new = method == "eth_getBlockByNumber" and int(params[0], 16) > top - 3
        return reply | {"result": None} if is_new else reply

    proxy.bend(lag)

    assert await refused(evm, proxy, 1, top) is Fault.BEHIND
    assert await evm.reader_at(proxy.url).header(top) is None


async def test_a_reference_that_cannot_be_looked_up_is_trouble(
    evm: EvmUnderTest, proxy: LyingProxy
) -> None:
    """To leave the reference out would be to tell another transfer."""
    await evm.pay(evm.new_address(), 5, memo=REFERENCE)
    await evm.mine()
    top = await evm.height()

    def forget(method: str, _params: list[Any], reply: Reply) -> Reply:
        return reply | {"result": None} if method == "eth_getTransactionByHash" else reply

    proxy.bend(forget)

    assert await refused(evm, proxy, top, top) is Fault.MOVED


async def test_a_transaction_of_another_block_is_trouble(
    evm: EvmUnderTest, proxy: LyingProxy
) -> None:
    await evm.pay(evm.new_address(), 5, memo=REFERENCE)
    await evm.mine()
    top = await evm.height()

    def move(method: str, _params: list[Any], reply: Reply) -> Reply:
        if method == "eth_getTransactionByHash":
            reply["result"]["blockHash"] = "0x" + "ab" * 32
        return reply

    proxy.bend(move)

    assert await refused(evm, proxy, top, top) is Fault.MOVED


async def test_transfers_come_in_the_order_of_the_block(
    evm: EvmUnderTest, proxy: LyingProxy
) -> None:
    for units in (1, 2, 3):
        await evm.pay(evm.new_address(), units)
    await evm.mine()
    top = await evm.height()
    proxy.bend(logs_told(lambda logs: logs[::-1]))

    [block] = await evm.reader_at(proxy.url).blocks(top, top)

    assert [one.units for one in block.transfers] == [1, 2, 3]
