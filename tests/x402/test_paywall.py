"""A shop behind our paywall, paid on a real chain by the protocol's own client for Python."""

import secrets
from collections.abc import Iterator
from typing import Final

import pytest
import requests  # noqa: TID251 - what the official client pays with
from x402 import x402ClientSync
from x402.client_base import SpendControls
from x402.extensions.payment_identifier import append_payment_identifier_to_extensions
from x402.http import x402HTTPClientSync
from x402.http.clients.requests import PaymentError, x402_requests
from x402.mechanisms.evm.exact import register_exact_evm_client
from x402.schemas import PaymentRequired
from x402.schemas.v1 import PaymentRequiredV1

from tests.house import House
from tests.integration.api.estate import Api
from tests.x402.base import NETWORK, TOKEN, Base, Payer, requirement
from tests.x402.relay import Relay
from tests.x402.seller import PRICE, Seller
from tests.x402.shop import FREE, Shop, header, opened, paid_for, running_shop

WEATHER: Final = {"weather": "rain"}


@pytest.fixture
def shop(house: House, seller: Seller) -> Iterator[Shop]:
    key = house.key(seller.merchant, "rk", "payments:read", "payments:write")
    with running_shop(house.url, key) as running:
        yield running


def official(payer: Payer) -> x402ClientSync:
    """Return the protocol's own client, who signs with this payer's key."""
    client = x402ClientSync()
    register_exact_evm_client(client, payer.key)
    return client


def test_the_official_client_is_asked_pays_and_is_served(
    shop: Shop, seller: Seller, base: Base
) -> None:
    payer = base.payer()
    session = x402_requests(official(payer))

    unpaid = requests.get(f"{shop.url}/weather", timeout=15)
    answer = session.get(f"{shop.url}/weather", timeout=60)

    assert unpaid.status_code == 402
    assert shop.served.paths == ["/weather"]
    assert (answer.status_code, answer.json()) == (200, WEATHER)
    told = x402HTTPClientSync(official(payer)).get_payment_settle_response(answer.headers.get)
    assert (told.success, told.network) == (True, NETWORK)
    assert base.mined(told.transaction)["status"] == "0x1"
    assert base.balance(seller.wallet) == PRICE
    [intent] = seller.intents()
    assert intent["metadata"]["x402_resource"] == f"{shop.url}/weather"
    seller.api.sees(intent["id"], "succeeded")


def test_what_is_asked_is_the_merchant_s_wallet_and_the_token_s_own_name(
    shop: Shop, seller: Seller
) -> None:
    status, headers, body = shop.ask("/weather?day=1")

    asked = opened(headers["payment-required"])
    assert status == 402
    assert asked["resource"] == {"url": f"{shop.url}/weather?day=1"}
    [way] = asked["accepts"]
    assert way["asset"].lower() == TOKEN
    assert (way["payTo"], way["network"], way["amount"]) == (seller.wallet, NETWORK, str(PRICE))
    assert way["extra"] == {"name": "USD Coin", "version": "2"}
    assert body["x402Version"] == 1
    assert body["accepts"][0]["network"] == "base"
    assert "payment-required" in headers["access-control-expose-headers"].lower()
    assert shop.served.paths == []


def test_the_official_client_may_name_its_payment_and_ask_again(
    shop: Shop, seller: Seller, base: Base
) -> None:
    client = official(base.payer())
    http = x402HTTPClientSync(client)
    _, headers, body = shop.ask("/weather")
    required = http.get_payment_required_response(lambda name: headers.get(name.lower()), body)
    assert isinstance(required, PaymentRequired)
    assert required.extensions is not None
    append_payment_identifier_to_extensions(required.extensions)
    paid = http.encode_payment_signature_header(client.create_payment_payload(required))

    answers = [shop.ask("/weather", paid)[0] for _ in range(2)]
    _, ordered, _ = shop.ask("/weather", method="POST")

    assert answers == [200, 200]
    assert base.balance(seller.wallet) == PRICE
    assert "extensions" not in opened(ordered["payment-required"])


def test_what_costs_nothing_is_served(shop: Shop) -> None:
    status, headers, body = shop.ask(FREE)

    assert (status, body) == (200, WEATHER)
    assert "payment-response" not in headers


