"""Seller: a merchant with a wallet of his own, whose program asks the facilitator."""

from typing import Any, Final

from eth_account import Account

from sluice.business.accounts.merchants.edit import set_wallet
from tests.house import House, Merchant
from tests.integration.api.estate import Answer, Api

PRICE: Final = 10_000  # one US cent


class Seller:
    """A merchant's program with a wallet of its own."""

    def __init__(self, house: House, merchant: Merchant) -> None:
        self.house, self.api, self.merchant = house, Api(house, merchant.sk), merchant
        self.wallet = str(Account.create().address)
        chain = house.app.chains.find("base")
        house.within(lambda work: set_wallet(work, chain, self.wallet), merchant.id)

    def settle(self, asked: dict[str, Any]) -> Answer:
        return self.api.ask("POST", "/x402/settle", asked)

    def verify(self, asked: dict[str, Any]) -> dict[str, Any]:
        answer = self.api.ask("POST", "/x402/verify", asked)
        return answer.json

    def intents(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.api.get("/v1/payment_intents?limit=100")["data"]
        return listed
