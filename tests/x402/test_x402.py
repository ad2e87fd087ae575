"""Paying with the request itself, on a real chain: every case X01 to X09, and the happy way."""

import concurrent.futures
import http.client
import secrets

import pytest
from eth_account import Account

from sluice.business.payments.paywalls.settle import hand_in_again
from tests.house import House, Merchant, until
from tests.integration.api.estate import Api
from tests.x402.base import NETWORK, Base, Payer, authorized_data, question, requirement
from tests.x402.relay import Relay
from tests.x402.seller import PRICE, Seller


def test_a_word_becomes_a_payment_like_any_other(seller: Seller, base: Base) -> None:
    payer = base.payer()
    asked = requirement(seller.wallet, PRICE)
    paid = question(payer.word(seller.wallet, PRICE), asked)

    assert seller.verify(paid) == {"isValid": True, "payer": payer.address.lower()}
    answer = seller.settle(paid)

    assert answer.json["success"] is True, answer.json
    assert base.mined(answer.json["transaction"])["status"] == "0x1"
    assert answer.json["network"] == NETWORK
    assert base.balance(seller.wallet) == PRICE
    [intent] = seller.intents()
    assert (intent["amount"], intent["currency"]) == (PRICE, "usdc")
    assert intent["metadata"]["x402_resource"] == "https://shop.example.com/a"
    done = seller.api.sees(intent["id"], "succeeded")
    charge = seller.api.get(f"/v1/charges/{done['latest_charge']}")
    crypto = charge["payment_method_details"]["crypto"]
    assert crypto["transaction_hash"] == answer.json["transaction"]
    succeeded = "/v1/events?type=payment_intent.succeeded"
    told = until(lambda: seller.api.get(succeeded)["data"], "they are told")
    assert [event["data"]["object"]["id"] for event in told] == [intent["id"]]
    balance = seller.api.get("/v1/balance")
    assert sum(part["amount"] for part in balance["pending"] + balance["available"]) > 0


def test_what_is_supported_is_listed(seller: Seller) -> None:
    supported = seller.api.get("/x402/supported")

    assert supported["kinds"] == [{"x402Version": 2, "scheme": "exact", "network": NETWORK}]
    assert Api(seller.house, seller.merchant.live_sk).get("/x402/supported")["kinds"] == []


def test_x01_one_word_sent_twice_at_once_opens_once(seller: Seller, base: Base) -> None:
    payer = base.payer()
    paid = question(payer.word(seller.wallet, PRICE), requirement(seller.wallet, PRICE))

    with concurrent.futures.ThreadPoolExecutor(2) as both:
        answers = [each.json for each in both.map(seller.settle, [paid, paid])]
    again = seller.settle(paid).json

    assert sorted(answer["success"] for answer in answers) == [False, True]
    assert again["errorReason"] == "invalid_transaction_state"
    assert base.balance(seller.wallet) == PRICE
    assert len(seller.intents()) == 1


def test_x01_the_same_identifier_gets_the_same_answer_and_another_payment_a_conflict(
    seller: Seller, base: Base
) -> None:
    payer = base.payer()
    name, asked = secrets.token_hex(16), requirement(seller.wallet, PRICE)  # noqa: TID251
    paid = question(payer.word(seller.wallet, PRICE), asked, identifier=name)

    first, second = seller.settle(paid).json, seller.settle(paid).json
    other = seller.settle(question(payer.word(seller.wallet, PRICE), asked, identifier=name))

    assert first["success"] is True
    assert second == first
    assert (other.status, other.error["code"]) == (409, "payment_identifier_reuse")
    assert base.balance(seller.wallet) == PRICE


def test_x02_what_the_payer_says_was_asked_counts_for_nothing(seller: Seller, base: Base) -> None:
    payer, thief = base.payer(), str(Account.create().address)
    asked = requirement(seller.wallet, PRICE)
    cheap = question(payer.word(seller.wallet, 1), asked, accepted=requirement(seller.wallet, 1))
    swapped = question(payer.word(thief, PRICE), asked, accepted=requirement(thief, PRICE))
    honest_copy = question(payer.word(seller.wallet, 1), asked)

    for refused in (cheap, swapped):
        assert seller.verify(refused)["invalidReason"] == "invalid_payment_requirements"
        assert seller.settle(refused).json["success"] is False
    assert "value_mismatch" in seller.verify(honest_copy)["invalidReason"]
    assert seller.intents() == []


