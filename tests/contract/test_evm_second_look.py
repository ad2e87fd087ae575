"""Receipts read again, contracts looked at again: real nodes, and liars in front of them."""

from typing import Any, Final

import pytest

from sluice.base.clock import ManualClock
from sluice.engine.chains.authorization import TokenDomain
from sluice.engine.chains.chain import Claim, ProviderTrouble
from sluice.engine.chains.evm.deposits import OURS
from sluice.engine.chains.evm.inspect import Inspector, deposits_subject, token_subject
from sluice.engine.chains.evm.pace import Pace
from sluice.engine.chains.evm.receipts import Receipts
from tests.contract.deposits_under_test import DepositsUnderTest
from tests.contract.evm_under_test import CHAIN_ID, EvmUnderTest
from tests.contract.proxy import Bend, LyingProxy, Reply

TEN: Final = 10_000_000


def receipts(evm: EvmUnderTest, proxies: list[LyingProxy], agree: int) -> Receipts:
    nodes = [evm.node_at(proxy.url) for proxy in proxies]
    assets = {token: asset for asset, token in evm.network.tokens.items()}
    return Receipts(nodes, agree, assets=assets)


async def claims(evm: EvmUnderTest) -> list[Claim]:
    """Pay two people and return what the reader says of it."""
    for asset in ("usdc", "usdt"):
        await evm.pay(evm.new_address(), TEN, asset=asset)
    await evm.mine(2)
    top = await evm.height()
    blocks = await evm.reader.blocks(top - 1, top)
    return [Claim(one, block.header.hash) for block in blocks for one in block.transfers]


def changed(key: str, value: object) -> Bend:
    def bend(method: str, _params: list[Any], reply: Reply) -> Reply:
        if method == "eth_getTransactionReceipt" and reply.get("result"):
            return reply | {"result": reply["result"] | {key: value}}
        return reply

    return bend


def in_logs(key: str, value: object) -> Bend:
    def bend(method: str, _params: list[Any], reply: Reply) -> Reply:
        if method == "eth_getTransactionReceipt" and reply.get("result"):
            logs = [one | {key: value} for one in reply["result"]["logs"]]
            return reply | {"result": reply["result"] | {"logs": logs}}
        return reply

    return bend


def gone(method: str, _params: list[Any], reply: Reply) -> Reply:
    return reply | {"result": None} if method == "eth_getTransactionReceipt" else reply


WORD: Final = "0x" + "ab" * 32
LIES: Final = {
    "it failed": changed("status", "0x0"),
    "it says nothing of success": changed("status", None),
    "it is in another block": changed("blockHash", WORD),
    "it is another transaction": changed("transactionHash", WORD),
    "it holds no log": changed("logs", []),
    "its log is in another block": in_logs("blockHash", WORD),
    "its log is another transaction's": in_logs("transactionHash", WORD),
    "another amount moved": in_logs("data", "0x" + f"{TEN + 1:064x}"),
    "another token moved": in_logs("address", "0x" + "12" * 20),
    "it is not there": gone,
}


async def test_w12_what_all_nodes_hold_is_confirmed(
    evm: EvmUnderTest, proxies: list[LyingProxy]
) -> None:
    told = await claims(evm)

    assert len(told) == 2
    assert await receipts(evm, proxies[:2], 2)(told) == told


@pytest.mark.parametrize("lie", LIES)
async def test_w12_what_one_of_two_denies_is_not_confirmed(
    evm: EvmUnderTest, proxies: list[LyingProxy], lie: str
) -> None:
    told = await claims(evm)
    proxies[1].bend(LIES[lie])

    assert await receipts(evm, proxies[:2], 2)(told) == []
    assert await receipts(evm, proxies, 2)(told) == told, "two of three are enough"


async def test_w12_a_claim_about_a_block_that_was_left_is_not_confirmed(
    evm: EvmUnderTest, proxies: list[LyingProxy]
) -> None:
    told = await claims(evm)
    await evm.fork(2, keep=True)
    await evm.mine(2)

    assert await receipts(evm, proxies[:1], 1)(told) == []


