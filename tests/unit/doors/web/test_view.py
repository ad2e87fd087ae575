"""What is shown in each state, from intent and session alone."""

import dataclasses
import datetime as dt

import pytest

from sluice.business.payments.checkout.look import Sight
from sluice.business.payments.checkout.model import PaymentStatus
from sluice.business.payments.checkout.model import Status as SessionStatus
from sluice.business.payments.conversions.model import Conversion
from sluice.business.payments.conversions.model import State as Converting
from sluice.business.payments.intents.model import Cancellation, Resolution, Status
from sluice.doors.web.checkout.state import Asked
from sluice.doors.web.checkout.view import Page, read_pair, view, wants_options
from sluice.doors.web.checkout.words import VANISHED, State, notice
from tests.unit.doors.web.sights import (
    ADDRESS,
    NOW,
    QUARTER,
    a_session,
    a_sight,
    a_wallet_offer,
    an_intent,
    an_offer,
    chains,
    in_block,
    seen,
    some_choices,
)

LATER = NOW + dt.timedelta(minutes=2)
PAID = {"status": Status.SUCCEEDED, "resolution": Resolution.FINAL}
COMPLETE = a_session(status=SessionStatus.COMPLETE, payment_status=PaymentStatus.PAID)
EXPIRED = {"status": Status.CANCELED, "cancellation_reason": Cancellation.EXPIRED}


def shown(sight: Sight, asked: Asked | None = None, at: dt.datetime = LATER) -> Page:
    """Return the page as it would be shown two minutes after the offer."""
    asked = asked or Asked()
    choices = some_choices("usdc", "btc") if wants_options(sight, asked, at) else None
    return view(sight, asked, at, chains=chains(), choices=choices)


def test_before_a_choice_every_way_to_pay_is_priced() -> None:
    page = shown(a_sight(an_intent()))

    assert page.state is State.CHOOSE
    assert page.total == "$10.00"
    assert page.options is not None
    assert [(o.asset, str(o.due), o.worth, o.rate) for o in page.options] == [
        ("USD Coin", "10.00 USDC", "$10.00", None),
        ("Bitcoin", "0.00016667 BTC", "$10.00", "1 BTC = $60,000.00"),
    ]
    assert (page.details, page.levers) == (None, ())
    assert page.way is not None
    assert page.way.href == "https://shop.example/cart"


def test_a_chosen_way_shows_where_to_send_what_and_until_when() -> None:
    page = shown(a_sight(an_intent(an_offer())))

    assert page.state is State.WAITING
    assert page.words.heading == "Send 10.00 USDC"
    assert page.details is not None
    assert page.details.address == ADDRESS
    assert "".join(page.details.address_groups) == ADDRESS
    assert page.details.uri == f"sandbox:{ADDRESS}?asset=usdc&amount=10.00"
    assert page.details.valid_until == NOW + QUARTER
    assert page.details.worth == "$10.00"
    assert (page.details.memo, page.details.exact, page.details.address_qr) == (None, False, None)
    assert [lever for lever, _ in page.levers] == ["pay", "half", "more", "wrong", "mine"]


def test_a_wallet_payment_asks_for_the_exact_amount_and_shows_the_address_alone_too() -> None:
    page = shown(a_sight(an_intent(a_wallet_offer())))

    assert page.details is not None
    assert page.details.exact
    assert page.details.amount.plain == "9.998765"
    assert page.details.uri is not None
    assert page.details.uri.endswith("&uint256=9998765")
    assert page.details.address_qr is not None
    assert page.details.memo is None
    assert page.levers == ()


def test_a_price_that_ran_out_hides_the_address() -> None:
    page = shown(a_sight(an_intent(an_offer())), at=NOW + QUARTER)

    assert page.state is State.PRICE_EXPIRED
    assert page.details is None
    assert page.requote == "sandbox:usdc"


def test_a_payment_in_the_mempool_is_seen() -> None:
    intent = an_intent(an_offer(), status=Status.PROCESSING, resolution=Resolution.SEEN)
    page = shown(a_sight(intent, seen(10_000_000)))

    assert page.state is State.SEEN
    assert (page.steps, page.details, page.way) == (None, None, None)
    assert [receipt.amount for receipt in page.receipts] == ["10.00 USDC"]


