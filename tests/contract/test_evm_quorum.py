"""Three providers of which two must agree: one lies, is late, or is gone. Real HTTP and nodes."""

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import pytest
from structlog.testing import capture_logs

from sluice.base.clock import ManualClock
from sluice.engine.chains.chain import ProvidersDisagree, ProviderTrouble, WrongNetwork
from sluice.engine.chains.evm.calldata import MARK
from sluice.engine.chains.model import Transfer
from sluice.engine.chains.quorum import QuorumReader
from tests.contract.anvil import run_anvil
from tests.contract.evm_under_test import EvmUnderTest
from tests.contract.proxy import Bend, LyingProxy, Reply

REFERENCE: Final = "0102030405060708090a0b0c0d0e0f10"
FORGED: Final = "ff" * 16


class Counted:
    """Counts faults by source and kind."""

    def __init__(self) -> None:
        self.faults: Counter[tuple[str, str]] = Counter()

    def __call__(self, source: str, fault: str) -> None:
        self.faults[source, fault] += 1


@pytest.fixture
def counted() -> Counted:
    """Return an empty count."""
    return Counted()


@pytest.fixture
def three(
    evm: EvmUnderTest, proxies: list[LyingProxy], clock: ManualClock, counted: Counted
) -> QuorumReader:
    """Return a reader of three providers of which two must agree."""
    return quorum(evm, proxies, clock, agree=2, counted=counted)


def quorum(
    evm: EvmUnderTest,
    proxies: list[LyingProxy],
    clock: ManualClock,
    *,
    agree: int,
    counted: Counted | None = None,
) -> QuorumReader:
    readers = [evm.reader_at(proxy.url) for proxy in proxies]
    return QuorumReader(readers, agree, clock, count=counted or Counted())


def host(proxy: LyingProxy) -> str:
    return proxy.url.removeprefix("http://")


async def paid(evm: EvmUnderTest) -> tuple[str, int]:
    """Pay somebody with a reference and return who, and the height."""
    recipient = evm.new_address()
    await evm.mine(3)
    await evm.pay(recipient, 10_000_000, memo=REFERENCE)
    await evm.mine(2)
    return recipient, await evm.height()


async def truth(evm: EvmUnderTest, first: int, last: int) -> list[Transfer]:
    return [one for block in await evm.reader.blocks(first, last) for one in block.transfers]


