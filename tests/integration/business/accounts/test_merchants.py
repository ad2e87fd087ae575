"""Merchants: their settings, and the wallets they are paid at."""

import dataclasses
from collections.abc import Mapping

import pytest

from sluice.base.clock import ManualClock
from sluice.base.database import Database
from sluice.base.errors import Conflict, Invalid, NotFound
from sluice.base.ids import Ids
from sluice.base.work import Works
from sluice.business.accounts.merchants.edit import (
    as_merchant,
    change_settings,
    find_merchant,
    list_merchants,
    read_wallets,
    set_wallet,
)
from sluice.business.accounts.merchants.model import FeePlan, LatePolicy, Merchant, Settings
from sluice.engine.chains.chain import Chain
from tests.contract.sandbox_under_test import SandboxUnderTest
from tests.integration.base.effects import look

NOBODY = "acct_" + "1" * 24


@pytest.fixture
def sandbox(database: Database, clock: ManualClock, ids: Ids) -> SandboxUnderTest:
    return SandboxUnderTest(database, clock, ids)


async def pay_at(
    works: Works, shop: Merchant, sandbox: SandboxUnderTest, address: str
) -> Mapping[str, str]:
    """Let a merchant be paid somewhere, and return its wallets."""
    chain = Chain(sandbox.network, sandbox.reader, sandbox.addresses)
    async with works.begin(as_merchant(shop.id, livemode=False)) as work:
        await set_wallet(work, chain, address)
    async with works.begin(as_merchant(shop.id, livemode=False)) as work:
        return (await read_wallets(work)).addresses


async def test_settings_are_kept_whole(works: Works, shop: Merchant) -> None:
    settings = Settings(
        fee=FeePlan(bps=250, fixed=30, least=50, most=5_000),
        tolerance_bps=10,
        late=LatePolicy.HOLD,
        quote_valid_s=60,
    )

    async with works.begin() as work:
        await change_settings(work, shop.id, settings)

    async with works.begin() as work:
        assert await find_merchant(work, shop.id) == dataclasses.replace(shop, settings=settings)


async def test_merchants_are_listed_oldest_first(
    works: Works, shop: Merchant, other_shop: Merchant
) -> None:
    async with works.begin() as work:
        assert {one.name for one in await list_merchants(work)} == {shop.name, other_shop.name}
        assert len(await list_merchants(work, limit=1)) == 1


async def test_a_merchant_nobody_made_is_not_found(works: Works) -> None:
    async with works.begin() as work:
        with pytest.raises(NotFound):
            await find_merchant(work, NOBODY)
    with pytest.raises(NotFound):
        as_merchant("acct_' OR true", livemode=False)


async def test_a_wallet_is_watched_from_the_moment_it_is_set(
    works: Works, shop: Merchant, sandbox: SandboxUnderTest, database: Database
) -> None:
    address = sandbox.new_address()

    assert await pay_at(works, shop, sandbox, address) == {"sandbox": address}
    assert await pay_at(works, shop, sandbox, address) == {"sandbox": address}

    assert await look(database, "SELECT merchant_id, style, address, reference FROM targets") == [
        (shop.id, "wallet", address, None)
    ]


async def test_a_wallet_that_was_left_is_still_watched(
    works: Works, shop: Merchant, sandbox: SandboxUnderTest, database: Database
) -> None:
    first, second = sandbox.new_address(), sandbox.new_address()
    await pay_at(works, shop, sandbox, first)

    assert await pay_at(works, shop, sandbox, second) == {"sandbox": second}
    assert {row[0] for row in await look(database, "SELECT address FROM targets")} == {
        first,
        second,
    }
    assert await pay_at(works, shop, sandbox, first) == {"sandbox": first}


@pytest.mark.parametrize("left", [False, True])
async def test_nobody_is_paid_where_another_merchant_is_or_was(
    works: Works,
    shop: Merchant,
    other_shop: Merchant,
    sandbox: SandboxUnderTest,
    *,
    left: bool,
) -> None:
    address = sandbox.new_address()
    await pay_at(works, shop, sandbox, address)
    if left:
        await pay_at(works, shop, sandbox, sandbox.new_address())

    with pytest.raises(Conflict) as refused:
        await pay_at(works, other_shop, sandbox, address)

    assert refused.value.code == "wallet_taken"
    async with works.begin(as_merchant(other_shop.id, livemode=False)) as work:
        assert (await read_wallets(work)).addresses == {}


async def test_what_is_no_address_is_refused(
    works: Works, shop: Merchant, sandbox: SandboxUnderTest
) -> None:
    with pytest.raises(Invalid) as refused:
        await pay_at(works, shop, sandbox, "sb1nonsense")

    assert refused.value.code == "address_invalid"
