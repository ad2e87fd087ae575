"""What moves money on an EVM network and what only looks like it, on a real node."""

from decimal import Decimal
from typing import Final

import pytest

from sluice.engine.chains.evm.calldata import transfer_call
from sluice.engine.chains.model import FINALIZED, Transfer
from tests.contract.evm_under_test import EvmUnderTest
from tests.contract.proxy import LyingProxy

REFERENCE: Final = "0102030405060708090a0b0c0d0e0f10"
SUFFIX: Final = b"SLU1".hex() + REFERENCE
TEN: Final = 10_000_000


async def everything(evm: EvmUnderTest) -> list[Transfer]:
    blocks = await evm.reader.blocks(0, await evm.height())
    return [transfer for block in blocks for transfer in block.transfers]


async def received(evm: EvmUnderTest, recipient: str) -> list[Transfer]:
    return [transfer for transfer in await everything(evm) if transfer.recipient == recipient]


async def succeeded(evm: EvmUnderTest, tx_id: str) -> bool:
    receipt = await evm.anvil.ask("eth_getTransactionReceipt", tx_id)
    return bool(receipt["status"] == "0x1")


async def test_a_mint_is_a_transfer_from_nobody(evm: EvmUnderTest) -> None:
    recipient = evm.new_address()
    await evm.call(evm.contracts["UsdcLike"], "mint(address,uint256)", recipient, 5)

    await evm.mine()

    [seen] = await received(evm, recipient)
    assert (seen.sender, seen.units) == ("0x" + "0" * 40, 5)


async def test_the_largest_number_is_exact(evm: EvmUnderTest) -> None:
    """E12."""
    recipient, units = evm.new_address(), 2**256 - 1 - 10**15
    await evm.call(evm.contracts["UsdcLike"], "mint(address,uint256)", recipient, units)

    await evm.mine()

    [seen] = await received(evm, recipient)
    assert seen.units == units
    assert Decimal(seen.units) == units


async def test_a_token_that_returns_nothing_is_seen(evm: EvmUnderTest) -> None:
    recipient = evm.new_address()
    asked = transfer_call(evm.contracts["UsdtLike"], recipient, TEN)
    returned = await evm.anvil.ask(
        "eth_call", {"from": evm.payer, "to": asked.to, "data": asked.data}, "latest"
    )

    tx_id = await evm.pay(recipient, TEN, asset="usdt")
    await evm.mine()

    [seen] = await received(evm, recipient)
    assert returned == "0x"
    assert (seen.tx_id, seen.asset, seen.sender) == (tx_id, "usdt", evm.payer)


async def test_the_log_is_credited_and_not_the_calldata_when_a_fee_is_on(
    evm: EvmUnderTest,
) -> None:
    """E10."""
    recipient = evm.new_address()
    await evm.call(evm.contracts["UsdtLike"], "setParams(uint256,uint256)", 20, 49)
    await evm.mine()

    tx_id = await evm.pay(recipient, TEN, asset="usdt", memo=REFERENCE)
    await evm.mine()

    [seen] = await received(evm, recipient)
    [fee] = [one for one in await received(evm, evm.owner) if one.tx_id == tx_id]
    assert (seen.units, seen.memo) == (9_980_000, REFERENCE)
    assert (fee.units, fee.memo) == (20_000, None)
    assert (fee.index, seen.index) == (0, 1)


async def test_e06_e19_a_transfer_inside_another_contracts_call_is_seen(evm: EvmUnderTest) -> None:
    """E19: who paid is who the log says, not who signed the transaction."""
    payer, first, second = evm.contracts["Payer"], evm.new_address(), evm.new_address()
    await evm.pay(payer, TEN)
    await evm.mine()

    tx_id = await evm.call(
        payer,
        "pay(address,address[],uint256[])",
        evm.contracts["UsdcLike"],
        [first, second, first],
        [1, 2, 3],
        sender=evm.others[0],
    )
    await evm.mine()

    seen = [one for one in await everything(evm) if one.tx_id == tx_id]
    assert [(one.recipient, one.units) for one in seen] == [(first, 1), (second, 2), (first, 3)]
    assert {one.sender for one in seen} == {payer}
    assert [one.index for one in seen] == [0, 1, 2]