def test_a_payment_in_blocks_counts_its_confirmations() -> None:
    intent = an_intent(an_offer(), status=Status.PROCESSING, resolution=Resolution.CONFIRMING)
    page = shown(a_sight(intent, in_block(10_000_000, 2)))

    assert page.state is State.CONFIRMING
    assert page.steps is not None
    assert (page.steps.depth, page.steps.wanted, page.steps.left) == (2, 3, "less than a minute")


def test_of_two_payments_the_one_with_the_longest_way_is_counted() -> None:
    intent = an_intent(an_offer(), status=Status.PROCESSING, resolution=Resolution.CONFIRMING)
    page = shown(a_sight(intent, in_block(4_000_000, 2), in_block(6_000_000, 1)))

    assert page.steps is not None
    assert page.steps.depth == 1


def test_a_payment_that_waits_for_finality_has_no_number_to_count_to() -> None:
    intent = an_intent(an_offer(), status=Status.PROCESSING, resolution=Resolution.CONFIRMING)
    page = shown(a_sight(intent, in_block(10_000_000, 40, depth_wanted=0)))

    assert page.steps is not None
    assert (page.steps.wanted, page.steps.left) == (0, None)


def test_a_short_payment_asks_for_the_rest_and_no_more() -> None:
    intent = an_intent(an_offer(), resolution=Resolution.SHORT)
    page = shown(a_sight(intent, in_block(3_333_333, 1)))

    assert page.state is State.SHORT
    assert page.words.heading == "6.666667 USDC is still missing"
    assert page.words.text.startswith("3.333333 USDC arrived.")
    assert page.details is not None
    assert page.details.uri == f"sandbox:{ADDRESS}?asset=usdc&amount=6.666667"


def test_the_rest_may_be_paid_in_another_asset() -> None:
    bitcoin = an_offer(
        id="off_2", asset="btc", due=16_667, created_at=NOW + dt.timedelta(seconds=1)
    )
    page = shown(a_sight(an_intent(an_offer(), bitcoin), in_block(5_000_000, 1)))

    assert page.words.heading == "0.00008334 BTC is still missing"


def test_the_rest_of_a_wallet_payment_needs_its_memo_where_no_link_can_carry_it() -> None:
    intent = an_intent(a_wallet_offer(), resolution=Resolution.SHORT)
    page = shown(a_sight(intent, in_block(5_000_000, 1, network="polygon")))

    assert page.details is not None
    assert page.details.memo == "aa" * 16
    assert (page.details.uri, page.details.qr, page.details.exact) == (None, None, False)


def test_a_short_payment_whose_price_ran_out_asks_for_a_new_price() -> None:
    intent = an_intent(an_offer(), resolution=Resolution.SHORT)
    page = shown(a_sight(intent, in_block(5_000_000, 1)), at=NOW + QUARTER)

    assert page.state is State.SHORT
    assert (page.details, page.requote) == (None, "sandbox:usdc")


def test_another_coin_is_named_beside_the_right_one() -> None:
    intent = an_intent(an_offer(), resolution=Resolution.WRONG_ASSET)
    page = shown(a_sight(intent, in_block(10_000_000, 1, asset="usdt")))

    assert page.state is State.WRONG_ASSET
    assert "You sent 10.00 USDT, but this payment asks for USDC." in page.words.text
    assert "Tea House has what you sent" in page.words.text
    assert page.notices == []
    assert page.details is not None


def test_a_coin_that_nobody_knows_is_not_given_a_size() -> None:
    intent = an_intent(an_offer(), resolution=Resolution.WRONG_ASSET)
    page = shown(a_sight(intent, in_block(10_000_000, 1, asset="unknown:0xdead")))

    assert "You sent a coin that is not known here" in page.words.text


def test_a_paid_page_leads_back_by_itself_with_the_session_in_the_address() -> None:
    intent = an_intent(an_offer(), **PAID)
    page = shown(a_sight(intent, in_block(10_000_000, 3, state="confirmed"), session=COMPLETE))

    assert page.state is State.PAID
    assert page.way is not None
    assert page.way.href == "https://shop.example/done?s=cs_test_1"
    assert page.way.alone
    assert page.levers == ()