def test_x03_money_that_left_after_verifying_opens_nothing(seller: Seller, base: Base) -> None:
    payer = base.payer(PRICE)
    paid = question(payer.word(seller.wallet, PRICE), requirement(seller.wallet, PRICE))
    assert seller.verify(paid)["isValid"] is True
    other = question(payer.word(seller.wallet, PRICE), requirement(seller.wallet, PRICE))
    assert seller.settle(other).json["success"] is True  # and now the payer has nothing

    refused = seller.settle(paid).json

    assert (refused["success"], refused["errorReason"]) == (False, "insufficient_funds")
    assert base.balance(seller.wallet) == PRICE


def test_x04_a_word_that_somebody_else_brought_first_is_paid(
    seller: Seller, base: Base, relay: Relay
) -> None:
    payer = base.payer()
    word = payer.word(seller.wallet, PRICE)
    relay.mood[payer.address] = "loses"
    paid = question(word, requirement(seller.wallet, PRICE))
    assert seller.settle(paid).json["errorReason"] == "settlement_pending"

    stranger = base.ask("eth_accounts")[5]
    tx_id = base.send(requirement("", 1)["asset"], authorized_data(word), stranger)
    answer = seller.settle(paid).json

    assert answer["success"] is True
    assert answer["transaction"] == tx_id
    assert len(seller.intents()) == 1


def test_x05_a_signature_for_anything_else_is_refused(seller: Seller, base: Base) -> None:
    payer, asked = base.payer(), requirement(seller.wallet, PRICE)
    good = payer.word(seller.wallet, PRICE)
    raw = bytes.fromhex(good["signature"][2:])
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    high = raw[:32] + (order - int.from_bytes(raw[32:64], "big")).to_bytes(32, "big")
    words = [
        payer.word(seller.wallet, PRICE, name="USDC"),
        payer.word(seller.wallet, PRICE, version="1"),
        payer.word(seller.wallet, PRICE, chainId=84532),
        payer.word(seller.wallet, PRICE, verifyingContract=seller.wallet),
        good | {"signature": "0x" + (high + bytes([55 - raw[64]])).hex()},
        good | {"signature": "0x" + "11" * 65},
        good | {"signature": "0x" + "11" * 200},
        good | {"authorization": good["authorization"] | {"from": seller.wallet[:-4] + "0000"}},
    ]

    for word in words:
        refused = seller.verify(question(word, asked))
        assert refused["isValid"] is False
        assert refused["invalidReason"].endswith("_signature"), refused
    assert seller.verify(question(good, asked))["isValid"] is True


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"not json", b'{"x402Version":1}', b"[" * 5000 + b"]" * 5000, b"x" * 40_000],
)
def test_x06_what_cannot_be_read_is_refused_before_it_is_looked_at(
    seller: Seller, body: bytes
) -> None:
    wire = http.client.HTTPConnection("127.0.0.1", seller.house.settings.port, timeout=15)
    wire.request("POST", "/x402/settle", body, {"Authorization": f"Bearer {seller.api.key}"})
    status = wire.getresponse().status
    wire.close()

    assert status in {400, 413}
    assert seller.intents() == []


def test_x07_a_signature_that_would_call_a_factory_is_refused(seller: Seller, base: Base) -> None:
    payer = base.payer()
    good = payer.word(seller.wallet, PRICE)
    wrapped = good | {"signature": good["signature"] + "00" * 32 + "6492" * 16}

    refused = seller.verify(question(wrapped, requirement(seller.wallet, PRICE)))

    assert refused["invalidReason"].endswith("_signature")