def test_version_1_of_the_official_client_is_served_too(
    shop: Shop, seller: Seller, base: Base
) -> None:
    client = official(base.payer())
    _, _, body = shop.ask("/weather")
    payload = client.create_payment_payload(PaymentRequiredV1.model_validate(body))
    paid = x402HTTPClientSync(client).encode_payment_signature_header(payload)
    assert list(paid) == ["X-PAYMENT"]

    status, headers, served = shop.ask("/weather", paid)

    assert (status, served) == (200, WEATHER)
    told = opened(headers["x-payment-response"])
    assert (told["success"], told["network"]) == (True, "base")
    assert base.balance(seller.wallet) == PRICE
    again, _, _ = shop.ask("/weather", paid)
    assert again == 402
    assert shop.served.paths == ["/weather"]


def test_x01_a_word_sent_again_opens_nothing(shop: Shop, seller: Seller, base: Base) -> None:
    payer = base.payer()
    paid = paid_for(shop, "/weather", payer.word(seller.wallet, PRICE))

    first, second = shop.ask("/weather", paid), shop.ask("/weather", paid)

    assert (first[0], second[0]) == (200, 402)
    told = opened(second[1]["payment-response"])
    assert (told["success"], told["errorReason"]) == (False, "invalid_transaction_state")
    assert shop.served.paths == ["/weather"]
    assert base.balance(seller.wallet) == PRICE


def test_x01_a_payment_named_by_its_payer_is_answered_again_but_does_nothing_twice(
    shop: Shop, seller: Seller, base: Base
) -> None:
    payer, name = base.payer(), secrets.token_hex(16)  # noqa: TID251 - as clients do
    word = payer.word(seller.wallet, PRICE)
    paid = paid_for(shop, "/weather", word, identifier=name)
    other = paid_for(shop, "/weather", payer.word(seller.wallet, PRICE), identifier=name)

    answers = [shop.ask("/weather", paid)[0] for _ in range(2)]
    unnamed = shop.ask("/weather", paid_for(shop, "/weather", word))[0]
    ordered = shop.ask("/weather", paid, method="POST")[0]

    assert answers == [200, 200]
    assert (unnamed, ordered) == (402, 402)
    assert shop.ask("/weather", other)[0] == 409
    assert shop.served.paths == ["/weather", "/weather"]
    assert base.balance(seller.wallet) == PRICE


def test_x09_a_word_for_one_thing_opens_no_other(shop: Shop, seller: Seller, base: Base) -> None:
    payer = base.payer()
    paid = paid_for(shop, "/a", payer.word(seller.wallet, PRICE))

    elsewhere = shop.ask("/b", paid)
    bare = opened(paid["PAYMENT-SIGNATURE"])
    del bare["resource"]
    assert shop.ask("/a", paid)[0] == 200
    moved = shop.ask("/b", {"PAYMENT-SIGNATURE": header(bare)})

    assert (elsewhere[0], moved[0]) == (402, 402)
    assert opened(elsewhere[1]["payment-required"])["error"] == "invalid_payment_requirements"
    assert opened(moved[1]["payment-response"])["errorReason"] == "invalid_transaction_state"
    assert shop.served.paths == ["/a"]


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        ("too little", "authorization_value_mismatch"),
        ("expired", "authorization_valid_before"),
        ("somebody else's", "recipient_mismatch"),
        ("another network's signature", "signature"),
    ],
)
def test_what_does_not_pay_is_refused(
    shop: Shop, seller: Seller, base: Base, why: str, reason: str
) -> None:
    payer = base.payer()
    word = {
        "too little": lambda: payer.word(seller.wallet, PRICE - 1),
        "expired": lambda: payer.word(seller.wallet, PRICE, lasts_s=2),
        "somebody else's": lambda: payer.word(payer.address, PRICE),
        "another network's signature": lambda: payer.word(seller.wallet, PRICE, chainId=84532),
    }[why]()

    status, headers, _ = shop.ask("/weather", paid_for(shop, "/weather", word))

    assert status == 402
    assert opened(headers["payment-response"])["errorReason"].endswith(reason)
    assert shop.served.paths == []
    assert base.balance(seller.wallet) == 0


