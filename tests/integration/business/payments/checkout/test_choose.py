"""The payer's choice: what there is, what it costs, and what it may not do."""

import pytest

from sluice.app.app import App
from sluice.base.clock import ManualClock
from sluice.base.errors import Declined, IllegalMove, Invalid, Unavailable
from sluice.business.accounts.merchants.edit import as_merchant
from sluice.business.accounts.merchants.model import Merchant
from sluice.business.payments.checkout.choose import Priced, choose, list_choices, newest_offer
from sluice.business.payments.checkout.look import payer_of
from sluice.business.payments.checkout.model import Session
from sluice.business.payments.checkout.settle import expire_session
from sluice.business.payments.intents.find import find_intent, lock_intent
from sluice.business.payments.intents.model import PaymentIntent
from sluice.business.payments.intents.update import update_intent


async def test_every_network_and_asset_is_priced(app: App, session: Session) -> None:
    found = await choices(app, session)

    assert {(one.network.name, str(one.due)) for one in found} == {
        ("sandbox", "0.00016667 BTC"),
        ("sandbox", "0.00016667 SBTC"),
        ("sandbox", "5.000000 STX"),
        ("sandbox", "10.000000 USDC"),
        ("sandbox", "10.000000 USDT"),
    }


async def test_a_shop_may_narrow_the_choice(app: App, session: Session) -> None:
    options = {"networks": ["sandbox"], "tokens": ["usdc", "btc"], "style": "memo"}
    async with app.works.begin(as_merchant(session.merchant_id, livemode=False)) as work:
        intent = await lock_intent(work, session.intent_id)
        await update_intent(work, intent, {"options": options})

    found = await choices(app, session)
    with pytest.raises(Invalid, match="cannot be paid"):
        await chosen(app, session, "stx")
    offered = await chosen(app, session, "usdc")

    assert {one.due.asset.code for one in found} == {"usdc", "btc"}
    assert offered.offers[0].style == "memo"


async def test_without_a_fresh_price_nothing_is_made_up(
    app: App, session: Session, clock: ManualClock
) -> None:
    clock.advance(121)

    with pytest.raises(Unavailable) as refused:
        await choices(app, session)

    assert refused.value.code == "rate_unavailable"


async def test_choosing_again_keeps_a_price_that_holds_and_renews_one_that_does_not(
    app: App, session: Session, clock: ManualClock
) -> None:
    first = await chosen(app, session, "usdc")
    second = await chosen(app, session, "usdc")
    clock.advance(875)
    async with app.works.begin() as work:
        await work.execute("UPDATE rates SET observed_at = $1", work.now)
    third = await chosen(app, session, "usdc")

    assert len(first.offers) == len(second.offers) == 1
    assert len(third.offers) == 2
    newest = newest_offer(third, "sandbox", "usdc")
    assert newest is not None
    assert newest.created_at == clock.now()
    assert newest.address == first.offers[0].address


async def test_a_closed_payment_or_shop_cannot_be_chosen_for(
    app: App, session: Session, shop: Merchant
) -> None:
    async with app.works.begin() as work:
        await work.execute("UPDATE merchants SET status = 'suspended' WHERE id = $1", shop.id)
    with pytest.raises(Declined):
        await chosen(app, session, "usdc")

    async with app.works.begin() as work:
        await work.execute("UPDATE merchants SET status = 'active' WHERE id = $1", shop.id)
    async with app.works.begin(as_merchant(shop.id, livemode=False)) as work:
        await expire_session(work, session.id)
    with pytest.raises(IllegalMove):
        await chosen(app, session, "usdc")


async def choices(app: App, session: Session) -> list[Priced]:
    """Return what the payer may choose."""
    async with app.works.begin(payer_of(session)) as work:
        intent = await find_intent(work, session.intent_id)
        return await list_choices(work, intent, chains=app.chains, rates=app.rates)


async def chosen(app: App, session: Session, asset: str) -> PaymentIntent:
    """Choose an asset on the sandbox."""
    async with app.works.begin(payer_of(session)) as work:
        return await choose(work, session, "sandbox", asset, chains=app.chains, rates=app.rates)
