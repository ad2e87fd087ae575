"""The sandbox's values: what is refused, what seals a block, what a change of branch moves."""

import datetime as dt
from dataclasses import replace
from itertools import product

import pytest

from sluice.base.errors import IllegalMove, Invalid
from sluice.engine.chains.model import Header, Style
from sluice.engine.chains.sandbox.addresses import address_of
from sluice.engine.chains.sandbox.model import (
    MOVES,
    Keep,
    Lie,
    LieKind,
    Output,
    Payment,
    State,
    Transaction,
    rearrange,
    seal,
)
from sluice.engine.chains.sandbox.network import sandbox_network

NOON = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
PARENT = Header(7, "aa", "99", NOON)
PAYEE = address_of(bytes(range(20)))
LEGAL = {
    (State.MEMPOOL, State.INCLUDED),
    (State.MEMPOOL, State.DROPPED),
    (State.MEMPOOL, State.REPLACED),
    (State.INCLUDED, State.MEMPOOL),
    (State.INCLUDED, State.DROPPED),
    (State.INCLUDED, State.REPLACED),
    (State.DROPPED, State.MEMPOOL),
    (State.DROPPED, State.INCLUDED),
    (State.DROPPED, State.REPLACED),
    (State.REPLACED, State.INCLUDED),
}


def a_transaction(tx_id: str, state: State, *, spends: str | None = None) -> Transaction:
    return Transaction(
        tx_id, PAYEE, spends or tx_id, replaces=None if spends is None else spends, state=state
    )


@pytest.mark.parametrize("asset", ["btc", "sbtc", "stx", "usdc", "usdt", "unknown:0xfeed"])
def test_a_network_carries_its_assets_and_tokens_we_do_not_know(asset: str) -> None:
    assert Output(asset, PAYEE, 1).asset == asset


@pytest.mark.parametrize("asset", ["", "eth", "usd", "unknown:", "unknown", "USDC"])
def test_an_asset_the_network_lacks_is_refused(asset: str) -> None:
    with pytest.raises(Invalid) as refused:
        Output(asset, PAYEE, 1)

    assert refused.value.param == "asset"


@pytest.mark.parametrize("units", [0, 1, 2**256 - 1])
def test_any_amount_a_chain_can_carry_is_taken_and_nothing_is_one(units: int) -> None:
    assert Output("usdc", PAYEE, units).units == units


@pytest.mark.parametrize("units", [-1, 2**256])
def test_an_amount_no_chain_can_carry_is_refused(units: int) -> None:
    with pytest.raises(Invalid) as refused:
        Output("usdc", PAYEE, units)

    assert refused.value.param == "units"


@pytest.mark.parametrize("memo", ["x" * 257, "ü" * 129, "a\0b"])
def test_a_memo_that_does_not_fit_is_refused(memo: str) -> None:
    with pytest.raises(Invalid) as refused:
        Output("usdc", PAYEE, 1, memo)

    assert refused.value.param == "memo"


@pytest.mark.parametrize("memo", [None, "", "x" * 256, "ü" * 128])
def test_a_memo_that_fits_is_taken(memo: str | None) -> None:
    assert Output("usdc", PAYEE, 1, memo).memo == memo


def test_money_goes_only_between_sandbox_addresses() -> None:
    with pytest.raises(Invalid) as wrong_recipient:
        Output("usdc", "0xfeed", 1)
    with pytest.raises(Invalid) as wrong_sender:
        Payment("0xfeed", [Output("usdc", PAYEE, 1)])

    assert (wrong_recipient.value.code, wrong_recipient.value.param) == (
        "address_invalid",
        "recipient",
    )
    assert (wrong_sender.value.code, wrong_sender.value.param) == ("address_invalid", "sender")


def test_a_payment_pays_somebody() -> None:
    with pytest.raises(Invalid):
        Payment(PAYEE, [])


@pytest.mark.parametrize("kind", [LieKind.INVENT, LieKind.STALE, LieKind.BRANCH])
def test_a_lie_that_cannot_be_told_without_its_detail_is_refused(kind: LieKind) -> None:
    with pytest.raises(Invalid):
        Lie(kind)