def test_a_surplus_in_one_payment_is_named_and_the_page_stays() -> None:
    intent = an_intent(an_offer(), status=Status.SUCCEEDED, resolution=Resolution.OVER)
    page = shown(a_sight(intent, in_block(12_500_000, 3, state="confirmed"), session=COMPLETE))

    assert page.state is State.OVER
    assert "You sent 2.50 USDC more than was asked" in page.words.text
    assert page.way is not None
    assert not page.way.alone


def test_a_second_payment_after_the_first_was_enough_is_surplus() -> None:
    intent = an_intent(an_offer(), status=Status.SUCCEEDED, resolution=Resolution.OVER)
    first = in_block(10_000_000, 4, state="confirmed")
    second = in_block(10_000_001, 3, state="confirmed")
    page = shown(a_sight(intent, first, second, session=COMPLETE))

    assert "You sent 10.000001 USDC more than was asked" in page.words.text
    assert page.notices == []


def test_a_payment_that_a_fork_undid_is_not_asked_for_again() -> None:
    intent = an_intent(an_offer(), status=Status.PROCESSING, resolution=Resolution.REVERSED)
    gone = in_block(10_000_000, 1, state="orphaned")
    page = shown(a_sight(intent, gone, session=COMPLETE))

    assert page.state is State.REVERSED
    assert "do not pay again" in page.words.text
    assert (page.details, page.options) == (None, None)


@pytest.mark.parametrize("status", [Status.REQUIRES_ACTION, Status.CANCELED])
def test_a_completed_session_stays_reversed_wherever_its_intent_fell_back_to(
    status: Status,
) -> None:
    page = shown(a_sight(an_intent(an_offer(), status=status), session=COMPLETE))

    assert page.state is State.REVERSED


def test_the_time_is_over_even_before_the_job_has_said_so() -> None:
    page = shown(a_sight(an_intent(an_offer())), at=NOW + dt.timedelta(days=1))

    assert page.state is State.EXPIRED
    assert (page.details, page.requote) == (None, None)
    assert page.way is not None
    assert page.way.label == "Back to Tea House"


def test_what_had_arrived_when_the_time_ran_out_is_accounted_for() -> None:
    intent = an_intent(an_offer(), **EXPIRED, canceled_at=NOW + dt.timedelta(days=1))
    page = shown(a_sight(intent, in_block(4_000_000, 9, state="final")))

    assert page.state is State.EXPIRED
    assert page.notices == [
        notice("short", "4.00 USDC", "Tea House"),
    ]


def test_money_after_the_end_is_late_and_accounted_for() -> None:
    late = NOW + dt.timedelta(days=2)
    intent = an_intent(
        an_offer(), **EXPIRED, canceled_at=NOW + dt.timedelta(days=1), resolution=Resolution.LATE
    )
    page = shown(a_sight(intent, seen(10_000_000, paid_at=late)))

    assert page.state is State.LATE
    assert "Tea House has your 10.00 USDC" in page.words.text


def test_money_after_its_price_ran_out_is_noticed_while_the_payment_is_open() -> None:
    at = NOW + dt.timedelta(hours=2)
    page = shown(a_sight(an_intent(an_offer()), seen(10_000_000, paid_at=at)), at=at)

    assert page.state is State.PRICE_EXPIRED
    assert page.notices[0].startswith("10.00 USDC came after its price had run out")


def test_a_canceled_payment_says_not_to_pay() -> None:
    intent = an_intent(
        an_offer(), status=Status.CANCELED, cancellation_reason=Cancellation.ABANDONED
    )
    page = shown(a_sight(intent))

    assert page.state is State.CANCELED
    assert page.levers == ()


def test_a_suspended_shop_is_closed_until_money_was_seen() -> None:
    waiting = shown(a_sight(an_intent(an_offer()), status="suspended"))
    moving = an_intent(an_offer(), status=Status.PROCESSING, resolution=Resolution.SEEN)
    paying = shown(a_sight(moving, seen(10_000_000), status="suspended"))

    assert (waiting.state, waiting.details) == (State.CLOSED, None)
    assert paying.state is State.SEEN


def test_a_payment_that_vanished_is_noticed() -> None:
    page = shown(a_sight(an_intent(an_offer()), in_block(10_000_000, 1, state="orphaned")))

    assert page.state is State.WAITING
    assert page.notices == [
        VANISHED,
    ]


