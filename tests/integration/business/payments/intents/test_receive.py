"""Money on the chain, as intents, books and the merchant hear of it; each promise still holds."""

import asyncio
import dataclasses
import datetime as dt
from fractions import Fraction

import pytest

from sluice.base.ids import Ids
from sluice.business.accounts.merchants.edit import change_settings
from sluice.business.accounts.merchants.model import FEE_PRESETS, LatePolicy, Settings
from sluice.business.payments.intents.cancel import cancel_intent, expire_intents
from sluice.business.payments.intents.find import lock_intent
from sluice.business.payments.intents.model import Cancellation, PaymentIntent, Resolution, Status
from sluice.engine.chains.model import Style
from sluice.engine.chains.sandbox.addresses import address_of
from sluice.engine.chains.sandbox.model import Output
from sluice.engine.rates.sources.sandbox import SandboxRates
from tests.integration.business.payments.intents.conftest import DEPTH, REORG_MAX, Till

DUE = 20_000_000
STANDING = tuple[Status, Resolution]

CREATED = ["payment_intent.created", "payment_intent.requires_action"]
SUCCEEDED = (Status.SUCCEEDED, Resolution.FINAL)


async def stands(till: Till, intent: PaymentIntent) -> STANDING:
    now = await till.read(intent)
    return now.status, now.resolution


async def set_terms(till: Till, **changes: object) -> None:
    terms = dataclasses.replace(Settings(), **changes)  # type: ignore[arg-type]
    async with till.app.works.begin() as work:
        await change_settings(work, till.merchant_id, terms)


async def expire(till: Till) -> None:
    await expire_intents(till.app.works)
    await till.settle()


async def unexpected(till: Till) -> list[tuple[str, str]]:
    """Return (reason, amount) of all money the merchant was told nobody had asked for."""
    async with till.app.works.begin() as work:
        rows = await work.rows(
            "SELECT convert_from(body, 'UTF8')::jsonb #>> '{data,object,reason}' AS reason,"
            " convert_from(body, 'UTF8')::jsonb #>> '{data,object,amount}' AS amount"
            " FROM events WHERE type = 'payment.unexpected' ORDER BY seq"
        )
    return [(row["reason"], row["amount"]) for row in rows]


async def test_a_payment_from_the_mempool_until_it_may_be_spent(till: Till) -> None:
    await set_terms(till, fee=FEE_PRESETS["stablecoin"])
    intent = await till.offer()
    await till.pay(intent)

    await till.settle()
    assert await stands(till, intent) == (Status.PROCESSING, Resolution.SEEN)
    assert await till.held() == {}

    await till.mine()
    assert await stands(till, intent) == (Status.PROCESSING, Resolution.CONFIRMING)
    assert await till.held() == {}

    await till.mine()
    assert await stands(till, intent) == SUCCEEDED
    assert await till.held() == {
        "custody:sandbox": DUE,
        "pending": DUE - 100_000,
        "fees": 100_000,
    }

    await till.mine(REORG_MAX)
    paid = await till.read(intent)
    assert (paid.finalized_at, paid.amount_received) == (till.clock.now(), 2_000)
    assert await till.held() == {
        "custody:sandbox": DUE,
        "available": DUE - 100_000,
        "fees": 100_000,
    }
    assert await till.told() == [
        *CREATED,
        "payment_intent.processing",
        "payment_intent.succeeded",
        "payment_intent.finalized",
    ]


async def test_a_short_payment_waits_for_the_rest(till: Till) -> None:
    intent = await till.offer()

    await till.pay(intent, DUE - 1)
    await till.mine(DEPTH)
    assert await stands(till, intent) == (Status.REQUIRES_ACTION, Resolution.SHORT)
    assert await till.held() == {"custody:sandbox": DUE - 1, "received": DUE - 1}

    await till.pay(intent, 1)
    await till.mine(DEPTH)
    assert await stands(till, intent) == SUCCEEDED
    assert await till.held() == {"custody:sandbox": DUE, "pending": DUE}
    assert (await till.told())[2:] == [
        "payment_intent.partially_funded",
        "payment_intent.processing",
        "payment_intent.succeeded",
    ]


