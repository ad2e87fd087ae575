"""Money that came without its reference: whose it is must be shown, never guessed."""

from typing import Any, Final

from eth_account import Account
from eth_account.messages import encode_defunct

from tests.house import Merchant, until
from tests.integration.api.estate import Answer, Api
from tests.integration.evm.conftest import NETWORK, Street, way
from tests.integration.evm.test_deposit_payments import TILL, asked, books

SIGN_OFF: Final = "0xef0100"  # EIP-7702: the code of a key's own address that a contract acts for


class Wallet:
    """A payer with a key, or a contract that a key signs for; the node lets either send."""

    def __init__(self, street: Street, address: str | None = None) -> None:
        self.key = Account.create()
        self.street = street
        self.address = address or str(self.key.address)
        street.on(_fund, address=self.address)

    def pay(self, to: str, units: int) -> str:
        """Send USDC, mine it, and wait until the house has booked it."""
        tx_id: str = self.street.on(_send, sender=self.address, to=to, units=units)
        self.street.mine(40)
        self.street.followed()
        return tx_id

    def proof(self, intent: dict[str, Any], tx_id: str, payer: str | None = None) -> dict[str, str]:
        """Return what shows that this wallet paid."""
        text = encode_defunct(text=f"I paid {intent['id']} with {tx_id}.")
        signature = self.key.sign_message(text).signature
        return {"payer": payer or self.address, "payer_signature": f"0x{bytes(signature).hex()}"}


async def _fund(evm: Any, address: str) -> None:  # noqa: ANN401
    await evm.anvil.ask("anvil_setBalance", address, hex(10**18))
    await evm.anvil.ask("anvil_impersonateAccount", address)
    await evm.call(evm.chain.tokens["usdc"], "mint(address,uint256)", address, 10**9)
    await evm.mine()


async def _send(evm: Any, sender: str, to: str, units: int) -> str:  # noqa: ANN401
    token = evm.chain.tokens["usdc"]
    tx_id: str = await evm.call(token, "transfer(address,uint256)", to, units, sender=sender)
    await evm.mine()
    return tx_id


async def _open(evm: Any, key: str) -> str:  # noqa: ANN401
    wallet: str = evm.contracts["SmartWallet"]
    await evm.call(wallet, "open(address)", key)
    await evm.mine()
    return wallet


async def _let_act(evm: Any, address: str, contract: str) -> None:  # noqa: ANN401
    await evm.anvil.ask("anvil_setCode", address, SIGN_OFF + contract[2:])


def matched(api: Api, intent: dict[str, Any], tx_id: str, **given: object) -> Answer:
    body = {"network": NETWORK, "transaction": tx_id, **given}
    return api.ask("POST", f"/v1/payment_intents/{intent['id']}/match", body)


def as_payer(
    street: Street, shop: Merchant, intent: dict[str, Any], tx_id: str, proof: dict[str, str]
) -> Answer:
    secret = {"client_secret": intent["client_secret"]}
    return matched(Api(street.house, shop.pk), intent, tx_id, **secret, **proof)


def state(street: Street, shop: Merchant, intent: dict[str, Any]) -> str:
    found: str = street.api(shop).get(f"/v1/payment_intents/{intent['id']}")["status"]
    return found


def test_e18_a_rounded_amount_waits_until_the_merchant_says_whose_it_is(street: Street) -> None:
    shop = street.merchant(TILL)
    one, other = asked(street, shop), asked(street, shop)
    assert way(one)[1] not in {20_000_000, way(other)[1]}

    tx_id = Wallet(street).pay(TILL, 20_000_000)

    assert {state(street, shop, one), state(street, shop, other)} == {"requires_action"}
    assert ("unapplied", "usdc", 20_000_000) in books(street, shop)
    answer = matched(street.api(shop), other, tx_id)
    assert answer.status == 200, answer.json
    street.api(shop).sees(other["id"], "succeeded")
    assert state(street, shop, one) == "requires_action"
    until(
        lambda: ("unapplied", "usdc", 20_000_000) not in books(street, shop),
        "it is the payment's now",
    )


def test_e15_a_transaction_that_paid_one_thing_pays_no_other(street: Street) -> None:
    shop, neighbour = street.merchant(TILL), street.merchant("0x" + "7c" * 20)
    paid, unpaid = asked(street, shop), asked(street, shop)
    foreign = asked(street, neighbour)
    tx_id = Wallet(street).pay(*way(paid)[:2])
    street.api(shop).sees(paid["id"], "succeeded")

    again = matched(street.api(shop), unpaid, tx_id)
    # Another merchant is not even told that there is such a transfer.
    elsewhere = matched(street.api(neighbour), foreign, tx_id)
    never = matched(street.api(shop), unpaid, "0x" + "00" * 32)

    assert (again.status, again.error["code"]) == (409, "transaction_taken")
    assert (elsewhere.status, elsewhere.error["code"]) == (404, "transaction_unknown")
    assert (never.status, never.error["code"]) == (404, "transaction_unknown")
    assert matched(street.api(shop), paid, tx_id).status == 200, "its own is no news"
    assert state(street, shop, unpaid) == "requires_action"
    assert state(street, neighbour, foreign) == "requires_action"


