"""What a merchant does with an intent: create, offer, change, cancel; and what time does."""

import datetime as dt

import pytest

from sluice.base.errors import IllegalMove, Invalid, NotFound, Unavailable
from sluice.base.money.catalogue import money
from sluice.business.accounts.merchants.edit import change_settings, find_merchant
from sluice.business.accounts.merchants.model import FeePlan, Settings
from sluice.business.payments.customers.edit import create_customer, delete_customer
from sluice.business.payments.customers.find import lock_customer
from sluice.business.payments.intents.cancel import cancel_intent, expire_intents
from sluice.business.payments.intents.create import create_intent
from sluice.business.payments.intents.find import find_intent, lock_intent
from sluice.business.payments.intents.model import (
    Cancellation,
    NewIntent,
    PaymentIntent,
    Resolution,
    Status,
)
from sluice.business.payments.intents.update import update_intent
from sluice.engine.chains.model import Style
from tests.integration.business.payments.intents.conftest import DEPTH, Till


async def cancel(till: Till, intent: PaymentIntent) -> PaymentIntent:
    async with till.app.works.begin(till.owner) as work:
        held = await lock_intent(work, intent.id)
        return await cancel_intent(work, held, Cancellation.ABANDONED)


async def update(till: Till, intent: PaymentIntent, **changes: object) -> PaymentIntent:
    async with till.app.works.begin(till.owner) as work:
        return await update_intent(work, await lock_intent(work, intent.id), changes)


async def expire(till: Till) -> int:
    expired = await expire_intents(till.app.works)
    await till.settle()
    return expired


async def test_an_intent_is_kept_under_the_terms_of_its_day(till: Till) -> None:
    intent = await till.ask(description="Tea", metadata={"order": "7"})

    async with till.app.works.begin() as work:
        await change_settings(work, till.merchant_id, Settings(fee=FeePlan(bps=250)))
    await till.settle()

    assert await till.told() == ["payment_intent.created"]
    assert await till.read(intent) == intent
    assert (intent.status, intent.terms.fee) == (Status.REQUIRES_PAYMENT_METHOD, FeePlan())
    assert (await till.ask()).terms.fee == FeePlan(bps=250)


async def test_an_intent_belongs_to_one_merchant_in_one_mode(till: Till) -> None:
    intent = await till.ask()
    other = await till.new_merchant()

    with pytest.raises(NotFound):
        await other.read(intent)


async def test_only_a_customer_of_the_merchants_can_be_named(till: Till) -> None:
    other = await till.new_merchant()
    async with till.app.works.begin(till.owner) as work:
        mine = await create_customer(work, {"name": "Ann"})
        gone = await create_customer(work, {"name": "Bob"})
    async with till.app.works.begin(till.owner) as work:
        await delete_customer(work, await lock_customer(work, gone.id))

    assert (await till.ask(customer_id=mine.id)).customer_id == mine.id
    for asker, customer_id in ((till, gone.id), (till, "cus_unknown"), (other, mine.id)):
        with pytest.raises(NotFound, match="customer"):
            await asker.ask(customer_id=customer_id)


async def test_every_asset_is_priced_at_the_one_address_of_the_intent(till: Till) -> None:
    intent = await till.confirm(await till.ask(2_000))

    assert intent.status is Status.REQUIRES_ACTION
    assert {offer.asset: offer.due for offer in intent.offers} == {
        "btc": 33_334,
        "sbtc": 33_334,
        "stx": 10_000_000,
        "usdc": 20_000_000,
        "usdt": 20_000_000,
    }
    assert {(offer.style, offer.address) for offer in intent.offers} == {
        ("address", intent.offers[0].address)
    }
    assert await till.read(intent) == intent


async def test_two_intents_never_share_an_address(till: Till) -> None:
    one, other = await till.offer(), await till.offer()

    assert one.offers[0].address != other.offers[0].address


async def test_an_intent_offered_again_keeps_its_address_and_gets_a_new_price(till: Till) -> None:
    intent = await till.offer("btc")
    till.clock.advance(600)
    await till.refresh_rates()

    again = await till.confirm(intent, "btc")

    first, second = again.offers
    assert first.address == second.address
    assert second.valid_until == first.valid_until + dt.timedelta(seconds=600)


async def test_nothing_is_offered_longer_than_the_intent_is_open(till: Till) -> None:
    intent = await till.offer(expires_in_s=60)

    assert intent.offers[0].valid_until == intent.expires_at


