"""Everything a merchant can own, made through the API as a merchant makes it."""

import http.client
import json
from dataclasses import dataclass
from typing import Any, Final

from sluice.base.work import Work
from sluice.business.accounts.merchants.edit import receive_with, set_wallet
from sluice.engine.chains.sandbox.addresses import address_of
from sluice.engine.keys.receiving.activate import preview_account
from sluice.engine.watcher import check_store
from sluice.engine.watcher.check_store import Deposit
from tests.house import House, Merchant, until
from tests.receiver import Receiver

# Where money leaves to: an address at which nobody waits.
NOBODY: Final = address_of(bytes(20))
PRODUCT: Final = {"currency": "usd", "unit_amount": 500, "product_data": {"name": "T"}}
SESSION: Final = {
    "mode": "payment",
    "success_url": "https://x/s",
    "line_items": [{"price_data": PRODUCT, "quantity": 1}],
}
SALE: Final = {
    "amount": 2000,
    "currency": "usd",
    "confirm": True,
    "payment_method_data": {"type": "crypto"},
}

# A payer's word that the merchant took; making one needs a chain that takes words.
_WORD: Final = """
INSERT INTO x402_payments (merchant_id, livemode, id, network, token, payer, nonce, request,
  question, intent_id, until, created_at)
VALUES (%s, false, %s, 'base', 'token', %s, sha256('word'), 'request',
  'question', %s, now(), now())"""

# A coin that a send used up; only Bitcoin has coins.
_COIN: Final = """
INSERT INTO spent_coins (merchant_id, livemode, wallet_id, tx_id, index, send_id)
SELECT merchant_id, livemode, wallet_id, 'coin', 0, id FROM sends WHERE reference = %s"""

# A deposit on its way to become sBTC; making one needs Bitcoin, Stacks and the peg's signers.
_PEG: Final = """
WITH account AS (
  INSERT INTO deposit_accounts (merchant_id, livemode, network, account, created_at)
  VALUES (%s, false, 'bitcoin', 'account', now())),
deposit AS (
  INSERT INTO deposits (merchant_id, livemode, offer_id, intent_id, network, peg, recipient,
    address, deposit_script, reclaim_script, key_index, lock_blocks, fee_max, created_at)
  VALUES (%s, false, %s, %s, 'bitcoin', 'stacks', 'recipient', %s,
    '00', '00', 1, 144, 1, now()) RETURNING merchant_id, livemode, offer_id, intent_id)
INSERT INTO conversions (merchant_id, livemode, network, tx_id, index, offer_id, intent_id, units,
  state, created_at)
SELECT merchant_id, livemode, 'bitcoin', offer_id, 0, offer_id, intent_id, 1, 'lost', now()
FROM deposit"""


@dataclass(frozen=True)
class Answer:
    """A status and JSON."""

    status: int
    json: dict[str, Any]

    @property
    def error(self) -> dict[str, Any]:
        """Return the refusal."""
        refusal: dict[str, Any] = self.json["error"]
        return refusal