def test_e16_a_stranger_cannot_claim_somebody_else_s_transaction(street: Street) -> None:
    shop = street.merchant(TILL)
    payer, thief = Wallet(street), Wallet(street)
    early = payer.pay(TILL, 20_000_000)
    street.house.sql(
        "UPDATE transfers SET block_time = block_time - interval '5 minutes' WHERE tx_id = %s",
        early,
    )
    intent = asked(street, shop)
    tx_id = payer.pay(TILL, 20_000_000)

    bare = as_payer(street, shop, intent, tx_id, {})
    own = as_payer(street, shop, intent, tx_id, thief.proof(intent, tx_id))
    forged = as_payer(street, shop, intent, tx_id, thief.proof(intent, tx_id, payer.address))
    borrowed = as_payer(street, shop, intent, tx_id, payer.proof(asked(street, shop), tx_id))
    no_secret = matched(Api(street.house, shop.pk), intent, tx_id, **payer.proof(intent, tx_id))
    old = as_payer(street, shop, intent, early, payer.proof(intent, early))

    assert (bare.status, bare.error["param"]) == (400, "payer")
    assert (own.status, own.error["code"]) == (403, "payer_unproven")
    assert (forged.status, forged.error["code"]) == (400, "payer_unproven")
    assert (borrowed.status, borrowed.error["code"]) == (400, "payer_unproven")
    assert no_secret.status == 401
    assert (old.status, old.error["code"]) == (409, "transaction_unfit")
    assert state(street, shop, intent) == "requires_action"
    proven = as_payer(street, shop, intent, tx_id, payer.proof(intent, tx_id))
    assert proven.status == 200, proven.json
    street.api(shop).sees(intent["id"], "succeeded")


def test_a_wallet_that_is_a_contract_proves_its_payment_by_its_own_word(street: Street) -> None:
    shop = street.merchant(TILL)
    intent = asked(street, shop)
    key = Wallet(street)
    contract = Wallet(street, street.on(_open, key=key.address))
    tx_id = contract.pay(TILL, 20_000_000)

    other = as_payer(street, shop, intent, tx_id, contract.proof(intent, tx_id))
    good = key.proof(intent, tx_id, contract.address)
    wrapped = good | {"payer_signature": good["payer_signature"] + "6492" * 16}
    factory = as_payer(street, shop, intent, tx_id, wrapped)
    proven = as_payer(street, shop, intent, tx_id, good)

    assert (other.status, other.error["code"]) == (400, "payer_unproven")
    assert (factory.status, factory.error["code"]) == (400, "payer_unproven")
    assert proven.status == 200, proven.json
    street.api(shop).sees(intent["id"], "succeeded")


def test_e21_a_key_that_lets_a_contract_act_still_signs_for_itself(street: Street) -> None:
    shop = street.merchant(TILL)
    intent = asked(street, shop)
    payer = Wallet(street)
    street.on(_let_act, address=payer.address, contract=street.contracts["SmartWallet"])

    tx_id = payer.pay(TILL, 20_000_000)
    stranger = as_payer(
        street, shop, intent, tx_id, Wallet(street).proof(intent, tx_id, payer.address)
    )
    proven = as_payer(street, shop, intent, tx_id, payer.proof(intent, tx_id))

    assert stranger.status == 400
    assert proven.status == 200, proven.json
    done = street.api(shop).sees(intent["id"], "succeeded")
    charge = street.api(shop).get(f"/v1/charges/{done['latest_charge']}")
    assert charge["payment_method_details"]["crypto"]["buyer_address"] == payer.address


def test_e20_what_a_contract_paid_goes_back_only_to_where_the_payer_says(street: Street) -> None:
    shop = street.merchant(TILL)
    intent = asked(street, shop)
    _, units, _ = way(intent)

    async def route(evm: Any) -> None:  # noqa: ANN401
        router, token = evm.contracts["Payer"], evm.chain.tokens["usdc"]
        await evm.call(token, "mint(address,uint256)", router, units)
        await evm.call(router, "pay(address,address[],uint256[])", token, [TILL], [units])
        await evm.mine(100)

    street.on(route)
    street.followed()
    done = street.api(shop).sees(intent["id"], "succeeded")
    refund = street.api(shop).post("/v1/refunds", {"payment_intent": done["id"]})

    assert refund["status"] == "requires_action"
    assert "/r/" in str(refund["next_action"])
    assert not street.house.sql("SELECT 1 FROM sends WHERE merchant_id = %s", shop.id)
    [[recipient]] = street.house.sql("SELECT recipient FROM refunds WHERE id = %s", refund["id"])
    assert recipient is None
