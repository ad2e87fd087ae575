"""Paid by a signature: the payer signs, the shop's hot wallet sends, nobody else can gain by it."""

from typing import Any, Final

from eth_account import Account
from eth_account.messages import encode_typed_data

from tests.house import Merchant
from tests.integration.api.estate import Answer, Api
from tests.integration.evm.conftest import NETWORK, Street, way
from tests.integration.evm.hot import hot_wallet, mine_until, sends
from tests.integration.evm.test_deposit_payments import TILL, asked

CARRIES: Final = {"carry_min": {"usdc": 1_000_000}}


class Payer:
    """Somebody with USDC and no coin for gas."""

    def __init__(self, street: Street, contract: str | None = None, units: int = 10**9) -> None:
        self.key = Account.create()
        self.address = contract or str(self.key.address)
        street.on(_give, address=self.address, units=units)

    def sign(self, request: dict[str, Any], **changes: object) -> dict[str, Any]:
        """Sign what the wallet was asked, as `eth_signTypedData_v4` does."""
        assert request["method"] == "eth_signTypedData_v4"
        typed = request["params"]["typedData"]
        message = typed["message"] | changes
        said = typed | {"message": {name: _number(text) for name, text in message.items()}}
        signature = self.key.sign_message(encode_typed_data(full_message=said)).signature
        return {
            "valid_before": int(message["validBefore"]),
            "nonce": message["nonce"],
            "signature": f"0x{bytes(signature).hex()}",
        }


def _number(text: str) -> object:
    return int(text) if text.isdigit() else text


async def _give(evm: Any, address: str, units: int) -> None:  # noqa: ANN401
    await evm.call(evm.chain.tokens["usdc"], "mint(address,uint256)", address, units)
    await evm.mine()


async def _open(evm: Any, key: str) -> str:  # noqa: ANN401
    wallet: str = evm.contracts["SmartWallet"]
    await evm.call(wallet, "open(address)", key)
    await evm.mine()
    return wallet


def request(street: Street, shop: Merchant, intent: dict[str, Any], payer: str) -> Answer:
    body = {"network": NETWORK, "token": "usdc", "payer": payer, "authorization": True}
    return street.api(shop).ask("POST", f"/v1/payment_intents/{intent['id']}/wallet_request", body)


def authorize(
    street: Street, shop: Merchant, intent: dict[str, Any], payer: str, signed: dict[str, Any]
) -> Answer:
    body = {
        "network": NETWORK,
        "token": "usdc",
        "payer": payer,
        "client_secret": intent["client_secret"],
        **signed,
    }
    path = f"/v1/payment_intents/{intent['id']}/authorization"
    return Api(street.house, shop.pk).ask("POST", path, body)


def settled(street: Street, shop: Merchant, intent: dict[str, Any]) -> dict[str, Any]:
    api = street.api(shop)
    path = f"/v1/payment_intents/{intent['id']}"
    mine_until(street, lambda: api.get(path)["status"] == "succeeded", "it is paid")
    return api.get(path)


def test_a_payer_without_gas_signs_and_the_shop_sends(street: Street) -> None:
    shop = street.merchant(TILL)
    hot_wallet(street, shop, **CARRIES)
    payer, intent = Payer(street), asked(street, shop)
    _, due, _ = way(intent)

    told = request(street, shop, intent, payer.address).json
    message = told["params"]["typedData"]["message"]
    answer = authorize(street, shop, intent, payer.address, payer.sign(told))

    assert answer.status == 200, answer.json
    assert (message["to"].lower(), message["value"]) == (TILL, str(due))
    done = settled(street, shop, intent)
    assert street.held("usdc", TILL) == due
    assert done["amount_received"] == intent["amount"]
    charge = street.api(shop).get(f"/v1/charges/{done['latest_charge']}")
    assert charge["payment_method_details"]["crypto"]["buyer_address"] == payer.address
    mine_until(street, lambda: sends(street, shop)[0][1] == "done", "the send is done")


def test_what_was_signed_pays_this_and_only_this_once(street: Street) -> None:
    shop = street.merchant(TILL)
    hot_wallet(street, shop, **CARRIES)
    payer, thief = Payer(street), Payer(street)
    one, other = asked(street, shop), asked(street, shop)
    told = request(street, shop, one, payer.address).json

    less = payer.sign(told, value="1")
    elsewhere = payer.sign(told, to=thief.address)
    late = payer.sign(told, validBefore="1700000000")
    good = payer.sign(told)
    refused = [
        authorize(street, shop, one, payer.address, less),
        authorize(street, shop, one, payer.address, elsewhere),
        authorize(street, shop, one, payer.address, late),
        authorize(street, shop, other, payer.address, good),
        authorize(street, shop, one, thief.address, good),
        authorize(street, shop, one, payer.address, good | {"nonce": "0x" + "11" * 32}),
        authorize(street, shop, one, payer.address, good | {"signature": "0x" + "22" * 65}),
    ]

    assert {answer.status for answer in refused} == {400}, [one.json for one in refused]
    assert {answer.error["code"] for answer in refused} <= {
        "authorization_signature",
        "authorization_late",
    }
    assert sends(street, shop) == []
    assert authorize(street, shop, one, payer.address, good).status == 200
    again = authorize(street, shop, one, payer.address, good)
    assert (again.status, again.error["code"]) == (409, "already_sending")
    settled(street, shop, one)
    assert len(sends(street, shop)) == 1
    assert street.api(shop).get(f"/v1/payment_intents/{other['id']}")["amount_received"] == 0


