"""Intents paid through the gateway contract, by the wallet request that the API makes."""

import datetime as dt
from typing import Any, Final

import pytest

from sluice.base.work import Work
from sluice.business.accounts.merchants.gateways import (
    find_gateway,
    gateway_key,
    gateway_secret,
    set_gateway,
)
from sluice.engine.chains.gateway import GatewayAccount
from sluice.engine.chains.wallets import WalletOrder, WalletRequest
from tests.integration.stacks.conftest import NETWORK, SECRET, TABLE, Shop, due
from tests.integration.stacks.test_paid_on_stacks import transfers
from tests.stacks.browser_wallet import BrowserWallet
from tests.stacks.suite import register, serve_gateway
from tests.stacks.wallets import Wallet

FEE_BPS: Final = 100
# The chain's own clock starts a day later.
OVER: Final = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


@pytest.fixture
async def gateway(payer: Wallet) -> str:
    """Put the gateway into service and return its id."""
    return await serve_gateway(payer.chain, payer.signer)


@pytest.fixture
def table(payer: Wallet, gateway: str) -> str:
    """Return the networks file with the gateway in it."""
    served = TABLE.format(name=NETWORK, url=payer.chain.url, secret=SECRET)
    return f'{served}gateway = "{gateway}"\n'


@pytest.fixture
async def number(shop: Shop, gateway: str, till: Wallet) -> int:
    """Register the shop in the contract, and tell the house."""
    chain = shop.house.app.chains.find(NETWORK)
    sealer = shop.house.app.sealer

    async def key_of(work: Work) -> str:
        return gateway_key(work, chain, sealer=sealer)

    signer = shop.house.within(key_of, shop.merchant.id)
    registered = await register(shop.payer, gateway, till.address, signer)
    assert chain.gateway is not None
    account = shop.house.call(chain.gateway.account(registered))
    assert account == GatewayAccount(registered, till.address, signer, FEE_BPS, takes_money=True)

    async def set_it(work: Work) -> GatewayAccount:
        return await set_gateway(work, chain, account, sealer=sealer)

    shop.house.within(set_it, shop.merchant.id)
    await shop.caught_up()
    return registered


def asks_wallet(shop: Shop, intent: dict[str, Any], asset: str = "sbtc") -> dict[str, Any]:
    asked = {"network": NETWORK, "token": asset, "payer": shop.payer.address}
    return shop.api.post(f"/v1/payment_intents/{intent['id']}/wallet_request", asked)


@pytest.mark.parametrize("asset", ["sbtc", "stx"])
async def test_an_intent_is_paid_by_the_gateway_contract(
    shop: Shop, gateway: str, number: int, asset: str
) -> None:
    intent = shop.asks("contract", asset)
    _, units, memo = due(intent)
    request = asks_wallet(shop, intent, asset)
    assert request["params"]["contract"] == gateway
    assert int(request["amount"]) - int(request["amount"]) * FEE_BPS // 10_000 == units

    await BrowserWallet(shop.payer).request(request["method"], request["params"])
    await shop.mine()
    await shop.caught_up()
    await shop.burn()

    shop.api.sees(intent["id"], "succeeded")
    assert transfers(shop) == [(asset, units, "final")]
    styles = "SELECT g.style FROM transfers t JOIN targets g ON g.id = t.target_id"
    assert shop.house.sql(styles) == [("contract",)]
    assert memo is not None
    assert number > 0


async def test_a_fork_takes_a_gateway_payment_back_and_brings_it_again(
    shop: Shop, number: int
) -> None:
    intent = shop.asks("contract")
    request = asks_wallet(shop, intent)
    await BrowserWallet(shop.payer).request(request["method"], request["params"])
    await shop.mine(3)
    shop.api.sees(intent["id"], "processing")

    await shop.chain.pull("fork", depth=3)
    shop.wake()
    shop.api.sees(intent["id"], "requires_action")
    await shop.mine()
    await shop.burn()

    shop.api.sees(intent["id"], "succeeded")
    assert number > 0


async def test_who_pays_less_than_was_signed_pays_nothing(shop: Shop, number: int) -> None:
    intent = shop.asks("contract")
    request = asks_wallet(shop, intent)
    cheaper = dict(request["params"])
    arguments = list(cheaper["functionArgs"])
    arguments[3] = "0x01" + (1).to_bytes(16, "big").hex()
    cheaper |= {"functionArgs": arguments, "postConditionMode": "allow", "postConditions": []}
    wallet = BrowserWallet(shop.payer)
    await wallet.request(request["method"], cheaper)

    await shop.mine()
    await shop.burn(3)
    await shop.caught_up()

    assert await shop.chain.status_of(wallet.sent[0]) == "abort_by_response"
    assert transfers(shop) == []
    assert number > 0


async def test_an_event_of_another_contract_settles_nothing(shop: Shop, number: int) -> None:
    intent = shop.asks("contract")
    _, units, memo = due(intent)
    forged = await shop.payer.deploy("sluice-gateway", _forgery(shop, number, units, memo or ""))
    await shop.payer.call(forged, "lie", mode="allow")

    await shop.mine()
    await shop.burn(3)
    await shop.caught_up()

    assert transfers(shop) == []
    assert shop.api.get(f"/v1/payment_intents/{intent['id']}")["status"] == "requires_action"


async def test_what_was_offered_can_be_paid_by_hand_as_well(shop: Shop, number: int) -> None:
    intent = shop.asks("contract")
    address, units, memo = due(intent)
    await shop.payer.pay_sbtc(address, units, memo=memo)

    await shop.mine()
    await shop.caught_up()
    await shop.burn()

    shop.api.sees(intent["id"], "succeeded")
    assert number > 0


async def test_a_late_payment_through_the_gateway_never_leaves_the_payer(
    shop: Shop, number: int
) -> None:
    address, units, memo = due(shop.asks("contract"))
    chain, sealer = shop.house.app.chains.find(NETWORK), shop.house.app.sealer

    async def ask(work: Work) -> WalletRequest:
        account = await find_gateway(work, chain)
        assert chain.gateway is not None
        assert account is not None
        order = WalletOrder("sbtc", units, shop.payer.address, address, memo)
        secret = gateway_secret(work, sealer=sealer)
        return chain.gateway.ask_wallet(order, account, until=OVER, secret=secret)

    request = shop.house.within(ask, shop.merchant.id)
    wallet = BrowserWallet(shop.payer)
    await wallet.request(request.method, request.params)

    await shop.mine()
    await shop.caught_up()

    assert await shop.chain.status_of(wallet.sent[0]) == "abort_by_response"
    assert transfers(shop) == []
    assert number > 0


def _forgery(shop: Shop, number: int, units: int, memo: str) -> str:
    """Return a contract that prints what the gateway would print."""
    token = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token"
    return f"""
(define-public (lie) (begin
  (print {{sluice: u1, seq: u1, ev: "payment.settled", id: u1, actor: tx-sender, token: '{token},
    amount: u{units}, data: {{merchant: u{number}, ref: 0x{memo}, payer: tx-sender,
    payout: '{shop.wallet.address}, fee: u0, split-total: u0, mode: u0, escrow: none,
    open: false}}}})
  (ok true)))"""
