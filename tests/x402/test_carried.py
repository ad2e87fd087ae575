"""Payments made with the request that the merchant's own hot wallet brings to the chain."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from eth_account import Account
from eth_utils.abi import function_signature_to_4byte_selector

from sluice.engine.sender.model import HotWallet, Limits
from tests.contract.anvil import compile_contracts
from tests.house import House, until
from tests.integration.evm.hot import open_hot_wallet
from tests.x402.base import NETWORK, Base, Payer, authorized_data, question, requirement
from tests.x402.relay import Relay
from tests.x402.seller import PRICE, Seller
from tests.x402.shop import Shop, paid_for, running_shop

_OPEN: Final = bytes(function_signature_to_4byte_selector("open(address)"))
LIMITS: Final = Limits(fee_max=10**17, carry_min={"usdc": PRICE})


@pytest.fixture
def wallet(house: House, seller: Seller, base: Base) -> HotWallet:
    made, address = open_hot_wallet(house, seller.merchant, "base", limits=LIMITS)
    base.ask("anvil_setBalance", address, hex(10**18))
    return made


@pytest.fixture
def shop(house: House, seller: Seller) -> Iterator[Shop]:
    key = house.key(seller.merchant, "rk", "payments:read", "payments:write")
    with running_shop(house.url, key) as running:
        yield running


def sends(house: House, seller: Seller) -> list[tuple[Any, ...]]:
    return house.sql(
        "SELECT state, reason FROM sends WHERE merchant_id = %s ORDER BY id", seller.merchant.id
    )


def test_the_merchant_s_wallet_brings_it_and_no_facilitator_is_asked(
    house: House, seller: Seller, base: Base, relay: Relay, wallet: HotWallet
) -> None:
    payer = base.payer()
    paid = question(payer.word(seller.wallet, PRICE), requirement(seller.wallet, PRICE))

    answer = seller.settle(paid).json

    assert answer["success"] is True, answer
    assert payer.address not in relay.asked
    sent = base.ask("eth_getTransactionByHash", answer["transaction"])
    assert sent["from"].lower() == wallet.address
    assert base.balance(seller.wallet) == PRICE
    again = seller.settle(paid).json
    assert (again["success"], again["errorReason"]) == (False, "invalid_transaction_state")
    assert len(sends(house, seller)) == 1


def test_without_a_facilitator_the_wallet_is_enough(
    house: House, seller: Seller, base: Base, wallet: HotWallet
) -> None:
    facilitator, stranger = house.app.facilitator, Seller(house, house.merchant())
    hand_in = facilitator.hand_in
    object.__setattr__(facilitator, "hand_in", None)
    try:
        payer = base.payer()
        kinds = seller.api.get("/x402/supported")["kinds"]
        paid = question(payer.word(seller.wallet, PRICE), requirement(seller.wallet, PRICE))
        done = seller.settle(paid).json
        small = requirement(seller.wallet, PRICE - 1)
        too_small = seller.settle(question(payer.word(seller.wallet, PRICE - 1), small))
        other = requirement(stranger.wallet, PRICE)
        nobody = stranger.settle(question(payer.word(stranger.wallet, PRICE), other))
        none = stranger.api.get("/x402/supported")["kinds"]
    finally:
        object.__setattr__(facilitator, "hand_in", hand_in)

    assert wallet.network == "base"
    assert kinds == [{"x402Version": 2, "scheme": "exact", "network": NETWORK}]
    assert done["success"] is True, done
    for refused in (too_small, nobody):
        assert (refused.status, refused.error["code"]) == (503, "settlement_unavailable")
    assert none == []


def test_a_shop_behind_the_paywall_needs_no_facilitator_either(
    shop: Shop, seller: Seller, base: Base, relay: Relay, wallet: HotWallet
) -> None:
    payer = base.payer()
    status, _, _ = shop.ask(
        "/weather", paid_for(shop, "/weather", payer.word(seller.wallet, PRICE))
    )

    assert wallet.limits == LIMITS
    assert status == 200
    assert payer.address.lower() not in relay.asked
    assert base.balance(seller.wallet) == PRICE


def test_x04_a_word_used_first_by_others_costs_the_wallet_nothing(
    house: House, seller: Seller, base: Base, wallet: HotWallet
) -> None:
    payer = base.payer()
    word = payer.word(seller.wallet, PRICE)
    paid = question(word, requirement(seller.wallet, PRICE))
    base.ask("anvil_setBalance", wallet.address, "0x0")
    assert seller.settle(paid).json["errorReason"] == "settlement_pending"

    tx_id = base.send(paid["paymentRequirements"]["asset"], authorized_data(word))
    done = seller.settle(paid).json
    base.ask("anvil_setBalance", wallet.address, hex(10**18))
    house.sql("UPDATE sends SET next_at = now() WHERE state = 'queued'")

    assert (done["success"], done["transaction"]) == (True, tx_id)
    until(lambda: sends(house, seller)[0][0] == "failed", "ours is refused before it is sent")
    assert int(base.ask("eth_getBalance", wallet.address, "latest"), 16) == 10**18


def test_a_wallet_that_is_a_contract_pays_by_its_own_signature(
    seller: Seller, base: Base, wallet: HotWallet
) -> None:
    key = Account.create()
    contract = _open(base, str(key.address))
    base.mined(base.call_token("mint(address,uint256)", contract, PRICE))
    asked = requirement(seller.wallet, PRICE)

    forged = seller.settle(question(_Contract(contract).word(seller.wallet, PRICE), asked)).json
    good = question(_Contract(contract, key).word(seller.wallet, PRICE), asked)
    verified, done = seller.verify(good), seller.settle(good).json

    assert (forged["success"], forged["errorReason"].rsplit("_", 1)[1]) == (False, "signature")
    assert verified["isValid"] is True
    assert done["success"] is True, done
    assert wallet.network == "base"
    assert base.balance(seller.wallet) == PRICE


class _Contract(Payer):
    """A payer whose address is a contract's, and whose key signs for it."""

    def __init__(self, address: str, key: Any = None) -> None:  # noqa: ANN401
        super().__init__(key or Account.create())
        self._address = address

    @property
    def address(self) -> str:
        return self._address


def _open(base: Base, key: str) -> str:
    asked = {"from": base.owner, "data": compile_contracts()["SmartWallet"], "gas": hex(3_000_000)}
    receipt = base.mined(base.ask("eth_sendTransaction", asked))
    wallet: str = receipt["contractAddress"]
    data = "0x" + _OPEN.hex() + key[2:].rjust(64, "0").lower()
    base.mined(base.send(wallet, data))
    return wallet
