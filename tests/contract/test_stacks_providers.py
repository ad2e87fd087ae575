"""Providers of Stacks that fail, limit, lag and lie, alone and among three of which two agree."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pytest

from sluice.base.clock import ManualClock
from sluice.engine.chains.chain import ProvidersDisagree, ProviderTrouble, WrongNetwork
from sluice.engine.chains.model import Block, Transfer
from sluice.engine.chains.quorum import QuorumReader
from sluice.engine.chains.stacks.faults import ApiTrouble
from tests.contract.stacks_under_test import StacksUnderTest

MEMO: Final = "00112233445566778899aabbccddeeff"
LIST: Final = "^/extended/v3/blocks/"
DETAILS: Final = "^/extended/v1/tx/multiple"
BLOCKS: Final = "^/extended/v2/blocks"
ELSEWHERE: Final = "0x" + "ab" * 32
THIEF: Final = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG"


async def trouble(stacks: StacksUnderTest, provider: str, **rule: object) -> None:
    await stacks.chain.pull("trouble", rules=[{"provider": provider, **rule}])


async def paid(stacks: StacksUnderTest) -> tuple[str, int]:
    """Pay somebody in sBTC with a memo; return who, and the height."""
    shop = stacks.new_address()
    await stacks.pay(shop, 700, asset="sbtc", memo=MEMO)
    await stacks.mine(2)
    return shop, (await stacks.reader.tip()).header.height


async def read(reader: Any, height: int) -> list[Transfer]:  # noqa: ANN401 - any reader
    blocks = await reader.blocks(height - 2, height)
    return [one for block in blocks for one in block.transfers]


def at(stacks: StacksUnderTest, provider: str) -> Any:  # noqa: ANN401
    return stacks.reader_at(stacks.chain.provider(provider).url)


def three(stacks: StacksUnderTest, clock: ManualClock, *, agree: int = 2) -> QuorumReader:
    return QuorumReader([at(stacks, name) for name in "abc"], agree, clock)


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        ({"kind": "status", "status": 500}, "unavailable"),
        ({"kind": "status", "status": 503}, "unavailable"),
        ({"kind": "status", "status": 401}, "unauthorized"),
        ({"kind": "status", "status": 410}, "unsupported"),
        ({"kind": "status", "status": 400}, "refused"),
        ({"kind": "limited", "retry_after_s": 7}, "rate_limited"),
        ({"kind": "hangup"}, "unavailable"),
        ({"kind": "garbage"}, "unavailable"),
        ({"kind": "garbage", "status": 404}, "unsupported"),
        ({"kind": "garbage", "body": "[1,"}, "nonsense"),
        ({"kind": "garbage", "body": "{}"}, "nonsense"),
    ],
)
async def test_a_fault_has_a_name(
    stacks: StacksUnderTest, rule: Mapping[str, object], fault: str
) -> None:
    await trouble(stacks, "a", **rule)

    with pytest.raises(ApiTrouble) as found:
        await at(stacks, "a").tip()

    assert found.value.fault == fault


async def test_what_is_not_there_is_no_fault(stacks: StacksUnderTest) -> None:
    api = stacks.api_at(stacks.chain.url)

    assert await api.block(10**6) is None
    assert await api.last_on(10**6) is None
    assert await api.transaction(ELSEWHERE) is None
    assert await api.transactions_in(ELSEWHERE) is None


async def test_who_is_told_to_wait_waits(stacks: StacksUnderTest, clock: ManualClock) -> None:
    await trouble(stacks, "a", kind="limited", retry_after_s=7, times=1)
    reader = at(stacks, "a")
    with pytest.raises(ApiTrouble) as told:
        await reader.tip()

    with pytest.raises(ApiTrouble) as waiting:
        await reader.tip()
    clock.advance(seconds=8)

    assert told.value.retry_after_s == 7
    assert waiting.value.fault == "rate_limited"
    assert len(await stacks.chain.get("/sim/requests?provider=a")) == 1
    assert (await reader.tip()).header.height > 0


async def test_the_last_request_of_a_minute_is_not_overstepped(
    stacks: StacksUnderTest, clock: ManualClock
) -> None:
    await stacks.chain.pull("rate", provider="a", limit=2, window_s=1)
    reader = at(stacks, "a")
    await reader.header(1)
    await reader.header(1)

    with pytest.raises(ApiTrouble) as waiting:
        await reader.header(1)

    assert waiting.value.fault == "rate_limited"
    assert len(await stacks.chain.get("/sim/requests?provider=a")) == 2
    clock.advance(seconds=61)


async def test_a_range_larger_than_a_minutes_limit_is_read_in_the_end(
    stacks: StacksUnderTest, clock: ManualClock
) -> None:
    shop = stacks.new_address()
    for units in range(1, 7):
        await stacks.pay(shop, units, asset="sbtc")
        await stacks.mine()
    tip = (await stacks.reader.tip()).header.height
    await stacks.chain.pull("rate", provider="a", limit=4, window_s=1)
    reader = at(stacks, "a")

    refusals: list[str] = []
    blocks: Sequence[Block] = []
    while not blocks and len(refusals) < 10:
        try:
            blocks = await reader.blocks(tip - 5, tip)
        except ApiTrouble as told:
            refusals.append(told.fault)
            await stacks.chain.pull("rate", provider="a", limit=4, window_s=1)
            clock.advance(seconds=61)

    assert set(refusals) == {"rate_limited"}
    assert [one.units for block in blocks for one in block.transfers] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("path", "lie", "fault"),
    [
        (DETAILS, {"*.result.tx_status": "abort_by_response"}, "nonsense"),
        (DETAILS, {"*.result.canonical": False}, "moved"),
        (DETAILS, {"*.result.microblock_canonical": False}, "moved"),
        (DETAILS, {"*.result.block_hash": ELSEWHERE}, "moved"),
        (DETAILS, {"*.result.tx_id": ELSEWHERE}, "nonsense"),
        (DETAILS, {"*.result.events": []}, "incomplete"),
        (DETAILS, {"*.result.event_count": 0}, "incomplete"),
        (DETAILS, {"*.result.event_count": 10**9}, "nonsense"),
        (DETAILS, {"*.result.events.*.tx_id": ELSEWHERE}, "nonsense"),
        (DETAILS, {"*.result.events.*.event_index": 0}, "incomplete"),
        (DETAILS, {"*.result.events.*.asset.amount": "-5"}, "nonsense"),
        (DETAILS, {"*.result.events.*.asset.amount": str(2**128)}, "nonsense"),
        (DETAILS, {"*.result.events.*.asset.recipient": "SPnobody"}, "nonsense"),
        (DETAILS, {"*.found": False}, "moved"),
        (LIST, {"results": []}, "incomplete"),
        (LIST, {"results": [], "total": 0}, "incomplete"),
        (LIST, {"results.*.status": "pending"}, "nonsense"),
        (LIST, {"results.*.block.index_hash": ELSEWHERE}, "moved"),
        (LIST, {"results.*.block.height": 1}, "nonsense"),
        (LIST, {"results.*.block": None}, "moved"),
        (BLOCKS, {"results.*.parent_index_block_hash": ELSEWHERE}, "moved"),
        (BLOCKS, {"results.*.canonical": False}, "moved"),
        (BLOCKS, {"results.*.block_time": 10**15}, "nonsense"),
        (BLOCKS, {"results": []}, "nonsense"),
    ],
)
async def test_a_lie_that_does_not_fit_gives_itself_away(
    stacks: StacksUnderTest, path: str, lie: Mapping[str, object], fault: str
) -> None:
    _, height = await paid(stacks)
    await trouble(stacks, "a", kind="lie", path=path, set=lie)

    with pytest.raises(ApiTrouble) as found:
        await read(at(stacks, "a"), height)

    assert found.value.fault == fault


@pytest.mark.parametrize(
    ("path", "lie"),
    [
        (DETAILS, {"*.result.events.*.asset.amount": "700000"}),
        (DETAILS, {"*.result.events.*.asset.recipient": THIEF}),
        (DETAILS, {"*.result.events.*.asset.asset_id": f"{THIEF}.a::b"}),
        (DETAILS, {"*.result.events.*.contract_log.value.hex": "0x0200000001ff"}),
        (LIST, {"results.*.status": "abort_by_response"}),
    ],
)  # fmt: skip
async def test_a_lie_that_fits_is_outvoted(
    stacks: StacksUnderTest, clock: ManualClock, path: str, lie: Mapping[str, object]
) -> None:
    shop, height = await paid(stacks)
    await trouble(stacks, "a", kind="lie", path=path, set=lie)
    readers = three(stacks, clock)

    told = await read(readers, height)

    assert [(one.recipient, one.units, one.memo) for one in told] == [(shop, 700, MEMO)]
    assert told != await read(at(stacks, "a"), height)


async def test_two_that_differ_are_not_believed(
    stacks: StacksUnderTest, clock: ManualClock
) -> None:
    _, height = await paid(stacks)
    lie = {"*.result.events.*.asset.amount": "700000"}
    await trouble(stacks, "a", kind="lie", path=DETAILS, set=lie)
    readers = QuorumReader([at(stacks, name) for name in "ab"], 2, clock)

    with pytest.raises(ProvidersDisagree):
        await read(readers, height)


async def test_another_provider_takes_over(stacks: StacksUnderTest, clock: ManualClock) -> None:
    shop, height = await paid(stacks)
    await trouble(stacks, "a", kind="status", status=503)
    faults: Counter[tuple[str, str]] = Counter()
    readers = QuorumReader(
        [at(stacks, name) for name in "ab"], 1, clock, count=lambda *one: faults.update([one])
    )

    told = await read(readers, height)

    assert [one.recipient for one in told] == [shop]
    assert {fault for _, fault in faults} == {"provider_unavailable"}


async def test_who_is_behind_is_waited_for(stacks: StacksUnderTest, clock: ManualClock) -> None:
    _, height = await paid(stacks)
    await trouble(stacks, "a", kind="stale", behind=2)

    with pytest.raises(ApiTrouble) as found:
        await read(at(stacks, "a"), height)

    assert found.value.fault == "behind"
    assert (await three(stacks, clock).tip()).header.height == height
    assert (await at(stacks, "a").tip()).header.height == height - 2


async def test_a_provider_of_another_network_is_never_asked(
    stacks: StacksUnderTest, clock: ManualClock
) -> None:
    await trouble(stacks, "a", kind="lie", path="^/v2/info$", set={"network_id": 1})
    readers = three(stacks, clock, agree=3)

    with pytest.raises(WrongNetwork):
        await readers.check()
    with pytest.raises(ProviderTrouble):
        await readers.tip()


async def test_a_key_in_the_url_is_sent_and_never_told(stacks: StacksUnderTest) -> None:
    key = "0123456789abcdef"
    url = stacks.chain.provider("a").url.replace("//", f"//{key}@")
    await trouble(stacks, "a", kind="status", status=400, body={"error": f"bad key {key}"})

    with pytest.raises(ApiTrouble) as found:
        await stacks.reader_at(url).tip()

    assert key not in found.value.message
    assert key not in repr(stacks.api_at(url))
    assert "bad key" in found.value.message