async def test_what_is_missing_within_the_tolerance_is_forgiven(till: Till) -> None:
    await set_terms(till, tolerance_bps=100)
    forgiven, refused = await till.offer(), await till.offer()

    await till.pay(forgiven, DUE * 99 // 100)
    await till.pay(refused, DUE * 99 // 100 - 1)
    await till.mine(DEPTH)

    assert await stands(till, forgiven) == SUCCEEDED
    assert await stands(till, refused) == (Status.REQUIRES_ACTION, Resolution.SHORT)


async def test_a_surplus_waits_unapplied(till: Till) -> None:
    intent = await till.offer()

    await till.pay(intent, DUE + 7)
    await till.mine(DEPTH)

    assert await stands(till, intent) == (Status.SUCCEEDED, Resolution.OVER)
    assert await till.held() == {"custody:sandbox": DUE + 7, "pending": DUE, "unapplied": 7}
    assert "payment_intent.overpaid" in await till.told()


async def test_a_second_payment_of_a_paid_intent_waits_unapplied(till: Till) -> None:
    intent = await till.offer()
    await till.pay(intent)
    await till.mine(DEPTH)

    await till.pay(intent)
    await till.mine(DEPTH)

    assert await stands(till, intent) == (Status.SUCCEEDED, Resolution.OVER)
    assert await till.held() == {"custody:sandbox": 2 * DUE, "pending": DUE, "unapplied": DUE}
    assert await unexpected(till) == [("over", str(DUE))]


async def test_money_in_another_asset_waits_unapplied(till: Till) -> None:
    intent = await till.offer("usdc")

    await till.pay(intent, asset="usdt")
    await till.mine(DEPTH)

    assert await stands(till, intent) == (Status.REQUIRES_ACTION, Resolution.WRONG_ASSET)
    assert await till.held("usdt") == {"custody:sandbox": DUE, "unapplied": DUE}
    assert await unexpected(till) == [("wrong_asset", str(DUE))]


async def test_a_token_nobody_knows_is_booked_and_pays_nothing(till: Till) -> None:
    intent = await till.offer("usdc")

    await till.pay(intent, asset="unknown:scam")
    await till.mine(DEPTH)

    assert (await till.read(intent)).status is Status.REQUIRES_ACTION
    assert await till.held("unknown:scam") == {"custody:sandbox": DUE, "unapplied": DUE}


async def test_an_intent_may_be_paid_in_two_assets(till: Till) -> None:
    await set_terms(till, fee=FEE_PRESETS["stablecoin"])
    intent = await till.offer("usdc", "btc")
    usdc, btc = sorted(intent.offers, key=lambda offer: offer.asset, reverse=True)

    await till.pay(usdc, DUE // 2)
    await till.pay(btc, btc.due // 2)
    await till.mine(DEPTH)

    assert await stands(till, intent) == SUCCEEDED
    assert await till.held("usdc") == {
        "custody:sandbox": 10_000_000,
        "pending": 9_950_000,
        "fees": 50_000,
    }
    assert await till.held("btc") == {"custody:sandbox": 16_667, "pending": 16_584, "fees": 83}


async def test_money_after_the_time_and_its_grace_waits_unapplied(till: Till) -> None:
    await set_terms(till, late_grace_s=60)
    intent = await till.offer(expires_in_s=600)
    till.clock.advance(661)
    await expire(till)

    await till.pay(intent)
    await till.mine(DEPTH)

    assert await stands(till, intent) == (Status.CANCELED, Resolution.LATE)
    assert await till.held() == {"custody:sandbox": DUE, "unapplied": DUE}
    assert await unexpected(till) == [("late", str(DUE))]


@pytest.mark.parametrize(
    ("late", "status"), [(LatePolicy.ACCEPT, Status.SUCCEEDED), (LatePolicy.HOLD, Status.CANCELED)]
)
async def test_money_within_the_grace_pays_where_the_merchant_takes_it(
    till: Till, late: LatePolicy, status: Status
) -> None:
    await set_terms(till, late_grace_s=60, late=late)
    intent = await till.offer(expires_in_s=600)
    till.clock.advance(601)
    await expire(till)

    till.clock.advance(59)
    await till.pay(intent)
    await till.mine(DEPTH)

    assert (await till.read(intent)).status is status


async def test_what_was_sent_in_time_and_mined_later_pays(till: Till) -> None:
    await set_terms(till, late_grace_s=0)
    intent = await till.offer(expires_in_s=600)
    await till.pay(intent, DUE // 2)
    till.clock.advance(600)
    await till.pay(intent, DUE // 2)
    await till.settle()
    till.clock.advance(3600)
    await expire(till)

    await till.mine(DEPTH)

    assert await stands(till, intent) == SUCCEEDED
    assert await till.held() == {"custody:sandbox": DUE, "pending": DUE}


async def test_half_a_payment_of_an_expired_intent_is_given_up_to_unapplied(till: Till) -> None:
    intent = await till.offer(expires_in_s=600)
    await till.pay(intent, DUE // 2)
    await till.mine(DEPTH)
    assert (await till.held())["received"] == DUE // 2

    till.clock.advance(601)
    await expire(till)

    assert (await till.read(intent)).status is Status.CANCELED
    assert await till.held() == {"custody:sandbox": DUE // 2, "unapplied": DUE // 2}
    assert await unexpected(till) == [("short", str(DUE // 2))]


async def test_money_for_a_canceled_intent_waits_unapplied(till: Till) -> None:
    intent = await till.offer()
    async with till.app.works.begin(till.owner) as work:
        await cancel_intent(work, await lock_intent(work, intent.id), Cancellation.ABANDONED)
    till.clock.advance(1)

    await till.pay(intent)
    await till.mine(DEPTH)

    assert await stands(till, intent) == (Status.CANCELED, Resolution.LATE)
    assert await unexpected(till) == [("canceled", str(DUE))]


async def test_payments_at_one_address_are_told_apart_by_their_memos(till: Till) -> None:
    one = await till.offer(style=Style.MEMO)
    other = await till.offer(style=Style.MEMO, amount=3_000)
    assert one.offers[0].address == other.offers[0].address

    await till.pay(other)
    await till.pay(one)
    await till.send(Output("usdc", one.offers[0].address, 5))
    await till.mine(DEPTH)

    assert [await stands(till, intent) for intent in (one, other)] == [SUCCEEDED] * 2
    assert await till.held() == {
        "custody:sandbox": 50_000_005,
        "pending": 50_000_000,
        "unapplied": 5,
    }
    assert await unexpected(till) == [("unannounced", "5")]


async def test_payments_at_a_wallet_are_told_apart_by_their_amounts(till: Till, ids: Ids) -> None:
    await till.set_wallet(address_of(ids.bytes(20)))
    intents = [await till.offer(style=Style.AMOUNT) for _ in range(5)]
    dues = [intent.offers[0].due for intent in intents]
    assert len(set(dues)) == 5
    assert all(
        offer.due + offer.discount == DUE and offer.discount < 10_000
        for intent in intents
        for offer in intent.offers
    )

    for intent in intents:
        offer = dataclasses.replace(intent.offers[0], memo=None)
        await till.pay(offer)
    await till.mine(DEPTH)

    assert [await stands(till, intent) for intent in intents] == [SUCCEEDED] * 5
    assert (await till.held())["pending"] == sum(dues)


async def test_an_amount_nobody_was_asked_is_unannounced(till: Till, ids: Ids) -> None:
    await till.set_wallet(address_of(ids.bytes(20)))
    intent = await till.offer(style=Style.AMOUNT)
    offer = dataclasses.replace(intent.offers[0], memo=None)

    await till.pay(offer, offer.due - 1)
    await till.mine(DEPTH)

    assert (await till.read(intent)).status is Status.REQUIRES_ACTION
    assert await unexpected(till) == [("unannounced", str(offer.due - 1))]


async def test_unannounced_money_that_a_fork_takes_back_is_booked_anew_when_it_returns(
    till: Till, ids: Ids
) -> None:
    wallet = address_of(ids.bytes(20))
    await till.set_wallet(wallet)
    await till.send(Output("usdc", wallet, 5))
    await till.mine(DEPTH)
    assert await till.held() == {"custody:sandbox": 5, "unapplied": 5}

    await till.fork(DEPTH)
    assert await till.held() == {}

    await till.mine(DEPTH)
    assert await till.held() == {"custody:sandbox": 5, "unapplied": 5}


@pytest.mark.parametrize("depth", range(DEPTH, REORG_MAX + 1))
async def test_a_fork_reverses_a_paid_intent_and_it_is_paid_again_when_the_money_returns(
    till: Till, depth: int
) -> None:
    intent = await till.offer()
    await till.pay(intent)
    await till.mine(depth)
    assert await stands(till, intent) == SUCCEEDED
    await till.told()

    await till.fork(depth)
    assert await till.held() == {}
    assert await stands(till, intent) == (Status.PROCESSING, Resolution.REVERSED)

    await till.mine(DEPTH)
    assert await stands(till, intent) == SUCCEEDED
    assert await till.held() == {"custody:sandbox": DUE, "pending": DUE}
    assert await till.told() == ["payment_intent.reversed", "payment_intent.succeeded"]


async def test_a_fork_that_holds_the_payment_too_reverses_nothing(till: Till) -> None:
    intent = await till.offer()
    await till.pay(intent)
    await till.mine(DEPTH)
    before = await till.read(intent)
    await till.told()

    await till.fork(DEPTH, again=True)

    assert await till.read(intent) == before
    assert await till.told() == []


async def test_a_payment_that_is_gone_for_good_leaves_the_intent_open_again(till: Till) -> None:
    intent = await till.offer()
    await till.pay(intent)
    await till.mine(DEPTH)

    await till.fork(DEPTH, keep=False)

    assert await stands(till, intent) == (Status.REQUIRES_ACTION, Resolution.AWAITING)
    assert await till.held() == {}
    paid_again = await till.pay(intent)
    await till.mine(DEPTH)
    settled = await till.read(intent)
    assert settled.status is Status.SUCCEEDED
    assert settled.payment is not None
    assert settled.payment.tx_id == paid_again


async def test_a_payment_at_a_new_price_is_measured_by_it(till: Till) -> None:
    intent = await till.offer("btc")
    [old] = intent.offers
    source = next(one for one in till.app.sources if isinstance(one, SandboxRates))
    source.move(Fraction(1, 2))
    till.clock.advance(60)
    await till.refresh_rates()
    again = await till.confirm(intent, "btc")
    new = max(again.offers, key=lambda offer: offer.created_at)
    assert new.due == 2 * old.due - 1

    till.clock.advance(1)
    await till.pay(new, old.due)
    await till.mine(DEPTH)

    assert await stands(till, intent) == (Status.REQUIRES_ACTION, Resolution.SHORT)


async def test_a_payment_made_before_a_new_price_keeps_its_own(till: Till) -> None:
    intent = await till.offer("btc")
    await till.pay(intent)
    await till.settle()
    assert (await till.read(intent)).status is Status.PROCESSING

    source = next(one for one in till.app.sources if isinstance(one, SandboxRates))
    source.move(Fraction(1, 2))
    till.clock.advance(60)
    await till.refresh_rates()
    await till.mine(DEPTH)

    assert await stands(till, intent) == SUCCEEDED


async def test_many_payments_in_one_block_are_taken_together(till: Till) -> None:
    other = await till.new_merchant()
    intents = [await till.offer() for _ in range(12)] + [await other.offer() for _ in range(12)]
    await till.send(*(Output("usdc", one.offers[0].address, DUE) for one in intents))

    await till.mine(DEPTH)

    tills = [till] * 12 + [other] * 12
    assert {await stands(owner, intent) for owner, intent in zip(tills, intents, strict=True)} == {
        SUCCEEDED
    }
    for owner in (till, other):
        assert await owner.held() == {"custody:sandbox": 12 * DUE, "pending": 12 * DUE}


async def test_two_workers_that_take_the_same_news_book_it_once(till: Till) -> None:
    intents = [await till.offer() for _ in range(6)]
    for intent in intents:
        await till.pay(intent)

    await till.mine()
    await asyncio.gather(till.mine(), *(till.app.relay.run_once() for _ in range(3)))
    await till.settle()

    assert await till.held() == {"custody:sandbox": 6 * DUE, "pending": 6 * DUE}


async def test_a_watch_that_ended_long_ago_still_sees_what_came(till: Till) -> None:
    intent = await till.offer(expires_in_s=600)
    till.clock.advance(dt.timedelta(days=60).total_seconds())
    await expire(till)

    await till.pay(intent)
    await till.mine(DEPTH)

    assert await till.held() == {"custody:sandbox": DUE, "unapplied": DUE}