async def test_silence_confirms_nothing_and_denies_nothing(
    evm: EvmUnderTest, proxies: list[LyingProxy]
) -> None:
    told = await claims(evm)
    await proxies[1].stop()

    with pytest.raises(ProviderTrouble):
        await receipts(evm, proxies[:2], 2)(told)


def inspector(evm: EvmUnderTest, urls: list[str], agree: int, **changes: Any) -> Inspector:  # noqa: ANN401
    domain = TokenDomain(CHAIN_ID, evm.chain.tokens["usdc"], "USD Coin", "2")
    given: dict[str, Any] = {"domains": {"usdc": domain}, "chain_id": CHAIN_ID, "factory": OURS}
    return Inspector([evm.node_at(url) for url in urls], agree, **given | changes)


async def test_w16_a_tokens_name_and_our_contracts_are_found_right(
    evm: EvmUnderTest, proxies: list[LyingProxy]
) -> None:
    await DepositsUnderTest.deploy(evm)

    found = await inspector(evm, [proxy.url for proxy in proxies], 2)()

    assert {one.subject: one.is_right for one in found} == {
        token_subject(evm.chain.tokens["usdc"]): True,
        deposits_subject(OURS): True,
    }


async def test_w16_a_token_that_was_renamed_is_found_wrong_and_still_read(
    evm: EvmUnderTest,
) -> None:
    renamed = TokenDomain(CHAIN_ID, evm.chain.tokens["usdc"], "USDC", "2")

    found = await inspector(evm, [evm.anvil.url], 1, domains={"usdc": renamed}, factory=None)()

    assert [one.is_right for one in found] == [False]
    await evm.reader.check()
    await evm.pay(evm.new_address(), TEN)
    await evm.mine()
    top = await evm.height()
    assert len((await evm.reader.blocks(top, top))[0].transfers) == 1


async def test_w16_a_token_without_such_a_name_is_found_wrong(evm: EvmUnderTest) -> None:
    domain = TokenDomain(CHAIN_ID, evm.chain.tokens["usdt"], "Tether USD", "1")

    found = await inspector(evm, [evm.anvil.url], 1, domains={"usdt": domain}, factory=None)()

    assert [one.is_right for one in found] == [False]


async def test_one_node_that_denies_is_enough_to_offer_nothing(
    evm: EvmUnderTest, proxies: list[LyingProxy]
) -> None:
    await DepositsUnderTest.deploy(evm)

    def bare(method: str, _params: list[Any], reply: Reply) -> Reply:
        return reply | {"result": "0x"} if method == "eth_getCode" else reply

    proxies[2].bend(bare)
    found = await inspector(evm, [proxy.url for proxy in proxies], 2)()

    assert {one.subject: one.is_right for one in found}[deposits_subject(OURS)] is False


async def test_w06_a_node_of_another_network_is_not_asked_about_contracts(
    evm: EvmUnderTest, proxies: list[LyingProxy]
) -> None:
    await DepositsUnderTest.deploy(evm)

    def elsewhere(method: str, _params: list[Any], reply: Reply) -> Reply:
        return reply | {"result": "0x89"} if method == "eth_chainId" else reply

    proxies[0].bend(elsewhere)

    with pytest.raises(ProviderTrouble):
        await inspector(evm, [proxy.url for proxy in proxies[:2]], 2)()


def test_a_pace_lets_a_batch_through_and_then_spreads(clock: ManualClock) -> None:
    pace = Pace(10.0, clock)

    assert pace.spend(20) == 0.0
    assert pace.spend(5) == pytest.approx(0.5)
    assert pace.spend(5) == pytest.approx(1.0)
    clock.advance(1.0)
    assert pace.spend(0) == 0.0
    clock.advance(3600.0)
    assert pace.spend(20) == 0.0
    assert pace.spend(1) > 0.0, "a quiet hour saves no more than a batch"
