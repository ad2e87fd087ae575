"""What is large is read again before it counts; small amounts count while finality stalls."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest

from sluice.engine.chains.chain import Claim, ProvidersDisagree
from sluice.engine.chains.model import Finality, Tier
from sluice.engine.watcher.doubt import settle_doubts
from tests.integration.engine.watcher.conftest import DEPTH, REORG_MAX, Watch


class SecondLook:
    """Confirms what it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Claim] = []
        self.is_right = True

    async def __call__(self, claims: Sequence[Claim]) -> list[Claim]:
        self.asked += claims
        return list(claims) if self.is_right else []


def with_finality(watch: Watch, **changes: Any) -> None:  # noqa: ANN401
    finality = Finality(REORG_MAX, {"*": (Tier(None, DEPTH),)})
    network = dataclasses.replace(
        watch.chain.network, finality=dataclasses.replace(finality, **changes)
    )
    watch.chain = dataclasses.replace(watch.chain, network=network)


@pytest.fixture
def look(watch: Watch) -> SecondLook:
    made = SecondLook()
    with_finality(watch, doubt_over={"usdc": 100})
    watch.chain = dataclasses.replace(watch.chain, reread=made)
    return made


async def test_w12_a_large_transfer_counts_when_its_receipt_was_read_again(
    watch: Watch, look: SecondLook
) -> None:
    target = await watch.expect()
    small = await watch.sandbox.pay(target.address, 100)
    large = await watch.sandbox.pay(target.address, 101)
    await watch.mine(DEPTH)
    assert await watch.states() == {small: "confirmed", large: "included"}

    assert await settle_doubts(watch.works, watch.chain)

    assert await watch.states() == {small: "confirmed", large: "confirmed"}
    assert [claim.transfer.tx_id for claim in look.asked] == [large]
    assert ("TransferConfirmed", large) in await watch.facts()
    assert not await settle_doubts(watch.works, watch.chain)


async def test_w12_a_transfer_that_nobody_confirms_never_counts(
    watch: Watch, look: SecondLook
) -> None:
    target = await watch.expect()
    large = await watch.sandbox.pay(target.address, 101)
    look.is_right = False
    await watch.mine(REORG_MAX + 3)

    with pytest.raises(ProvidersDisagree):
        await settle_doubts(watch.works, watch.chain)
    assert await watch.states() == {large: "included"}

    look.is_right = True
    await settle_doubts(watch.works, watch.chain)
    assert await watch.states() == {large: "final"}


async def test_nothing_is_read_again_before_it_is_deep_enough(
    watch: Watch, look: SecondLook
) -> None:
    target = await watch.expect()
    await watch.sandbox.pay(target.address, 101)
    await watch.mine(DEPTH - 1)

    assert not await settle_doubts(watch.works, watch.chain)
    assert look.asked == []


async def test_what_a_fork_moved_is_doubted_anew(watch: Watch, look: SecondLook) -> None:
    target = await watch.expect()
    large = await watch.sandbox.pay(target.address, 101)
    await watch.mine(DEPTH)
    await settle_doubts(watch.works, watch.chain)
    first = look.asked[-1]

    await watch.sandbox.fork(DEPTH, keep=True)
    await watch.mine(DEPTH + 1)
    assert (await watch.states())[large] == "included"
    await settle_doubts(watch.works, watch.chain)

    assert (await watch.states())[large] == "confirmed"
    assert look.asked[-1].block_hash != first.block_hash


async def test_w13_a_small_amount_counts_by_depth_while_finality_stalls(watch: Watch) -> None:
    """The sandbox calls final what lies below its deepest fork; until then its word has stalled."""
    with_finality(watch, tiers={"*": (Tier(100, 0, 3), Tier(None, 0))})
    target = await watch.expect()
    small = await watch.sandbox.pay(target.address, 100)
    large = await watch.sandbox.pay(target.address, 101)

    await watch.mine(2)
    assert await watch.states() == {small: "included", large: "included"}
    await watch.mine(1)
    assert await watch.states() == {small: "confirmed", large: "included"}
    await watch.mine(REORG_MAX)
    assert await watch.states() == {small: "final", large: "final"}