def test_x08_a_facilitator_s_word_is_not_believed(
    seller: Seller, base: Base, relay: Relay, house: House
) -> None:
    payer = base.payer()
    relay.mood[payer.address] = "lies"
    paid = question(payer.word(seller.wallet, PRICE), requirement(seller.wallet, PRICE))

    answer = seller.settle(paid).json

    assert (answer["success"], answer["errorReason"]) == (False, "settlement_pending")
    assert base.balance(seller.wallet) == 0
    [intent] = seller.intents()
    assert intent["status"] == "requires_action"

    # When it has come to its senses, what was taken is brought without anybody asking.
    relay.mood[payer.address] = "honest"
    house.sql(
        "UPDATE x402_payments SET next_at = now() - interval '1 minute' WHERE next_at IS NOT NULL"
    )
    house.call(hand_in_again(house.app.facilitator))
    seller.api.sees(intent["id"], "succeeded")
    assert seller.settle(paid).json["success"] is True


def test_x09_a_word_taken_for_one_thing_pays_for_no_other(seller: Seller, base: Base) -> None:
    payer, asked = base.payer(), requirement(seller.wallet, PRICE)
    word = payer.word(seller.wallet, PRICE)
    name = secrets.token_hex(16)  # noqa: TID251
    assert seller.settle(question(word, asked, identifier=name)).json["success"] is True

    elsewhere = seller.settle(
        question(word, asked, url="https://shop.example.com/b", identifier=name)
    ).json

    assert (elsewhere["success"], elsewhere["errorReason"]) == (False, "invalid_transaction_state")


def test_only_the_merchant_s_own_address_is_served(
    house: House, seller: Seller, base: Base
) -> None:
    payer, stranger = base.payer(), Seller(house, house.merchant())
    asked = requirement(stranger.wallet, PRICE)
    word = payer.word(stranger.wallet, PRICE)

    refused = seller.verify(question(word, asked))

    assert "recipient" in refused["invalidReason"]
    assert seller.settle(question(word, asked)).json["success"] is False
    assert stranger.verify(question(word, asked))["isValid"] is True


def test_another_network_token_or_window_is_refused(seller: Seller, base: Base) -> None:
    payer = base.payer()
    word = payer.word(seller.wallet, PRICE)
    elsewhere = requirement(seller.wallet, PRICE, network="eip155:1")
    token = requirement(seller.wallet, PRICE, asset=seller.wallet)
    usual = requirement(seller.wallet, PRICE)
    ended = payer.word(seller.wallet, PRICE, lasts_s=3)

    assert seller.verify(question(word, elsewhere))["invalidReason"] == "invalid_network"
    assert "requirements" in seller.verify(question(word, token))["invalidReason"]
    assert "valid_before" in seller.verify(question(ended, usual))["invalidReason"]


def test_a_key_that_may_only_read_settles_nothing(
    house: House, merchant: Merchant, seller: Seller, base: Base
) -> None:
    payer = base.payer()
    paid = question(payer.word(seller.wallet, PRICE), requirement(seller.wallet, PRICE))
    reads = Api(house, house.key(merchant, "rk", "payments:read"))

    verified = reads.ask("POST", "/x402/verify", paid)
    refused = reads.ask("POST", "/x402/settle", paid)
    nobody = Api(house, "sk_test_nothing").ask("POST", "/x402/verify", paid)

    assert verified.json["isValid"] is True
    assert (refused.status, nobody.status) == (403, 401)


def test_x04_a_wallet_that_sends_the_money_itself_is_known_too(
    seller: Seller, base: Base, relay: Relay
) -> None:
    payer = Payer()
    base.mined(base.call_token("mint(address,uint256)", payer.address, PRICE))
    word = payer.word(seller.wallet, PRICE)
    base.mined(base.send(requirement("", 1)["asset"], authorized_data(word)))

    refused = seller.settle(question(word, requirement(seller.wallet, PRICE))).json

    # Used before anybody here took it: it may have paid for something else.
    assert (refused["success"], refused["errorReason"]) == (False, "invalid_transaction_state")
    until(lambda: base.balance(seller.wallet) == PRICE, "the money came")
    assert payer.address not in relay.asked