async def test_a_transfer_undone_inside_a_successful_transaction_is_not_seen(
    evm: EvmUnderTest,
) -> None:
    payer, recipient = evm.contracts["Payer"], evm.new_address()
    await evm.pay(payer, TEN)
    tx_id = await evm.call(
        payer, "payAndUndo(address,address,uint256)", evm.contracts["UsdcLike"], recipient, 5
    )

    await evm.mine()

    assert await succeeded(evm, tx_id)
    assert await received(evm, recipient) == []


async def test_a_failed_transfer_is_not_seen(evm: EvmUnderTest) -> None:
    """E01: calldata that asks for a transfer, and a receipt that says no."""
    recipient, poor = evm.new_address(), evm.others[0]
    asked = transfer_call(evm.contracts["UsdcLike"], recipient, TEN)
    tx_id = await evm.send(asked.to, asked.data, sender=poor)

    await evm.mine()

    assert not await succeeded(evm, tx_id)
    assert await received(evm, recipient) == []


@pytest.mark.parametrize(
    ("signature", "args"),
    [("setPaused(bool)", (True,)), ("setBlacklisted(address,bool)", None)],
)
async def test_a_paused_or_blacklisted_payment_fails_and_is_not_seen(
    evm: EvmUnderTest, signature: str, args: tuple[object, ...] | None
) -> None:
    recipient = evm.new_address()
    await evm.call(evm.contracts["UsdcLike"], signature, *(args or (recipient, True)))
    await evm.mine()

    tx_id = await evm.pay(recipient, TEN)
    await evm.mine()

    assert not await succeeded(evm, tx_id)
    assert await received(evm, recipient) == []


async def test_a_blacklisted_recipient_of_tethers_still_receives(evm: EvmUnderTest) -> None:
    recipient = evm.new_address()
    await evm.call(evm.contracts["UsdtLike"], "setBlackListed(address,bool)", recipient, True)  # noqa: FBT003 - the contract's own argument
    await evm.mine()

    await evm.pay(recipient, TEN, asset="usdt")
    await evm.mine()

    assert [one.units for one in await received(evm, recipient)] == [TEN]


async def test_destroyed_money_is_no_transfer(evm: EvmUnderTest) -> None:
    token = evm.contracts["UsdtLike"]
    await evm.call(token, "setBlackListed(address,bool)", evm.payer, True)  # noqa: FBT003 - the contract's own argument
    tx_id = await evm.call(token, "destroyBlackFunds(address)", evm.payer)

    await evm.mine()

    assert await succeeded(evm, tx_id)
    assert [one for one in await everything(evm) if one.tx_id == tx_id] == []


async def test_zero_units_in_anothers_name_are_not_seen(evm: EvmUnderTest) -> None:
    """E05: the bait of address poisoning needs no allowance for zero."""
    token, victim, bait = evm.contracts["UsdcLike"], evm.payer, evm.new_address()
    tx_id = await evm.call(
        token, "transferFrom(address,address,uint256)", victim, bait, 0, sender=evm.others[0]
    )

    await evm.mine()

    assert await succeeded(evm, tx_id)
    assert await received(evm, bait) == []


async def test_money_sent_to_oneself_is_not_seen(evm: EvmUnderTest) -> None:
    tx_id = await evm.pay(evm.payer, TEN)

    await evm.mine()

    assert await succeeded(evm, tx_id)
    assert [one for one in await everything(evm) if one.tx_id == tx_id] == []


async def test_a_token_that_says_no_without_failing_is_not_seen(evm: EvmUnderTest) -> None:
    """E02."""
    recipient = evm.new_address()
    asked = transfer_call(evm.contracts["FalseToken"], recipient, TEN)
    tx_id = await evm.send(asked.to, asked.data)

    await evm.mine()

    assert await succeeded(evm, tx_id)
    assert await received(evm, recipient) == []