def test_what_the_payer_asks_to_see_is_shown_if_it_was_offered() -> None:
    bitcoin = an_offer(
        id="off_2", asset="btc", due=16_667, created_at=NOW + dt.timedelta(seconds=1)
    )
    sight = a_sight(an_intent(an_offer(), bitcoin))

    assert shown(sight).words.heading == "Send 0.00016667 BTC"
    assert shown(sight, Asked(("sandbox", "usdc"))).words.heading == "Send 10.00 USDC"
    assert shown(sight, Asked(("sandbox", "stx"))).words.heading == "Send 0.00016667 BTC"
    assert shown(sight, Asked(again=True)).state is State.CHOOSE


def test_several_offers_made_together_leave_the_choice_open() -> None:
    sight = a_sight(an_intent(an_offer(), an_offer(id="off_2", asset="btc", due=16_667)))

    assert shown(sight).state is State.CHOOSE


def test_a_short_payment_without_one_offer_in_use_shows_the_rest_of_every_price() -> None:
    offers = (an_offer(), an_offer(id="off_2", asset="btc", due=16_667))
    page = shown(a_sight(an_intent(*offers), in_block(5_000_000, 1)))

    assert page.state is State.SHORT
    assert page.words.heading == "$5.00 is still missing"
    assert page.options is not None
    assert [str(option.due) for option in page.options] == ["5.00 USDC", "0.00008334 BTC"]


def test_enough_money_that_nobody_has_counted_yet_is_on_its_way() -> None:
    page = shown(a_sight(an_intent(an_offer()), seen(10_000_000)))

    assert page.state is State.SEEN


def test_a_live_payment_has_no_levers() -> None:
    session = a_session(livemode=True)
    page = shown(a_sight(an_intent(an_offer(), livemode=True), session=session))

    assert (page.test, page.levers) == (False, ())


@pytest.mark.parametrize(
    "stored",
    [
        "javascript:alert(1)",
        "JaVaScRiPt://shop.example/%0aalert(1)",
        "data:text/html,hello",
        "//shop.example/",
        "/relative",
        "http:shop.example",
        "ftp://shop.example/",
        "",
    ],
)
def test_only_an_address_of_the_web_leads_anywhere(stored: str) -> None:
    session = a_session(success_url=stored, cancel_url=stored)

    assert shown(a_sight(an_intent(), session=session)).way is None
    assert shown(a_sight(an_intent(**PAID), session=session)).way is None


def test_a_page_differs_by_its_mark_whenever_it_looks_different() -> None:
    intent = an_intent(an_offer())
    sights = [
        a_sight(intent),
        a_sight(intent, seen(10_000_000)),
        a_sight(intent, in_block(10_000_000, 1)),
        a_sight(intent, status="suspended"),
        a_sight(intent, session=a_session(version=2)),
        a_sight(an_intent(an_offer(), version=2)),
    ]

    assert len({sight.mark for sight in sights}) == len(sights)
    deeper = a_sight(intent, in_block(10_000_000, 2, paid_at=LATER))
    assert deeper.mark == sights[2].mark


@pytest.mark.parametrize("text", ["", "usdc", ":", "polygon:", ":usdc"])
def test_half_a_choice_is_none(text: str) -> None:
    assert read_pair(text) is None


def test_a_choice_names_network_and_asset() -> None:
    assert read_pair("polygon:usdc") == ("polygon", "usdc")


def test_bitcoin_that_becomes_sbtc_is_told_of_only_on_its_way() -> None:
    conversion = Conversion(
        merchant_id="acct_1",
        livemode=False,
        network="sandbox",
        tx_id="aa",
        index=0,
        offer_id="off_1",
        intent_id="pi_1",
        units=9_000,
        state=Converting.PENDING,
    )
    sight = a_sight(an_intent(an_offer(), status=Status.PROCESSING), in_block(10_000_000, 1))
    moving = dataclasses.replace(sight, conversions=[conversion])
    late = dataclasses.replace(conversion, is_delayed=True)
    paid = dataclasses.replace(moving, intent=an_intent(an_offer(), **PAID))

    assert shown(sight).exchange == []
    assert [text[:26] for text in shown(moving).exchange] == ["Your bitcoin is there. It "]
    delayed = dataclasses.replace(sight, conversions=[late])
    assert "longer than it should" in shown(delayed).exchange[0]
    assert len({one.mark for one in (sight, moving, delayed)}) == 3
    assert shown(paid).exchange == []