def test_a_new_block_stands_on_its_parent() -> None:
    block = seal(PARENT, ["t1"], time=NOON + dt.timedelta(seconds=2), salt=b"s")

    assert (block.height, block.parent) == (8, "aa")
    assert block.time == NOON + dt.timedelta(seconds=2)
    assert len(block.hash) == 64


def test_the_time_of_a_chain_never_runs_backwards() -> None:
    block = seal(PARENT, [], time=NOON - dt.timedelta(days=1), salt=b"s")

    assert block.time == PARENT.time


def test_a_block_hash_covers_parent_height_time_content_and_salt() -> None:
    later = NOON + dt.timedelta(seconds=1)
    hashes = [
        seal(PARENT, ["t1", "t2"], time=NOON, salt=b"s").hash,
        seal(replace(PARENT, hash="ab"), ["t1", "t2"], time=NOON, salt=b"s").hash,
        seal(replace(PARENT, height=8), ["t1", "t2"], time=NOON, salt=b"s").hash,
        seal(PARENT, ["t1", "t2"], time=later, salt=b"s").hash,
        seal(PARENT, ["t2", "t1"], time=NOON, salt=b"s").hash,
        seal(PARENT, ["t1t2"], time=NOON, salt=b"s").hash,
        seal(PARENT, ["t1", "t2"], time=NOON, salt=b"t").hash,
    ]

    assert len(set(hashes)) == len(hashes)
    assert hashes[0] == seal(PARENT, ["t1", "t2"], time=NOON, salt=b"s").hash


@pytest.mark.parametrize(("now", "then"), list(product(State, State)))
def test_a_transaction_makes_only_legal_moves(now: State, then: State) -> None:
    if (now, then) in LEGAL:
        assert MOVES.check(now, then) is then
    else:
        with pytest.raises(IllegalMove):
            MOVES.check(now, then)


def test_what_enters_the_branch_is_included() -> None:
    waiting = a_transaction("t", State.MEMPOOL)

    assert rearrange([waiting], leaving=(), entering=["t"], keep=True) == {"t": State.INCLUDED}


@pytest.mark.parametrize(
    ("keep", "state"),
    [
        (True, State.MEMPOOL),
        (False, State.DROPPED),
        (["t"], State.MEMPOOL),
        (["other"], State.DROPPED),
    ],
)
def test_what_leaves_the_branch_waits_again_or_vanishes(keep: Keep, state: State) -> None:
    included = a_transaction("t", State.INCLUDED)

    assert rearrange([included], leaving=["t"], entering=(), keep=keep) == {"t": state}


def test_what_leaves_with_one_block_and_enters_with_another_does_not_move() -> None:
    included = a_transaction("t", State.INCLUDED)

    assert rearrange([included], leaving=["t"], entering=["t"], keep=False) == {}


def test_what_enters_wins_over_everything_alive_that_spends_the_same() -> None:
    touched = [
        a_transaction("left", State.INCLUDED, spends="s"),
        a_transaction("entered", State.REPLACED, spends="s"),
        a_transaction("gone", State.DROPPED, spends="s"),
        a_transaction("waiting", State.MEMPOOL, spends="s2"),
        a_transaction("entered2", State.DROPPED, spends="s2"),
    ]

    moved = rearrange(touched, leaving=["left"], entering=["entered", "entered2"], keep=True)

    assert moved == {
        "left": State.REPLACED,
        "entered": State.INCLUDED,
        "waiting": State.REPLACED,
        "entered2": State.INCLUDED,
    }


def test_the_sandbox_is_a_test_network_with_five_assets_and_three_ways_to_pay() -> None:
    network = sandbox_network()

    assert (network.name, network.livemode, network.block_time_s) == ("sandbox", False, 2.0)
    assert tuple(network.assets) == ("btc", "sbtc", "stx", "usdc", "usdt")
    assert tuple(network.styles) == (Style.ADDRESS, Style.MEMO, Style.AMOUNT)
    assert network.finality.reorg_max == 6
    assert all(network.finality.depth_for(asset, 10**30) == 3 for asset in network.assets)


def test_the_sandbox_can_be_made_slower_and_surer() -> None:
    network = sandbox_network(depth=0, reorg_max=2, block_time_s=0.1)

    assert network.finality.depth_for("btc", 1) == 0
    assert (network.finality.reorg_max, network.block_time_s) == (2, 0.1)