async def test_without_a_fresh_price_nothing_is_offered_and_nothing_kept(till: Till) -> None:
    intent = await till.ask()
    till.clock.advance(121)

    with pytest.raises(Unavailable):
        await till.confirm(intent)

    assert await till.read(intent) == intent


@pytest.mark.parametrize(
    ("assets", "style", "code"),
    [
        (["gold"], None, "payment_method_unavailable"),
        (["usdc"], Style.WALLET, "parameter_invalid_enum"),
    ],
)
async def test_what_cannot_be_paid_is_not_offered(
    till: Till, assets: list[str], style: Style | None, code: str
) -> None:
    intent = await till.ask()

    with pytest.raises(Invalid) as refused:
        await till.confirm(intent, *assets, style=style)

    assert refused.value.code == code
    assert (await till.read(intent)).offers == ()


async def test_the_amount_changes_until_somebody_was_told_it(till: Till) -> None:
    intent = await till.ask(2_000)
    changed = await update(till, intent, amount=money(3_000, "usd"))
    offered = await till.confirm(changed, "usdc")

    assert [offer.due for offer in offered.offers] == [30_000_000]
    with pytest.raises(IllegalMove, match="amount"):
        await update(till, offered, amount=money(1, "usd"))
    noted = await update(till, offered, metadata={"order": "8"}, description="Tea")
    assert (await till.read(offered)).metadata == noted.metadata == {"order": "8"}


async def test_a_customer_that_is_named_later_must_exist_too(till: Till) -> None:
    intent = await till.ask()

    with pytest.raises(NotFound):
        await update(till, intent, customer_id="cus_unknown")


async def test_an_intent_is_canceled_once(till: Till) -> None:
    intent = await till.offer()

    canceled = await cancel(till, intent)

    assert (canceled.status, canceled.cancellation_reason) == (
        Status.CANCELED,
        Cancellation.ABANDONED,
    )
    assert await till.read(intent) == canceled
    with pytest.raises(IllegalMove):
        await cancel(till, intent)
    with pytest.raises(IllegalMove):
        await till.confirm(intent, "usdc")
    await till.settle()
    assert (await till.told())[-1] == "payment_intent.canceled"


async def test_an_intent_that_was_paid_cannot_be_canceled(till: Till) -> None:
    intent = await till.offer()
    await till.pay(intent)
    await till.mine()

    with pytest.raises(IllegalMove, match="processing"):
        await cancel(till, intent)


async def test_time_cancels_what_is_overdue_and_nothing_else(till: Till) -> None:
    short = await till.offer(expires_in_s=60)
    unconfirmed = await till.ask(expires_in_s=60)
    paid = await till.offer(expires_in_s=60)
    long = await till.offer(expires_in_s=3600)
    await till.pay(paid)
    await till.mine(DEPTH)
    await till.told()

    till.clock.advance(60)
    assert await expire(till) == 2

    for intent in (short, unconfirmed):
        expired = await till.read(intent)
        assert (expired.status, expired.cancellation_reason, expired.canceled_at) == (
            Status.CANCELED,
            Cancellation.EXPIRED,
            till.clock.now(),
        )
    assert (await till.read(paid)).status is Status.SUCCEEDED
    assert (await till.read(long)).status is Status.REQUIRES_ACTION
    assert await till.told() == ["payment_intent.canceled"] * 2
    assert await expire(till) == 0


async def test_many_overdue_intents_are_canceled_in_several_turns(till: Till) -> None:
    async with till.app.works.begin() as work:
        merchant = await find_merchant(work, till.merchant_id)
    for _ in range(3):
        async with till.app.works.begin(till.owner) as work:
            for _ in range(70):
                await create_intent(
                    work, NewIntent(amount=money(1, "usd"), expires_in_s=1), merchant=merchant
                )

    till.clock.advance(1)

    assert await expire_intents(till.app.works) == 210


async def test_an_intent_that_does_not_exist_is_not_found(till: Till) -> None:
    async with till.app.works.begin(till.owner) as work:
        with pytest.raises(NotFound):
            await find_intent(work, "pi_unknown")
        with pytest.raises(NotFound):
            await lock_intent(work, "pi_unknown")


async def test_a_new_intent_awaits_its_money(till: Till) -> None:
    intent = await till.ask()

    assert (intent.resolution, intent.charge_id, intent.amount_received) == (
        Resolution.AWAITING,
        None,
        0,
    )
