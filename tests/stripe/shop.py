"""A merchant's shop that uses the official Python client, unmodified, and checks every answer."""

import json
from collections.abc import Mapping
from typing import Any, Final

import stripe

from tests.house import House, Merchant, until
from tests.stripe.sdk_schema import problems

DEPOSIT: Final = {
    "payment_method_types": ["crypto"],
    "confirm": True,
    "payment_method_data": {"type": "crypto"},
    "payment_method_options": {
        "crypto": {
            "mode": "deposit",
            "deposit_options": {"networks": ["sandbox"], "tokens": ["usdc"]},
        }
    },
}


class Checked(stripe.RequestsClient):
    """The SDK's own HTTP client; every good answer must fit the SDK's own types."""

    checks = True

    def __init__(self) -> None:
        super().__init__()
        self.headers: Mapping[str, str] = {}
        self.sent = 0

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: object = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send a request and check what comes back."""
        self.sent += 1
        content, status, self.headers = super().request(method, url, headers, post_data)
        if status == 200 and self.checks:
            found = problems(json.loads(content))
            assert not found, "\n".join(found)
        return content, status, self.headers


def client_of(
    key: str,
    url: str,
    *,
    http: Checked | None = None,
    **options: Any,  # noqa: ANN401
) -> stripe.StripeClient:
    """Return the official client, pointed at a house."""
    return stripe.StripeClient(
        key, base_addresses={"api": url}, http_client=http or Checked(), **options
    )


def plain(value: stripe.StripeObject | None) -> dict[str, Any]:
    """Return an object of the SDK as plain values."""
    assert value is not None
    return value.to_dict()


class Shop:
    """A merchant's client and the steps of a payment."""

    def __init__(self, house: House, merchant: Merchant) -> None:
        self.house = house
        self.merchant = merchant
        self.http = Checked()
        self.client = client_of(merchant.sk, house.url, http=self.http)
        self.v1 = self.client.v1

    def asks(self, amount: int = 2000, **params: Any) -> stripe.PaymentIntent:  # noqa: ANN401
        """Ask for a deposit in USDC on the sandbox."""
        asked: Any = {"amount": amount, "currency": "usd", **DEPOSIT, **params}
        return self.v1.payment_intents.create(asked)

    def pay(self, intent_id: str, **params: Any) -> None:  # noqa: ANN401
        """Let the sandbox's wallet pay, as the payer would."""
        self.client.raw_request(
            "post", "/v1/test_helpers/sandbox/pay", payment_intent=intent_id, **params
        )

    def sees(self, intent_id: str, status: str) -> stripe.PaymentIntent:
        """Wait until an intent has this status."""
        found: list[stripe.PaymentIntent] = []

        def is_so() -> bool:
            found[:] = [self.v1.payment_intents.retrieve(intent_id)]
            return found[0].status == status

        until(is_so, f"{intent_id} is {status}")
        return found[0]

    def mine(self, count: int = 1) -> None:
        """Add blocks to the sandbox."""
        self.client.raw_request("post", "/v1/test_helpers/sandbox/mine", count=count)

    def sells(self, amount: int = 2000, **params: Any) -> stripe.PaymentIntent:  # noqa: ANN401
        """Ask, be paid and see it confirmed."""
        asked = self.asks(amount, **params)
        self.pay(asked.id)
        self.sees(asked.id, "processing")
        self.mine(2)
        return self.sees(asked.id, "succeeded")

    def hears(self, count: int = 1, **params: Any) -> list[stripe.Event]:  # noqa: ANN401
        """Wait until there are so many events, and return them, newest first."""
        asked: Any = {"limit": 100, **params}

        def found() -> list[stripe.Event]:
            return list(self.v1.events.list(asked).data)

        until(lambda: len(found()) >= count, f"{count} events {params}")
        return found()