# Each lie is told the same way through every question, so that the liar does not give itself away.
def hide(logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return logs[:0]


def raise_amount(logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [log | {"data": "0x" + f"{10**12:064x}"} for log in logs]


def redirect(logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [log | {"topics": [*log["topics"][:2], "0x" + "00" * 12 + "22" * 20]} for log in logs]


def invent(logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [made for log in logs for made in (log, log | {"logIndex": hex(99)})]


def everywhere(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Bend:
    """Tell the lie in logs and in receipts alike."""

    def bend(method: str, _params: list[Any], reply: Reply) -> Reply:
        if method == "eth_getLogs":
            return reply | {"result": change(reply["result"])}
        if method == "eth_getBlockReceipts":
            lied = [one | {"logs": change(one["logs"])} for one in reply["result"]]
            return reply | {"result": lied}
        return reply

    return bend


def forge_reference(method: str, _params: list[Any], reply: Reply) -> Reply:
    if method == "eth_getTransactionByHash":
        told = reply["result"]["input"]
        reply["result"]["input"] = told.replace(MARK.hex() + REFERENCE, MARK.hex() + FORGED)
    return reply


LIES: Final = {
    "hides": everywhere(hide),
    "raises the amount": everywhere(raise_amount),
    "redirects": everywhere(redirect),
    "invents": everywhere(invent),
    "forges the reference": forge_reference,
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("liar", [0, 1, 2])
@pytest.mark.parametrize("span", [1, 3])
async def test_one_liar_of_three_changes_nothing_and_is_put_aside(  # noqa: PLR0917
    evm: EvmUnderTest,
    proxies: list[LyingProxy],
    three: QuorumReader,
    counted: Counted,
    lie: str,
    liar: int,
    span: int,
) -> None:
    """W11, W12."""
    recipient, top = await paid(evm)
    proxies[liar].bend(LIES[lie])
    first = top - span

    blocks = await three.blocks(first, top - 1)

    seen = [one for block in blocks for one in block.transfers]
    assert seen == await truth(evm, first, top - 1)
    assert [(one.recipient, one.units, one.memo) for one in seen] == [
        (recipient, 10_000_000, REFERENCE)
    ]
    was_asked = bool(proxies[liar].asked)
    assert counted.faults == ({(host(proxies[liar]), "contradicted"): 1} if was_asked else {})


@pytest.mark.parametrize("lie", LIES)
async def test_two_that_contradict_each_other_are_both_not_believed(
    evm: EvmUnderTest, proxies: list[LyingProxy], clock: ManualClock, lie: str
) -> None:
    """W11: with two providers the money waits, and nobody is called a liar."""
    _, top = await paid(evm)
    both = quorum(evm, proxies[:2], clock, agree=2)
    proxies[1].bend(LIES[lie])

    for _ in range(2):
        with capture_logs() as told, pytest.raises(ProvidersDisagree):
            await both.blocks(top - 1, top)
        assert [line["event"] for line in told] == ["providers.disagree"]

    proxies[1].be_honest()
    assert await both.blocks(top - 1, top) == await evm.reader.blocks(top - 1, top)


async def test_two_liars_of_three_with_stories_of_their_own_are_not_believed(
    evm: EvmUnderTest, proxies: list[LyingProxy], three: QuorumReader
) -> None:
    _, top = await paid(evm)
    proxies[0].bend(LIES["hides"])
    proxies[1].bend(LIES["raises the amount"])

    with pytest.raises(ProvidersDisagree):
        await three.blocks(top - 1, top)


async def test_liars_about_different_blocks_leave_the_truth_of_each(
    evm: EvmUnderTest, proxies: list[LyingProxy], three: QuorumReader, counted: Counted
) -> None:
    await evm.pay(evm.new_address(), 1)
    await evm.mine()
    await evm.pay(evm.new_address(), 2)
    await evm.mine()
    top = await evm.height()

    def hide_at(height: int) -> Bend:
        return everywhere(lambda logs: [one for one in logs if one["blockNumber"] != hex(height)])

    for height in (top - 1, top):
        assert len(await truth(evm, height, height)) == 1
    proxies[0].bend(hide_at(top - 1))
    proxies[1].bend(hide_at(top))

    blocks = await three.blocks(top - 1, top)

    assert blocks == await evm.reader.blocks(top - 1, top)
    assert {fault for _, fault in counted.faults} == {"contradicted"}
    assert len(counted.faults) == 2


async def test_a_liar_is_not_asked_until_its_time_is_over_and_twice_as_long_the_next_time(
    evm: EvmUnderTest, proxies: list[LyingProxy], three: QuorumReader, clock: ManualClock
) -> None:
    _, top = await paid(evm)
    proxies[0].bend(LIES["hides"])

    for rest_s in (30, 60, 120, 240, 480, 600, 600):
        await three.blocks(top - 1, top)
        asked = len(proxies[0].asked)
        clock.advance(rest_s - 1)
        await three.blocks(top - 1, top)
        assert len(proxies[0].asked) == asked
        clock.advance(1)

    proxies[0].be_honest()
    await three.blocks(top - 1, top)
    assert len(proxies[0].asked) > asked


async def test_a_liar_is_not_asked_even_when_nobody_else_is_left(
    evm: EvmUnderTest, proxies: list[LyingProxy], three: QuorumReader
) -> None:
    _, top = await paid(evm)
    proxies[0].bend(LIES["hides"])
    await three.blocks(top - 1, top)
    asked = len(proxies[0].asked)
    await proxies[1].stop()

    with pytest.raises(ProviderTrouble):
        await three.blocks(top - 1, top)

    assert len(proxies[0].asked) == asked


async def test_one_that_is_gone_is_replaced_by_the_next(
    evm: EvmUnderTest, proxies: list[LyingProxy], three: QuorumReader, counted: Counted
) -> None:
    _, top = await paid(evm)
    await proxies[0].stop()

    blocks = await three.blocks(top - 1, top)

    assert blocks == await evm.reader.blocks(top - 1, top)
    assert counted.faults == {(host(proxies[0]), "provider_unavailable"): 1}


async def test_fail_over_asks_one_at_a_time_in_order(
    evm: EvmUnderTest, proxies: list[LyingProxy], clock: ManualClock
) -> None:
    _, top = await paid(evm)
    any_one = quorum(evm, proxies, clock, agree=1)

    await any_one.blocks(top, top)
    asked = [len(proxy.asked) for proxy in proxies]
    await proxies[0].stop()
    blocks = await any_one.blocks(top, top)

    assert asked[0] > 0
    assert asked[1:] == [0, 0]
    assert blocks == await evm.reader.blocks(top, top)
    assert proxies[1].asked
    assert not proxies[2].asked


async def test_one_that_failed_rests_and_is_still_asked_when_the_others_are_too_few(
    evm: EvmUnderTest, proxies: list[LyingProxy], clock: ManualClock
) -> None:
    _, top = await paid(evm)
    both = quorum(evm, proxies[:2], clock, agree=2)
    await both.blocks(top, top)

    def stumble(_method: str, _params: list[Any], reply: Reply) -> Reply:
        return {
            "jsonrpc": "2.0",
            "id": reply["id"],
            "error": {"code": 1, "message": "internal error"},
        }

    proxies[0].bend(stumble)
    with pytest.raises(ProviderTrouble):
        await both.blocks(top, top)
    proxies[0].be_honest()

    assert await both.blocks(top, top) == await evm.reader.blocks(top, top)


async def test_the_tip_is_what_two_have_reached(
    evm: EvmUnderTest, proxies: list[LyingProxy], three: QuorumReader, counted: Counted
) -> None:
    """W04: one that is late costs nothing but a question to another."""
    _, top = await paid(evm)
    old = await evm.anvil.block(top - 2)

    def lag(method: str, params: list[Any], reply: Reply) -> Reply:
        if method != "eth_getBlockByNumber":
            return reply
        if params[0] == "latest":
            return reply | {"result": old}
        is_new = params[0].startswith("0x") and int(params[0], 16) > top - 2
        return reply | {"result": None} if is_new else reply

    proxies[0].bend(lag)

    tip = await three.tip()
    blocks = await three.blocks(top - 2, top)

    assert tip.header == (await evm.reader.tip()).header
    assert blocks == await evm.reader.blocks(top - 2, top)
    assert "eth_getLogs" not in proxies[0].methods()
    assert not counted.faults

    proxies[1].bend(lag)
    assert (await three.tip()).header.height == top - 2
    with pytest.raises(ProviderTrouble):
        await three.blocks(top, top)


async def test_one_that_boasts_of_a_height_does_not_move_the_tip(
    evm: EvmUnderTest, proxies: list[LyingProxy], three: QuorumReader
) -> None:
    _, top = await paid(evm)

    def boast(method: str, params: list[Any], reply: Reply) -> Reply:
        if method == "eth_getBlockByNumber" and params[0] in {"latest", "finalized"}:
            high = {"number": hex(top + 1000), "hash": "0x" + "cd" * 32}
            return reply | {"result": reply["result"] | high}
        return reply

    proxies[0].bend(boast)
    honest = await evm.reader.tip()

    tip = await three.tip()

    assert tip == honest


async def test_finality_is_what_two_call_final(
    evm: EvmUnderTest, proxies: list[LyingProxy], three: QuorumReader
) -> None:
    await evm.mine(40)
    honest = await evm.reader.tip()
    newest = await evm.anvil.block("latest")

    def hurry(_method: str, params: list[Any], reply: Reply) -> Reply:
        return reply | {"result": newest} if params[:1] == ["finalized"] else reply

    def forget(_method: str, params: list[Any], reply: Reply) -> Reply:
        return reply | {"result": None} if params[:1] == ["finalized"] else reply

    proxies[0].bend(hurry)
    hurried = await three.tip()
    proxies[1].bend(forget)
    forgotten = await three.tip()
    proxies[2].bend(forget)
    silent = await three.tip()

    assert hurried.finalized_height == honest.finalized_height
    assert forgotten.finalized_height == honest.finalized_height
    assert silent.finalized_height is None


async def test_one_of_another_network_is_never_used(
    evm: EvmUnderTest,
    proxies: list[LyingProxy],
    clock: ManualClock,
    counted: Counted,
) -> None:
    """W06."""
    _, top = await paid(evm)
    with run_anvil(chain_id=137) as stranger:
        readers = [evm.reader_at(url) for url in (stranger, proxies[0].url, proxies[1].url)]
        mixed = QuorumReader(readers, 2, clock, count=counted)

        await mixed.check()
        blocks = await mixed.blocks(top - 1, top)
        tip = await mixed.tip()

        assert blocks == await evm.reader.blocks(top - 1, top)
        assert tip.header.height == top
        assert counted.faults == {(readers[0].name, "wrong_network"): 1}
        with pytest.raises(WrongNetwork):
            await QuorumReader(readers[:2], 2, clock).check()


async def test_one_that_changes_its_network_is_noticed_when_it_comes_back(
    evm: EvmUnderTest, proxies: list[LyingProxy], three: QuorumReader, clock: ManualClock
) -> None:
    """W06: every return is checked."""
    _, top = await paid(evm)
    await three.blocks(top, top)

    def stumble(_method: str, _params: list[Any], reply: Reply) -> Reply:
        return {
            "jsonrpc": "2.0",
            "id": reply["id"],
            "error": {"code": 1, "message": "internal error"},
        }

    def wander(method: str, _params: list[Any], reply: Reply) -> Reply:
        return reply | {"result": "0x89"} if method == "eth_chainId" else reply

    proxies[0].bend(stumble)
    await three.blocks(top, top)
    proxies[0].be_honest()
    proxies[0].bend(wander)
    clock.advance(30)
    asked = len(proxies[0].asked)
    await three.blocks(top, top)

    assert proxies[0].methods()[asked:] == ["eth_chainId"]


async def test_one_on_another_branch_does_not_move_us(
    evm: EvmUnderTest, proxies: list[LyingProxy], three: QuorumReader, counted: Counted
) -> None:
    _, top = await paid(evm)
    block = await evm.anvil.block(top)
    twin = block | {"hash": "0x" + "ef" * 32}

    def stray(method: str, params: list[Any], reply: Reply) -> Reply:
        is_tip = method == "eth_getBlockByNumber" and params[0] in {hex(top), "latest"}
        return reply | {"result": twin} if is_tip else reply

    def follow(method: str, _params: list[Any], reply: Reply) -> Reply:
        is_log = method == "eth_getLogs"
        return {"jsonrpc": "2.0", "id": reply["id"], "result": []} if is_log else reply

    proxies[0].bend(stray)
    proxies[0].bend(follow)

    tip = await three.tip()
    header = await three.header(top)
    blocks = await three.blocks(top, top)

    assert header == tip.header
    assert tip.header.hash == block["hash"]
    assert blocks == await evm.reader.blocks(top, top)
    assert counted.faults[host(proxies[0]), "contradicted"] >= 1


async def test_a_hint_needs_two_who_saw_it(
    evm: EvmUnderTest, proxies: list[LyingProxy], three: QuorumReader
) -> None:
    recipient = evm.new_address()
    await evm.pay(recipient, 5)

    def pretend(method: str, params: list[Any], reply: Reply) -> Reply:
        if method == "eth_getBlockByNumber" and params[0] == "pending":
            for one in reply["result"]["transactions"]:
                one["hash"] = "0x" + "99" * 32
        return reply

    proxies[0].bend(pretend)
    hints = await three.pending()
    proxies[1].bend(lambda _m, p, r: r | {"result": None} if p[:1] == ["pending"] else r)
    alone = await three.pending()

    assert [(one.recipient, one.units) for one in hints] == [(recipient, 5)]
    assert "0x" + "99" * 32 not in {one.tx_id for one in hints}
    assert alone == []


async def test_a_dropped_log_among_others_is_seen_only_by_comparing(
    evm: EvmUnderTest, proxies: list[LyingProxy], three: QuorumReader
) -> None:
    """The bloom cannot tell: the block still has another transfer."""
    first, second = evm.new_address(), evm.new_address()
    await evm.pay(first, 1)
    await evm.pay(second, 2)
    await evm.mine()
    top = await evm.height()
    padded = "0x" + first[2:].rjust(64, "0")
    proxies[0].bend(
        everywhere(lambda logs: [one for one in logs if padded not in one["topics"][2:]])
    )
    alone = await evm.reader_at(proxies[0].url).blocks(top, top)

    blocks = await three.blocks(top, top)

    assert [one.recipient for one in alone[0].transfers] == [second]
    assert [one.recipient for one in blocks[0].transfers] == [first, second]
