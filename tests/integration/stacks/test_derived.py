"""Intents paid at addresses of the merchant's own account, derived from its public key."""

from typing import Final

import pytest

from sluice.base.work import Work
from sluice.business.accounts.merchants.edit import receive_with
from sluice.engine.chains.stacks.keys import derive_account_key, seed_of, single_address
from tests.house import until
from tests.integration.stacks.conftest import NETWORK, Shop, due
from tests.integration.stacks.test_paid_on_stacks import transfers

# BIP-39's first phrase: nobody's, and everybody's.
PHRASE: Final = f"{'abandon ' * 11}about"
ACCOUNT: Final = derive_account_key(seed_of(PHRASE), "m/44'/5757'/0'")


def address(index: int) -> str:
    return str(single_address(ACCOUNT.child(0).child(index).public, is_mainnet=False))


@pytest.fixture
def account(shop: Shop) -> None:
    """Let the shop receive with an account's public key."""
    chain = shop.house.app.chains.find(NETWORK)

    async def set_it(work: Work) -> None:
        await receive_with(work, chain, str(ACCOUNT), first_address=address(0))

    shop.house.within(set_it, shop.merchant.id)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("asset", ["sbtc", "stx"])
async def test_an_intent_is_paid_at_an_address_of_its_own(shop: Shop, asset: str) -> None:
    intent = shop.asks("address", asset)
    to, units, memo = due(intent)
    assert (to, memo) == (address(0), None)
    await pay(shop, asset, to, units)

    await shop.mine()
    await shop.caught_up()
    await shop.burn()

    shop.api.sees(intent["id"], "succeeded")
    assert transfers(shop) == [(asset, units, "final")]


@pytest.mark.usefixtures("account")
async def test_each_payment_has_another_address_and_any_amount_is_known(shop: Shop) -> None:
    first, second = shop.asks("address"), shop.asks("address")
    (to_first, units, _), (to_second, _, _) = due(first), due(second)
    assert (to_first, to_second) == (address(0), address(1))
    await pay(shop, "sbtc", to_second, units // 2)
    await pay(shop, "sbtc", to_second, units - units // 2)

    await shop.mine()
    await shop.caught_up()
    await shop.burn()

    shop.api.sees(second["id"], "succeeded")
    assert shop.api.get(f"/v1/payment_intents/{first['id']}")["status"] == "requires_action"


@pytest.mark.usefixtures("account")
async def test_money_after_the_end_is_kept_as_late(shop: Shop) -> None:
    intent = shop.asks("address")
    to, units, _ = due(intent)
    shop.house.sql("UPDATE merchants SET settings = jsonb_set(settings, '{late}', '\"hold\"')")
    shop.house.sql("UPDATE payment_intents SET expires_at = now() - interval '1 day'")
    shop.house.sql("UPDATE offers SET valid_until = now() - interval '1 day'")
    shop.api.sees(intent["id"], "canceled")
    # The chain's clock stands in March; what counts is when we saw it.
    shop.house.sql("UPDATE payment_intents SET expires_at = '2026-01-01'")
    shop.house.sql("UPDATE offers SET valid_until = '2026-01-01'")
    await pay(shop, "sbtc", to, units)

    await shop.mine()
    await shop.caught_up()
    await shop.burn()
    await shop.caught_up()

    query = "SELECT purpose, reason, units::bigint FROM credits WHERE merchant_id = %s"
    booked = until(lambda: shop.house.sql(query, shop.merchant.id), "the money is booked")
    assert booked == [("unapplied", "late", units)]
    assert shop.api.get(f"/v1/payment_intents/{intent['id']}")["resolution"] == "late"


async def pay(shop: Shop, asset: str, to: str, units: int) -> None:
    if asset == "stx":
        await shop.payer.transfer(to, units)
    else:
        await shop.payer.pay_sbtc(to, units)
