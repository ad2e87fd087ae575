"""Money that leaves a wallet of one key, on a real node and ElectrumX."""

from dataclasses import replace

import pytest
from coincurve import PrivateKey

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.sending.fees import RATE
from sluice.engine.chains.writer import (
    OrderHeld,
    Price,
    State,
    Verdict,
)
from tests.integration.bitcoin.hot import PRICE, Hot


async def test_a_payout_is_sent_mined_and_final_seven_blocks_deep(hot: Hot) -> None:
    order = await hot.order()
    price = await hot.writer.rehearse(order, hot.account)
    slot = await hot.take(order)
    sealed = hot.made(order, slot, price)

    assert await hot.writer.broadcast(sealed.raw) is Verdict.SENT
    assert await hot.writer.broadcast(sealed.raw) is Verdict.SENT
    waiting = await hot.writer.fate(sealed.tx_id, slot, hot.account)
    await hot.node.mine()
    await hot.caught_up()
    mined = await hot.writer.fate(sealed.tx_id, slot, hot.account)
    await hot.node.mine(6)
    await hot.caught_up()
    final = await hot.writer.fate(sealed.tx_id, slot, hot.account)

    assert waiting.state is State.PENDING
    assert (mined.state, mined.depth, mined.is_final) == (State.INCLUDED, 1, False)
    assert mined.block_hash == await hot.node.ask("getblockhash", mined.height)
    assert (final.state, final.depth, final.is_final) == (State.INCLUDED, 7, True)
    assert await hot.writer.broadcast(sealed.raw) in (Verdict.SENT, Verdict.USED)
    paid = await hot.node.ask("getreceivedbyaddress", order.recipient)
    assert int(paid * 10**8) == order.units


async def test_the_node_alone_and_electrumx_know_the_same_coins(hot: Hot) -> None:
    by_both = await hot.writer.standing(hot.account)
    by_node = await hot.by_node.standing(hot.account)

    assert sorted(coin.units for coin in by_both.coins) == [150_000, 250_000, 1_000_000]
    assert by_node == by_both
    assert by_both.balances == {"btc": 1_400_000}


async def test_sends_under_way_never_share_a_coin(hot: Hot) -> None:
    first = await hot.take(await hot.order(140_000))
    second = await hot.take(await hot.order(140_000), first)
    third = await hot.take(await hot.order(140_000), first, second)

    keys = {coin for slot in (first, second, third) for coin in slot.coins}
    assert len(keys) == 3
    with pytest.raises(OrderHeld) as held:
        await hot.take(await hot.order(140_000), first, second, third)
    assert held.value.code == "wallet_short"


async def test_a_bump_spends_the_same_coins_and_only_one_is_mined(hot: Hot) -> None:
    order = await hot.order()
    slot = await hot.take(order)
    slow = hot.made(order, slot)
    price = hot.writer.bump(PRICE)
    fast = hot.made(order, slot, price)
    assert await hot.writer.broadcast(slow.raw) is Verdict.SENT

    assert await hot.writer.broadcast(fast.raw) is Verdict.SENT
    await hot.node.mine()
    await hot.caught_up()

    lost = await hot.writer.fate(slow.tx_id, slot, hot.account)
    won = await hot.writer.fate(fast.tx_id, slot, hot.account)
    assert price[RATE] == 3_000
    assert (lost.state, won.state) == (State.REPLACED, State.INCLUDED)
    assert await hot.writer.broadcast(slow.raw) is Verdict.USED
    paid = await hot.node.ask("getreceivedbyaddress", order.recipient)
    assert int(paid * 10**8) == order.units


async def test_what_nobody_knows_is_unknown_and_may_be_sent_again(hot: Hot) -> None:
    order = await hot.order()
    slot = await hot.take(order)
    sealed = hot.made(order, slot)

    before = await hot.writer.fate(sealed.tx_id, slot, hot.account)
    await hot.writer.broadcast(sealed.raw)

    assert before.state is State.UNKNOWN
    assert (await hot.writer.fate(sealed.tx_id, slot, hot.account)).state is State.PENDING


async def test_a_void_brings_the_coins_back(hot: Hot) -> None:
    order = await hot.order()
    slot = await hot.take(order)
    void = hot.writer.void(hot.account, "out_1")
    sealed = hot.made(void, slot, await hot.writer.rehearse(void, hot.account))

    assert await hot.writer.broadcast(sealed.raw) is Verdict.SENT
    await hot.node.mine()
    await hot.caught_up()

    assert (await hot.writer.fate(sealed.tx_id, slot, hot.account)).state is State.INCLUDED
    left = (await hot.writer.standing(hot.account)).balances["btc"]
    assert 1_400_000 - 5_000 < left < 1_400_000


async def test_building_twice_gives_the_same_bytes_and_another_key_cannot_seal(hot: Hot) -> None:
    order = await hot.order()
    slot = await hot.take(order)
    unsigned = hot.writer.build(order, hot.account, slot, PRICE)

    assert hot.writer.build(order, hot.account, slot, PRICE) == unsigned
    stranger = replace(hot.account, public_key=PrivateKey(b"\x07" * 32).public_key.format())
    with pytest.raises(Invalid):
        hot.writer.seal(unsigned, stranger, hot.sign(unsigned))
    with pytest.raises(Invalid):
        hot.writer.seal(unsigned, hot.account, [])


@pytest.mark.parametrize(
    ("kind", "sats", "code"),
    [("legacy", 300, "amount_too_small"), ("bech32", 293, "amount_too_small")],
)
async def test_b11_dust_is_refused(hot: Hot, kind: str, sats: int, code: str) -> None:
    order = replace(await hot.order(sats), recipient=await hot.node.new_address(kind))

    with pytest.raises(Invalid) as refused:
        hot.writer.check(order)

    assert refused.value.code == code


async def test_b11_what_is_not_worth_its_fee_waits(hot: Hot) -> None:
    hot.writer.check(await hot.order(294))

    with pytest.raises(OrderHeld) as held:
        await hot.writer.rehearse(await hot.order(280 + 20), hot.account)
    assert held.value.code == "fee_guard"


async def test_a_fee_above_the_cap_waits(hot: Hot) -> None:
    price: Price = {RATE: 170_000}
    dearer = hot.writer.bump(price)

    with pytest.raises(OrderHeld) as held:
        hot.writer.bump(dearer)

    assert (dearer[RATE], held.value.code) == (191_250, "fee_guard")


async def test_a_stranger_with_the_key_is_noticed(hot: Hot) -> None:
    order = await hot.order()
    slot = await hot.take(order)
    mine = hot.made(order, slot)
    theirs = hot.made(await hot.order(90_000), slot)

    await hot.node.ask("sendrawtransaction", theirs.raw.hex())
    await hot.node.mine()
    await hot.caught_up()

    assert await hot.writer.broadcast(mine.raw) is Verdict.USED
    assert (await hot.writer.fate(mine.tx_id, slot, hot.account)).state is State.REPLACED


async def test_a_fork_takes_a_payout_back_into_the_mempool(hot: Hot) -> None:
    order = await hot.order()
    slot = await hot.take(order)
    sealed = hot.made(order, slot)
    await hot.writer.broadcast(sealed.raw)
    await hot.node.mine()
    await hot.caught_up()

    await hot.node.undo(1)
    for _ in range(2):
        await hot.node.ask("generateblock", await hot.node.new_address(), [])
    await hot.caught_up()

    assert (await hot.writer.fate(sealed.tx_id, slot, hot.account)).state is State.PENDING