def test_a_wallet_that_is_a_contract_signs_by_its_own_rules(street: Street) -> None:
    shop = street.merchant(TILL)
    hot_wallet(street, shop, **CARRIES)
    key = Account.create()
    contract = street.on(_open, key=str(key.address))
    payer, intent = Payer(street, contract), asked(street, shop)
    told = request(street, shop, intent, contract).json

    stranger = authorize(street, shop, intent, contract, payer.sign(told))
    payer.key = key
    wrapped = payer.sign(told)
    wrapped["signature"] += "6492" * 16
    factory = authorize(street, shop, intent, contract, wrapped)
    answer = authorize(street, shop, intent, contract, payer.sign(told))

    assert (stranger.status, stranger.error["code"]) == (400, "authorization_signature")
    assert (factory.status, factory.error["code"]) == (400, "authorization_signature")
    assert answer.status == 200, answer.json
    settled(street, shop, intent)


def test_it_pays_a_deposit_address_too(street: Street) -> None:
    street.deploy()
    shop = street.merchant(TILL)
    hot_wallet(street, shop, **CARRIES)
    payer, intent = Payer(street), asked(street, shop)
    address, due, _ = way(intent)
    assert address != TILL

    told = request(street, shop, intent, payer.address).json
    assert authorize(street, shop, intent, payer.address, payer.sign(told)).status == 200

    settled(street, shop, intent)
    assert street.held("usdc", address) == due


def test_without_a_wallet_that_carries_it_nobody_is_asked_to_sign(street: Street) -> None:
    shop, small = street.merchant(TILL), street.merchant("0x" + "7d" * 20)
    hot_wallet(street, small, carry_min={"usdc": 100_000_000})
    payer = Payer(street)

    for merchant in (shop, small):
        intent = asked(street, merchant)
        refused = request(street, merchant, intent, payer.address)
        assert (refused.status, refused.error["code"]) == (503, "authorization_unavailable")


def test_a_payer_with_too_little_costs_the_shop_no_gas(street: Street) -> None:
    shop = street.merchant(TILL)
    hot_wallet(street, shop, **CARRIES)
    payer, intent = Payer(street, units=5), asked(street, shop)
    told = request(street, shop, intent, payer.address).json

    refused = authorize(street, shop, intent, payer.address, payer.sign(told))

    assert (refused.status, refused.error["code"]) == (400, "authorization_funds")
    assert sends(street, shop) == []


def test_x04_a_word_that_somebody_else_brought_first_has_paid(street: Street) -> None:
    shop = street.merchant(TILL)
    wallet = hot_wallet(street, shop, **CARRIES)
    payer, intent = Payer(street), asked(street, shop)
    told = request(street, shop, intent, payer.address).json
    signed = payer.sign(told)
    street.on(_empty, address=wallet.address)  # so that ours waits
    assert authorize(street, shop, intent, payer.address, signed).status == 200

    street.on(_use, message=told["params"]["typedData"]["message"], signed=signed)

    settled(street, shop, intent)
    street.on(_refill, address=wallet.address)
    street.house.sql("UPDATE sends SET next_at = now() WHERE state = 'queued'")
    mine_until(street, lambda: sends(street, shop)[0][1] == "failed", "ours is refused")


async def _empty(evm: Any, address: str) -> None:  # noqa: ANN401
    await evm.anvil.ask("anvil_setBalance", address, "0x0")


async def _refill(evm: Any, address: str) -> None:  # noqa: ANN401
    await evm.anvil.ask("anvil_setBalance", address, hex(10**18))


async def _use(evm: Any, message: dict[str, str], signed: dict[str, Any]) -> None:  # noqa: ANN401
    await evm.call(
        evm.chain.tokens["usdc"],
        "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)",
        message["from"],
        message["to"],
        int(message["value"]),
        int(message["validAfter"]),
        int(message["validBefore"]),
        bytes.fromhex(message["nonce"][2:]),
        bytes.fromhex(signed["signature"][2:]),
    )
    await evm.mine()
