"""Targets: whose a transfer is when several share an address, and amounts nobody else was asked."""

import asyncio
import dataclasses
import datetime as dt

import pytest

from sluice.base.errors import Unavailable
from sluice.engine.chains.model import Style
from sluice.engine.watcher.model import Target
from sluice.engine.watcher.targets import (
    close_old_amounts,
    expect_unique_amount,
    expect_wallet,
    refresh_wanted,
)
from tests.integration.engine.watcher.conftest import MERCHANT, Watch

PRICE = 1_000


async def ask(watch: Watch, address: str, *, spread: int = 9, price: int = PRICE) -> Target:
    """Ask somebody for a unique amount."""
    async with watch.works.begin() as work:
        wanted = Target(
            id=work.new_id("tgt"),
            merchant_id=MERCHANT,
            livemode=False,
            network="sandbox",
            style=Style.AMOUNT,
            address=address,
            reference=work.new_id("off"),
            watch_until=work.now + dt.timedelta(minutes=15),
            asset="usdc",
            units=price,
        )
        return await expect_unique_amount(work, wanted, spread=spread)


async def references(watch: Watch) -> dict[str, str | None]:
    """Return what each transaction was waited for under."""
    async with watch.works.begin() as work:
        rows = await work.rows("SELECT tx_id, reference FROM transfers")
    return {row["tx_id"]: row["reference"] for row in rows}


async def test_every_amount_in_reach_is_given_once_and_then_no_more(watch: Watch) -> None:
    address = watch.sandbox.new_address()

    amounts = [(await ask(watch, address)).units for _ in range(10)]

    assert sorted(units or 0 for units in amounts) == list(range(PRICE - 9, PRICE + 1))
    with pytest.raises(Unavailable) as refused:
        await ask(watch, address)
    assert refused.value.code == "amounts_exhausted"


async def test_an_amount_is_never_lowered_to_nothing(watch: Watch) -> None:
    address = watch.sandbox.new_address()

    amounts = {(await ask(watch, address, price=3)).units for _ in range(3)}

    assert amounts == {1, 2, 3}
    with pytest.raises(Unavailable):
        await ask(watch, address, price=3)


async def test_the_same_amount_may_be_asked_at_another_address(watch: Watch) -> None:
    one, other = watch.sandbox.new_address(), watch.sandbox.new_address()

    assert (await ask(watch, one, spread=0)).units == PRICE
    assert (await ask(watch, other, spread=0)).units == PRICE


async def test_many_who_ask_at_once_never_get_the_same(watch: Watch) -> None:
    address = watch.sandbox.new_address()

    asked = await asyncio.gather(*(ask(watch, address, spread=40) for _ in range(12)))

    assert len({target.units for target in asked}) == 12


async def test_an_amount_whose_time_is_over_is_free_again(watch: Watch) -> None:
    address = watch.sandbox.new_address()
    await ask(watch, address, spread=0)

    watch.clock.advance(15 * 60 + 1)
    async with watch.works.begin() as work:
        assert await close_old_amounts(work, before=work.now) == 1

    assert (await ask(watch, address, spread=0)).units == PRICE


async def test_a_shared_address_tells_payments_apart_by_what_they_carry(watch: Watch) -> None:
    address = watch.sandbox.new_address()
    amount = await ask(watch, address, spread=0)
    memo = await watch.expect(Style.MEMO, address=address, memo="order 7")
    async with watch.works.begin() as work:
        wallet = dataclasses.replace(
            memo, id="tgt_wallet", style=Style.WALLET, memo=None, reference=None
        )
        await expect_wallet(work, wallet)
        await expect_wallet(work, dataclasses.replace(wallet, id="tgt_again"))

    exact = await watch.sandbox.pay(address, PRICE)
    noted = await watch.sandbox.pay(address, 5, memo="order 7")
    both = await watch.sandbox.pay(address, PRICE, memo="order 7")
    other_asset = await watch.sandbox.pay(address, PRICE, asset="usdt")
    bare = await watch.sandbox.pay(address, 6)
    await watch.mine()

    assert await references(watch) == {
        exact: amount.reference,
        noted: memo.reference,
        both: memo.reference,
        other_asset: None,
        bare: None,
    }


async def test_an_amount_that_is_closed_falls_to_the_wallet(watch: Watch) -> None:
    address = watch.sandbox.new_address()
    amount = await ask(watch, address, spread=0)
    async with watch.works.begin() as work:
        wallet = dataclasses.replace(
            amount, id="tgt_wallet", style=Style.WALLET, reference=None, asset=None, units=None
        )
        await expect_wallet(work, wallet)
    watch.clock.advance(15 * 60 + 1)
    async with watch.works.begin() as work:
        await close_old_amounts(work, before=work.now)

    tx_id = await watch.sandbox.pay(address, PRICE)
    await watch.mine()

    assert await references(watch) == {tx_id: None}


async def test_what_a_transfer_was_for_stays_as_it_was_decided_first(watch: Watch) -> None:
    address = watch.sandbox.new_address()
    first = await ask(watch, address, spread=0)
    tx_id = await watch.sandbox.pay(address, PRICE)
    await watch.mine()
    watch.clock.advance(15 * 60 + 1)
    async with watch.works.begin() as work:
        await close_old_amounts(work, before=work.now)
    await ask(watch, address, spread=0)

    await watch.sandbox.fork(1)
    await watch.mine()

    assert await references(watch) == {tx_id: first.reference}


async def test_readers_are_told_which_addresses_need_their_memos_read(watch: Watch) -> None:
    own = await watch.expect()
    shared = await watch.expect(Style.MEMO, memo="order 7")
    chain = dataclasses.replace(watch.chain, wanted={"stale"})

    await refresh_wanted(watch.works, chain)

    assert chain.wanted == {shared.address}
    assert own.address not in chain.wanted
