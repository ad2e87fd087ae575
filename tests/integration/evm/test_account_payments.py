"""Payments at addresses of the merchant's own wallet, by its account's key, on a real node."""

from typing import Any

from sluice.business.accounts.merchants.edit import receive_with
from sluice.engine.chains.evm.keychain import Keychain, parse_account_key
from sluice.engine.keys.receiving.activate import preview_account
from tests.integration.evm.conftest import NETWORK, Street, way
from tests.integration.evm.test_deposit_payments import asked, paid
from tests.unit.engine.chains.evm.vectors import vectors

XPUB = vectors("hd_addresses")["xpub"]


def test_each_payment_has_an_address_of_the_merchants_own_wallet(street: Street) -> None:
    chain = street.house.app.chains.find(NETWORK)
    merchant = street.house.merchant()
    first = preview_account(chain, f" {XPUB}\n")[0]

    async def receive(work: Any) -> None:  # noqa: ANN401
        await receive_with(work, chain, XPUB, first_address=first)

    street.house.within(receive, merchant.id)
    # The node's own accounts are the first of this wallet, so the third address is the first that
    # another account can pay.
    one, _, other = (asked(street, merchant) for _ in range(3))

    keychain = Keychain(parse_account_key(XPUB))
    assert first.lower() == keychain.address(0)
    assert len({way(one)[0], way(other)[0], *(keychain.address(at) for at in range(20))}) == 20
    paid(street, merchant, other)
    assert street.api(merchant).get(f"/v1/payment_intents/{one['id']}")["amount_received"] == 0
