"""Orders become the very bytes that @stacks/transactions makes of them, and odd ones nothing."""

from dataclasses import replace
from typing import Any, Final

import msgspec
import pytest

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.clarity.model import UInt
from sluice.engine.chains.stacks.contents import SPONSORED, read_call, write_call
from sluice.engine.chains.stacks.fates import Look, settle
from sluice.engine.chains.stacks.fees import FeePolicy, price_of
from sluice.engine.chains.stacks.principals import parse_contract
from sluice.engine.chains.stacks.sending_shapes import (
    RawBitcoinBlock,
    RawSent,
    RawSigner,
    RawWhere,
)
from sluice.engine.chains.stacks.tokens import MAINNET, TESTNET, stacks_network
from sluice.engine.chains.stacks.transactions.payloads import ContractCall
from sluice.engine.chains.stacks.writer import StacksWriter
from sluice.engine.chains.writer import (
    Account,
    Call,
    Order,
    OrderHeld,
    Signature,
    Slot,
    Standing,
    State,
)
from sluice.engine.keys.signers.local import LocalSigner
from tests.unit.engine.chains.stacks.vectors import vectors

TRANSACTIONS: Final = {one["id"]: one for one in vectors("transactions")["transactions"]}
SHOP: Final = "SP2HZXV4390Z45947QV5B1NZ46XT00N8ZJ9R3659K"
FEE: Final = {"fee": 400}


def writer(*, fees: FeePolicy | None = None, testnet: bool = False) -> StacksWriter:
    facts = TESTNET if testnet else MAINNET
    return StacksWriter(stacks_network(facts), [], chain_id=facts.chain_id, burn_depth=3, fees=fees)


def key(case: dict[str, Any], name: str = "alice") -> LocalSigner:
    return LocalSigner(bytes.fromhex(case["keys"][name]["private_key"][:64]))


def order(units: int = 700, asset: str = "sbtc", **more: Any) -> Order:  # noqa: ANN401
    return replace(Order("stacks", asset, units, SHOP, "r"), **more)


def sponsored(name: str, units: int = 0) -> Order:
    raw = bytes.fromhex(TRANSACTIONS[name]["tx_hex"])
    return order(units, "stx", call=Call(SPONSORED, raw))


async def sealed(
    made: StacksWriter, asked: Order, signer: LocalSigner, nonce: int, fee: int
) -> Any:  # noqa: ANN401
    account = Account(made.address_of(signer.public_key), signer.public_key)
    unsigned = made.build(asked, account, Slot(nonce), {"fee": fee})
    signatures = [await signer.sign_digest(digest) for digest in unsigned.digests]
    return made.seal(unsigned, account, signatures)


@pytest.mark.parametrize(
    "name",
    [
        "stx_transfer_memo_mainnet",
        "stx_transfer_empty_memo",
        "stx_transfer_34_byte_memo",
        "stx_transfer_to_contract",
        "sbtc_transfer_pc_origin",
    ],
)
async def test_a_signed_order_has_the_bytes_that_others_make(name: str) -> None:
    case = TRANSACTIONS[name]
    asset = "stx" if name.startswith("stx") else "sbtc"
    asked = order(int(case["amount"]), asset=asset, recipient=case["recipient"], memo=case["memo"])
    nonce, fee = int(case["origin"]["nonce"]), int(case["origin"]["fee"])

    signed = await sealed(writer(), asked, key(case), nonce, fee)

    assert signed.raw.hex() == case["tx_hex"]
    assert signed.tx_id == case["txid"].removeprefix("0x")


async def test_a_sponsor_adds_his_own_number_fee_and_signature() -> None:
    case = TRANSACTIONS["sponsored_stx_transfer"]
    asked = order(0, asset="stx", call=Call(SPONSORED, bytes.fromhex(case["origin_signed_hex"])))
    nonce, fee = int(case["sponsor"]["nonce"]), int(case["sponsor"]["fee"])

    signed = await sealed(writer(), asked, key(case, "sponsor"), nonce, fee)

    assert signed.raw.hex() == case["tx_hex"]


async def test_a_higher_fee_needs_nobody_but_the_sponsor() -> None:
    case = TRANSACTIONS["sponsored_stx_transfer"]
    made = writer()

    signed = await sealed(
        made,
        sponsored("sponsored_stx_transfer"),
        key(case, "sponsor"),
        11,
        made.bump({"fee": 5000})["fee"],
    )

    assert signed.tx_id != case["txid"].removeprefix("0x")


@pytest.mark.parametrize(
    "asked",
    [
        order(0),
        order(-1),
        order(2**64),
        order(asset="usdc"),
        replace(order(), network="ethereum"),
        order(recipient="ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG"),
        order(recipient=f" {SHOP}"),
        order(recipient="nobody"),
        order(recipient="SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token"),
        order(memo="x" * 35),
        order(memo="ü" * 18),
        order(call=Call("SP000000000000000000002Q6VF78.pox-4", b"")),
        order(call=Call("SP000000000000000000002Q6VF78.pox-4", b"\x00" * 90)),
        order(0, call=Call(SPONSORED, b"\x80")),
        sponsored("sbtc_transfer_memo_pc_eq"),
        sponsored("sponsored_stx_transfer", 1),
        sponsored("sponsored_origin_nonzero_fee"),
    ],
)
def test_an_odd_order_is_refused(asked: Order) -> None:
    with pytest.raises(Invalid):
        writer().check(asked)


