"""What Leather and Xverse are asked: exact, and denied everything else."""

import datetime as dt
from typing import Final

import pytest

from sluice.base.errors import Invalid
from sluice.engine.chains.gateway import GatewayAccount
from sluice.engine.chains.stacks.clarity.model import Buffer, Some, UInt
from sluice.engine.chains.stacks.clarity.read import decode_value
from sluice.engine.chains.stacks.gateway.contract import StacksGateway
from sluice.engine.chains.stacks.keys import SecretKey
from sluice.engine.chains.stacks.principals import parse_asset, parse_contract, parse_principal
from sluice.engine.chains.stacks.reading import Reader
from sluice.engine.chains.stacks.requests import StacksWallets
from sluice.engine.chains.stacks.transactions.post_conditions import (
    ORIGIN,
    Amount,
    FungibleCondition,
    StxCondition,
    read_post_condition,
)
from sluice.engine.chains.wallets import WalletOrder

SBTC: Final = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token::sbtc-token"
PAYER: Final = "ST1WV0048ERKB55592H81MK6J4TTRP8TSGE8VSTHJ"
SHOP: Final = "ST19H4R5A58CSW8MCADYZMGP85FN2RZ0Z9MXV452Z"
GATEWAY: Final = "STY71DBDGHKV6Z4P1Y2N2S2M0WJAQC9T7FXZGHYH.sluice-gateway"
MEMO: Final = "00112233445566778899aabbccddeeff"
WALLETS: Final = StacksWallets({"sbtc": SBTC}, chain_id=0x80000000)


def order(asset: str = "sbtc", units: int = 700) -> WalletOrder:
    return WalletOrder(asset, units, PAYER, SHOP, MEMO)


def raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def test_a_token_is_sent_by_its_own_transfer_with_our_memo() -> None:
    asked = WALLETS.ask_wallet(order())

    assert asked.method == "stx_callContract"
    assert asked.params["contract"] == SBTC.partition("::")[0]
    assert asked.params["functionName"] == "transfer"
    assert [decode_value(raw(one)) for one in asked.params["functionArgs"]] == [
        UInt(700),
        parse_principal(PAYER),
        parse_principal(SHOP),
        Some(Buffer(MEMO.encode())),
    ]
    assert asked.params["network"] == "testnet"


def test_only_the_exact_amount_may_leave_whoever_signs() -> None:
    asked = WALLETS.ask_wallet(order())

    assert asked.params["postConditionMode"] == "deny"
    [condition] = asked.params["postConditions"]
    expected = FungibleCondition(ORIGIN, parse_asset(SBTC), Amount.EQUAL, 700)
    assert read_post_condition(Reader(raw(condition))) == expected


def test_stx_is_sent_by_a_plain_transfer() -> None:
    asked = WALLETS.ask_wallet(order("stx", 5))

    assert asked.method == "stx_transferStx"
    assert asked.params == {
        "recipient": SHOP,
        "amount": "5",
        "memo": MEMO,
        "network": "testnet",
    }


def test_an_asset_that_is_not_there_is_refused() -> None:
    with pytest.raises(Invalid):
        WALLETS.ask_wallet(order("usdcx"))


@pytest.mark.parametrize("fee_bps", [0, 1, 100, 333, 500])
@pytest.mark.parametrize("units", [1, 2, 99, 100, 33_334, 10**15 + 7])
def test_what_reaches_the_merchant_is_exactly_what_was_due(units: int, fee_bps: int) -> None:
    gross = a_gateway().gross(units, fee_bps)

    assert gross - gross * fee_bps // 10_000 == units
    assert (gross - 1) - (gross - 1) * fee_bps // 10_000 < units


@pytest.mark.parametrize("asset", ["sbtc", "stx"])
def test_the_gateway_is_called_with_what_was_signed_and_may_move_no_more(asset: str) -> None:
    account = GatewayAccount(7, SHOP, "02" * 33, 100, takes_money=True)
    until = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)

    asked = a_gateway().ask_wallet(order(asset), account, until=until, secret=b"\x01" * 32)

    merchant, reference, _, amount, expires, payer, signature = (
        decode_value(raw(one)) for one in asked.params["functionArgs"]
    )
    assert (merchant, amount) == (UInt(7), UInt(asked.units))
    assert reference == Buffer(bytes.fromhex(MEMO))
    assert expires == UInt(int(until.timestamp()))
    assert payer == Some(parse_principal(PAYER))
    assert isinstance(signature, Buffer)
    [condition] = [read_post_condition(Reader(raw(one))) for one in asked.params["postConditions"]]
    stx = StxCondition(ORIGIN, Amount.EQUAL, asked.units)
    sbtc = FungibleCondition(ORIGIN, parse_asset(SBTC), Amount.EQUAL, asked.units)
    assert condition == (stx if asset == "stx" else sbtc)
    assert asked.params["postConditionMode"] == "deny"


def test_a_key_is_told_as_the_contract_wants_it() -> None:
    assert a_gateway().public_key(b"\x01" * 32) == SecretKey(b"\x01" * 32).public.hex()


def a_gateway() -> StacksGateway:
    return StacksGateway(parse_contract(GATEWAY), {"sbtc": SBTC}, (), chain_id=0x80000000)