def test_x02_what_a_payer_says_was_asked_counts_for_nothing(
    shop: Shop, seller: Seller, base: Base
) -> None:
    payer = base.payer()
    for lie in (
        requirement(seller.wallet, 1),
        requirement(payer.address, PRICE),
        requirement(seller.wallet, PRICE, maxTimeoutSeconds=120, network="eip155:1"),
    ):
        word = payer.word(lie["payTo"], int(lie["amount"]))
        status, headers, _ = shop.ask("/weather", paid_for(shop, "/weather", word, accepted=lie))

        assert status == 402
        assert opened(headers["payment-required"])["error"] in {
            "invalid_payment_requirements",
            "invalid_network",
        }
    assert shop.served.paths == []


def test_a_payer_without_money_is_told_so_by_the_official_client(shop: Shop, base: Base) -> None:
    session = x402_requests(official(base.payer(PRICE - 1)))

    answer = session.get(f"{shop.url}/weather", timeout=60)

    assert answer.status_code == 402
    assert opened(answer.headers["payment-response"])["errorReason"] == "insufficient_funds"
    assert shop.served.paths == []


def test_the_official_client_pays_no_more_than_its_owner_allows(shop: Shop, base: Base) -> None:
    client = official(base.payer())
    client.set_spend_controls(SpendControls(max_amount_per_payment="$0.001"))

    with pytest.raises(PaymentError, match="spend_controls"):
        x402_requests(client).get(f"{shop.url}/weather", timeout=60)
    assert shop.served.paths == []


@pytest.mark.parametrize(
    "text", ["not base64!", "bm9uc2Vuc2U=", header({"x402Version": 1}), "A" * 17_000]
)
def test_x06_what_cannot_be_read_is_refused(shop: Shop, text: str) -> None:
    status, _, body = shop.ask("/weather", {"PAYMENT-SIGNATURE": text})

    assert status == 400
    assert body["error"].startswith("invalid_")
    assert shop.served.paths == []


def test_what_is_not_in_a_block_yet_is_served_when_the_same_is_sent_again(
    shop: Shop, seller: Seller, base: Base, relay: Relay
) -> None:
    payer = base.payer()
    relay.mood[payer.address.lower()] = "loses"
    paid = paid_for(shop, "/weather", payer.word(seller.wallet, PRICE))

    waiting = shop.ask("/weather", paid)
    relay.mood[payer.address.lower()] = "honest"
    done = shop.ask("/weather", paid)

    assert (waiting[0], done[0]) == (402, 200)
    assert opened(waiting[1]["payment-response"])["errorReason"] == "settlement_pending"
    assert waiting[1]["retry-after"] == "5"
    assert base.balance(seller.wallet) == PRICE
    assert shop.served.paths == ["/weather"]


def test_without_sluice_nothing_is_served(house: House) -> None:
    with running_shop("http://127.0.0.1:9", "sk_test_nothing") as lonely:
        status, headers, body = lonely.ask("/weather")
    with running_shop(house.url, "sk_test_nothing") as stranger:
        refused, _, _ = stranger.ask("/weather")

    assert (status, body["error"]) == (503, "payments_unavailable")
    assert headers["retry-after"] == "5"
    assert refused == 503
    assert (lonely.served.paths, stranger.served.paths) == ([], [])


def test_what_can_be_asked_for_is_told_to_who_may_read(house: House, seller: Seller) -> None:
    query = f"/x402/requirements?asset=usdc&amount={PRICE}"
    [way] = seller.api.get(query)["accepts"]
    elsewhere = Api(house, seller.merchant.live_sk).ask("GET", query)
    wrong = [
        seller.api.ask("GET", f"/x402/requirements?{given}").status
        for given in (
            "asset=usdt&amount=1",
            "asset=usdc&amount=1e3",
            "asset=usdc",
            "amount=0&asset=usdc",
        )
    ]

    assert way == requirement(seller.wallet, PRICE, maxTimeoutSeconds=120) | {"asset": way["asset"]}
    assert elsewhere.status == 400
    assert wrong == [400] * 4