def test_a_call_of_another_contract_than_it_says_is_refused() -> None:
    call = write_call(ContractCall(parse_contract(f"{SHOP}.a"), "do", (UInt(1),)))

    assert read_call(call).function == "do"
    with pytest.raises(Invalid):
        read_call(replace(call, contract=f"{SHOP}.b"))
    with pytest.raises(Invalid):
        read_call(replace(call, payload=call.payload + b"\0"))


def test_what_was_signed_for_mainnet_is_not_sponsored_on_testnet() -> None:
    raw = bytes.fromhex(TRANSACTIONS["sponsored_stx_transfer"]["tx_hex"])
    asked = Order("stacks_testnet", "stx", 0, SHOP, "r", call=Call(SPONSORED, raw))

    with pytest.raises(Invalid) as refused:
        writer(testnet=True).check(asked)

    assert refused.value.code == "network_wrong"


async def test_another_key_than_the_wallets_seals_nothing() -> None:
    made, ours, other = writer(), LocalSigner(b"\1" * 32), LocalSigner(b"\2" * 32)
    account = Account(made.address_of(ours.public_key), ours.public_key)
    unsigned = made.build(order(), account, Slot(0), FEE)
    theirs: Signature = await other.sign_digest(unsigned.digests[0])
    good: Signature = await ours.sign_digest(unsigned.digests[0])

    for signatures in ([theirs], [], [good, good]):
        with pytest.raises(Invalid):
            made.seal(unsigned, account, signatures)


def test_a_wallet_that_holds_too_little_holds_the_order() -> None:
    rich = Standing(0, 0, {"stx": 10_000, "sbtc": 700})
    made = writer()

    assert made.take(order(), rich, FEE, nonce=4, taken=()) == Slot(4)
    assert made.take(order(9_600, asset="stx"), rich, FEE, nonce=4, taken=()) == Slot(4)
    for asked in (order(701), order(9_601, asset="stx")):
        with pytest.raises(OrderHeld):
            made.take(asked, rich, FEE, nonce=4, taken=())
    with pytest.raises(OrderHeld):
        made.take(order(1), Standing(0, 0, {"stx": 399, "sbtc": 700}), FEE, nonce=4, taken=())


@pytest.mark.parametrize(
    ("estimates", "size", "fee"),
    [
        ([180, 360, 720], 180, 400),
        ([500, 3_000, 90_000], 330, 3_000),
        ([], 330, 3_300),
        ([1, 1, 1], 900, 900),
        ([2_000_000], 180, 2_000_000),
    ],
)
def test_a_fee_keeps_to_its_bounds(estimates: list[int], size: int, fee: int) -> None:
    assert price_of(estimates, size, FeePolicy()) == {"fee": fee}


def test_a_fee_above_the_cap_waits() -> None:
    made = writer(fees=FeePolicy(cap_ustx=500))

    with pytest.raises(OrderHeld) as held:
        price_of([501], 180, FeePolicy(cap_ustx=500))
    assert held.value.code == "fee_guard"
    assert made.bump({"fee": 440}) == {"fee": 495}
    with pytest.raises(OrderHeld):
        made.bump({"fee": 495})
    assert made.bump({"fee": 1}) == {"fee": 2}


OURS: Final = RawSent(
    "0x" + "01" * 32,
    "success",
    RawSigner(SHOP, 7),
    block=RawWhere(90, "0x" + "0a" * 32),
    bitcoin_block=RawBitcoinBlock(40),
)
WAITS: Final = msgspec.structs.replace(OURS, status="pending", block=None, bitcoin_block=None)
OTHER: Final = msgspec.structs.replace(OURS, tx_id="0x" + "02" * 32)
STALE: Final = msgspec.structs.replace(WAITS, status="dropped_stale_garbage_collect")


def look(found: RawSent | None, instead: RawSent | None = None, burn: int = 43) -> Look:
    return Look(found, instead, 93, burn)


@pytest.mark.parametrize(
    ("looks", "state"),
    [
        ([look(OURS), look(OURS)], State.INCLUDED),
        ([look(OURS), look(None)], State.PENDING),
        ([look(WAITS), look(None)], State.PENDING),
        ([look(None), look(None)], State.UNKNOWN),
        ([look(STALE), look(STALE)], State.UNKNOWN),
        ([look(None, OTHER), look(STALE, OTHER)], State.REPLACED),
        ([look(None, OTHER), look(None)], State.UNKNOWN),
        ([look(None, OTHER), look(WAITS)], State.PENDING),
        ([look(None, OTHER), look(OURS)], State.PENDING),
        ([look(msgspec.structs.replace(OURS, status="abort_by_response"))] * 2, State.FAILED),
        ([look(msgspec.structs.replace(OURS, status="problematic_skipped"))] * 2, State.FAILED),
    ],
)
def test_a_fate_is_what_two_providers_see(looks: list[Look], state: State) -> None:
    assert settle(looks, agree=2, burn_depth=3).state is state


def test_a_fate_is_as_deep_as_the_shallowest_view() -> None:
    deep = settle([look(OURS), look(OURS)], agree=2, burn_depth=3)
    shallow = settle([look(OURS), look(OURS, burn=42)], agree=2, burn_depth=3)

    assert (deep.height, deep.depth, deep.is_final) == (90, 4, True)
    assert shallow.is_final is False