async def test_a_lookalike_is_seen_under_its_address_and_never_as_the_asset(
    evm: EvmUnderTest,
) -> None:
    """E13: such as USDC.e on Polygon, sent to whom asked for USDC."""
    recipient, fake = evm.new_address(), evm.contracts["FakeToken"]
    asked = transfer_call(fake, recipient, TEN)
    await evm.send(asked.to, asked.data)

    await evm.mine()

    [seen] = await received(evm, recipient)
    assert (seen.asset, seen.units) == (f"unknown:{fake}", TEN)
    assert seen.asset not in evm.network.assets
    assert evm.network.finality.depth_for(seen.asset, seen.units) == FINALIZED


async def test_e04_a_strangers_token_is_not_seen_at_all(evm: EvmUnderTest) -> None:
    """E03."""
    recipient = evm.new_address()
    code = await evm.anvil.ask("eth_getCode", evm.contracts["FakeToken"], "latest")
    twin = evm.new_address()
    await evm.anvil.ask("anvil_setCode", twin, code)
    asked = transfer_call(twin, recipient, TEN)
    tx_id = await evm.send(asked.to, asked.data)

    await evm.mine()

    assert await succeeded(evm, tx_id)
    assert await received(evm, recipient) == []


async def test_a_reference_behind_transfer_from_is_read(evm: EvmUnderTest) -> None:
    token, recipient, spender = evm.contracts["UsdcLike"], evm.new_address(), evm.others[0]
    await evm.call(token, "approve(address,uint256)", spender, TEN, sender=evm.payer)
    await evm.mine()
    words = "".join(part.rjust(64, "0") for part in (evm.payer[2:], recipient[2:], f"{TEN:x}"))

    await evm.send(token, f"0x23b872dd{words}{SUFFIX}", sender=spender)
    await evm.mine()

    [seen] = await received(evm, recipient)
    assert (seen.sender, seen.units, seen.memo) == (evm.payer, TEN, REFERENCE)


async def test_a_reference_in_a_call_to_another_contract_is_nobodys(evm: EvmUnderTest) -> None:
    """A stranger cannot name our payment by writing its reference behind a call of his own."""
    payer, recipient = evm.contracts["Payer"], evm.new_address()
    await evm.pay(payer, TEN)
    await evm.mine()
    await evm.call(
        payer,
        "pay(address,address[],uint256[])",
        evm.contracts["UsdcLike"],
        [recipient],
        [5],
        suffix=SUFFIX,
    )

    await evm.mine()

    [seen] = await received(evm, recipient)
    assert seen.memo is None


async def test_only_wanted_recipients_cost_a_look_at_the_transaction(
    evm: EvmUnderTest, proxies: list[LyingProxy]
) -> None:
    shared, other = evm.new_address(), evm.new_address()
    looked_at = await evm.pay(shared, 1, memo=REFERENCE)
    await evm.pay(other, 2, memo=REFERENCE)
    await evm.mine()
    reader = evm.reader_at(proxies[0].url, wants={shared}.__contains__)

    [block] = await reader.blocks(await evm.height(), await evm.height())

    memos = {one.recipient: one.memo for one in block.transfers}
    assert memos == {shared: REFERENCE, other: None}
    assert [call for call in proxies[0].asked if call[0] == "eth_getTransactionByHash"] == [
        ("eth_getTransactionByHash", [looked_at])
    ]


async def test_waiting_calls_to_the_tokens_are_hints(evm: EvmUnderTest) -> None:
    first, second = evm.new_address(), evm.new_address()
    await evm.pay(first, 1, memo=REFERENCE)
    await evm.pay(second, 2, asset="usdt")
    await evm.call(evm.contracts["UsdcLike"], "mint(address,uint256)", first, 9)

    hints = await evm.reader.pending()

    assert [(one.recipient, one.asset, one.units, one.memo) for one in hints] == [
        (first, "usdc", 1, REFERENCE),
        (second, "usdt", 2, None),
    ]
    assert {one.sender for one in hints} == {evm.payer}


async def test_the_finalised_height_follows_the_tag(evm: EvmUnderTest) -> None:
    await evm.mine(40)

    tip = await evm.reader.tip()

    told = await evm.anvil.block("finalized")
    assert tip.finalized_height == int(told["number"], 16)
    assert 0 < tip.finalized_height < tip.header.height