class Api:
    """A merchant's hand on the API: JSON in, JSON out."""

    def __init__(self, house: House, key: str) -> None:
        self.house = house
        self.key = key

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Make a request, whatever comes of it."""
        wire = http.client.HTTPConnection("127.0.0.1", self.house.settings.port, timeout=15)
        given = {"Authorization": f"Bearer {self.key}"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = None
        if method == "POST":
            given["Content-Type"] = "application/json"
            content = json.dumps({} if body is None else body)
        try:
            wire.request(method, path, content, given)
            answer = wire.getresponse()
            return Answer(answer.status, json.loads(answer.read()))
        finally:
            wire.close()

    def get(self, path: str) -> dict[str, Any]:
        """Read something that is there."""
        return self._done(self.ask("GET", path))

    def post(self, path: str, body: object = None) -> dict[str, Any]:
        """Do something that may be done."""
        return self._done(self.ask("POST", path, body))

    def sees(self, intent_id: str, status: str) -> dict[str, Any]:
        """Wait until an intent has this status."""

        def found() -> dict[str, Any] | None:
            intent = self.get(f"/v1/payment_intents/{intent_id}")
            return intent if intent["status"] == status else None

        return until(found, f"{intent_id} is {status}") or {}

    def sells(self, **params: object) -> dict[str, Any]:
        """Ask, be paid on the sandbox and see it confirmed."""
        asked = self.post("/v1/payment_intents", {**SALE, **params})
        self.post("/v1/test_helpers/sandbox/pay", {"payment_intent": asked["id"], "asset": "usdc"})
        self.sees(asked["id"], "processing")
        self.house.mine(2)
        return self.sees(asked["id"], "succeeded")

    def _done(self, answer: Answer) -> dict[str, Any]:
        assert answer.status == 200, answer.json
        return answer.json


@dataclass(frozen=True)
class Estate:
    """One of everything, by the kind of object."""

    merchant: Merchant
    ids: dict[str, str]
    client_secret: str


async def own_deposit(work: Work, merchant_id: str) -> None:
    """Own an address that pays one destination."""
    owned = Deposit("sandbox", f"sb1{merchant_id}", "sb1home", "pi_1", work.now)
    check_store.add_deposit(work, owned)


def leave(house: House, api: Api, sale: dict[str, Any]) -> tuple[str, str]:
    """Refund a part of a sale and pay a part of it out, once it is final and while both wait."""
    house.mine(8)
    final = "SELECT count(*) FROM payment_intents WHERE id = %s AND finalized_at IS NOT NULL"
    until(lambda: house.sql(final, sale["id"])[0][0], "the sale is final")
    asked = {"payment_intent": sale["id"], "amount": 100, "to_address": NOBODY}
    refund = api.post("/v1/refunds", asked)
    asset = {"amount": 1_000_000, "currency": "usdc", "destination": NOBODY}
    payout = api.post("/v1/payouts", asset)
    out = (
        "SELECT count(*) FROM send_attempts a JOIN sends s ON s.id = a.send_id"
        " WHERE s.reference = %s"
    )
    until(lambda: house.sql(out, refund["id"])[0][0], "the refund is being sent")
    return refund["id"], payout["id"]


def build_estate(house: House, receiver: Receiver) -> Estate:
    """Make a merchant who owns one of everything, and whose every table has rows."""
    merchant = house.merchant()
    api = Api(house, merchant.sk)
    path = f"/estate/{merchant.id}"
    receiver.statuses[path] = 500
    hook = {"url": receiver.url + path, "enabled_events": ["*"]}
    endpoint = api.post("/v1/webhook_endpoints", hook)
    customer = api.post("/v1/customers", {"email": "a@b.co", "name": "A"})
    sale = api.sells(customer=customer["id"])
    session = api.post("/v1/checkout/sessions", {**SESSION, "customer": customer["id"]})
    alert = api.post("/v1/rates/alerts", {"base": "btc", "move_bps": 100})
    house.sql(_WORD, merchant.id, merchant.id.replace("acct", "xp"), merchant.id, sale["id"])
    offer = merchant.id.replace("acct", "off")
    house.sql(_PEG, merchant.id, merchant.id, offer, sale["id"], offer)
    key = api.ask("POST", "/v1/customers", {}, Idempotency_Key="kept")
    assert key.status == 200
    sandbox = house.app.chains.find("sandbox")
    wallet = address_of(merchant.id.encode()[-20:])
    house.within(lambda work: set_wallet(work, sandbox, wallet), merchant.id)
    account = f"sbpub{merchant.id.removeprefix('acct_')}"
    first = preview_account(sandbox, account)[0]
    house.within(
        lambda work: receive_with(work, sandbox, account, first_address=first), merchant.id
    )
    api.post("/v1/payment_intents", SALE)
    house.within(lambda work: own_deposit(work, merchant.id), merchant.id)
    refund, payout = leave(house, api, sale)
    house.sql(_COIN, refund)
    tried = "SELECT count(*) FROM attempts WHERE merchant_id = %s"
    until(lambda: house.sql(tried, merchant.id)[0][0], "something was told")
    return Estate(
        merchant,
        {
            "customer": customer["id"],
            "payment_intent": sale["id"],
            "charge": sale["latest_charge"],
            "balance_transaction": api.get("/v1/balance_transactions")["data"][0]["id"],
            "checkout.session": session["id"],
            "refund": refund,
            "payout": payout,
            "event": api.get("/v1/events")["data"][0]["id"],
            "webhook_endpoint": endpoint["id"],
            "rate_alert": alert["id"],
        },
        sale["client_secret"],
    )
