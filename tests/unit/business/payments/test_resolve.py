"""Where an intent stands, given its payments."""

from collections.abc import Sequence

import msgspec
import pytest

from sluice.base.errors import IllegalMove
from sluice.base.facts import Fact
from sluice.business.accounts.merchants.model import LatePolicy
from sluice.business.payments.intents.model import (
    MOVES,
    Cancellation,
    Payment,
    PaymentIntent,
    Resolution,
    Status,
)
from sluice.business.payments.intents.resolve import Standing, resolve, stand
from tests.builders import NOON, a_payment, an_intent, an_offer, minutes


def after(intent: PaymentIntent, *payments: Payment) -> tuple[PaymentIntent, list[str]]:
    """Return where payments put an intent, and the names of what became true."""
    moved, facts = resolve(intent, stand(intent, payments, {}), NOON + minutes(5))
    return moved, names(facts)


def names(facts: Sequence[Fact]) -> list[str]:
    """Return the names of facts."""
    return [type(fact).__name__ for fact in facts]


def reasons(standing: Standing) -> list[str]:
    """Return what each payment is used for."""
    return [use.reason for use in standing.uses]


def test_nothing_seen_keeps_waiting() -> None:
    moved, facts = after(an_intent())

    assert (moved.status, moved.resolution, facts) == (
        Status.REQUIRES_ACTION,
        Resolution.AWAITING,
        [],
    )


def test_a_payment_in_the_mempool_is_seen_but_credits_nothing() -> None:
    moved, facts = after(an_intent(), a_payment(state="mempool"))

    assert (moved.status, moved.resolution) == (Status.PROCESSING, Resolution.SEEN)
    assert moved.amount_received == 0
    assert facts == ["IntentProcessing"]


def test_a_payment_in_a_block_is_confirming() -> None:
    moved, _ = after(an_intent(), a_payment(state="included"))

    assert (moved.status, moved.resolution) == (Status.PROCESSING, Resolution.CONFIRMING)


def test_a_confirmed_payment_succeeds_and_tells_every_step() -> None:
    moved, facts = after(an_intent(), a_payment())

    assert (moved.status, moved.resolution) == (Status.SUCCEEDED, Resolution.FINAL)
    assert moved.amount_received == 2_000
    assert facts == ["IntentProcessing", "IntentSucceeded"]


def test_a_short_payment_waits_for_the_rest() -> None:
    moved, facts = after(an_intent(), a_payment(12_000_000))

    assert (moved.status, moved.resolution) == (Status.REQUIRES_ACTION, Resolution.SHORT)
    assert moved.amount_received == 1_200
    assert facts == ["IntentPartiallyFunded"]


def test_the_same_short_payment_is_told_once() -> None:
    moved, _ = after(an_intent(), a_payment(12_000_000))

    again, facts = after(moved, a_payment(12_000_000))

    assert again == moved
    assert facts == []


def test_the_rest_completes_a_short_payment() -> None:
    moved, facts = after(
        an_intent(), a_payment(12_000_000), a_payment(8_000_000, tx_id="tx2", height=11)
    )

    assert moved.status is Status.SUCCEEDED
    assert "IntentSucceeded" in facts


@pytest.mark.parametrize(
    ("units", "status"),
    [(19_920_000, Status.SUCCEEDED), (19_880_000, Status.REQUIRES_ACTION)],
    ids=["99.60 of 100", "99.40 of 100"],
)
def test_t02_a_tolerance_of_half_a_per_cent_is_kept_exactly(units: int, status: Status) -> None:
    moved, _ = after(an_intent(tolerance_bps=50), a_payment(units))

    assert moved.status is status


def test_more_than_asked_succeeds_and_is_told_as_over() -> None:
    moved, facts = after(an_intent(), a_payment(25_000_000))

    assert (moved.status, moved.resolution) == (Status.SUCCEEDED, Resolution.OVER)
    assert moved.amount_received == 2_000
    assert facts == ["IntentProcessing", "IntentSucceeded", "IntentOverpaid"]


def test_t03_a_second_full_payment_is_surplus_not_income() -> None:
    paid, _ = after(an_intent(), a_payment())
    both = [a_payment(), a_payment(tx_id="tx2", height=12)]

    standing = stand(paid, both, {both[0].key: 0})
    moved, facts = resolve(paid, standing, NOON + minutes(6))

    assert reasons(standing) == ["payment", "over"]
    assert (moved.status, moved.resolution, moved.amount_received) == (
        Status.SUCCEEDED,
        Resolution.OVER,
        2_000,
    )
    assert names(facts) == ["IntentOverpaid"]


def test_another_asset_on_an_address_of_its_own_is_named() -> None:
    standing = stand(an_intent(), [a_payment(asset="stx")], {})
    moved, _ = resolve(an_intent(), standing, NOON)

    assert reasons(standing) == ["wrong_asset"]
    assert (moved.status, moved.resolution) == (Status.REQUIRES_ACTION, Resolution.WRONG_ASSET)


def test_another_asset_that_was_offered_too_counts_at_its_own_rate() -> None:
    intent = an_intent(an_offer("usdc"), an_offer("btc", due=33_334))

    moved, _ = after(intent, a_payment(33_334, asset="btc"))

    assert moved.status is Status.SUCCEEDED


def test_two_assets_add_up() -> None:
    intent = an_intent(an_offer("usdc"), an_offer("usdt"))

    moved, _ = after(
        intent, a_payment(10_000_000), a_payment(10_000_000, asset="usdt", tx_id="tx2")
    )

    assert moved.status is Status.SUCCEEDED


def test_a_new_price_does_not_change_what_was_paid_at_the_old_one() -> None:
    old = an_offer(due=20_000_000, id="off_old")
    new = an_offer(
        due=25_000_000, id="off_new", created_at=NOON + minutes(10), valid_until=NOON + minutes(25)
    )
    intent = an_intent(old, new)

    early, _ = after(intent, a_payment(20_000_000, offer_id="off_old", paid_at=NOON + minutes(9)))
    late, _ = after(intent, a_payment(20_000_000, offer_id="off_old", paid_at=NOON + minutes(11)))

    assert early.status is Status.SUCCEEDED
    assert late.resolution is Resolution.SHORT


def test_t01_a_second_after_the_price_ended_still_counts_within_the_grace() -> None:
    moved, _ = after(an_intent(), a_payment(paid_at=NOON + minutes(15.02)))

    assert moved.status is Status.SUCCEEDED


def test_t01_a_merchant_who_holds_late_money_gets_it_unapplied() -> None:
    intent = an_intent(late=LatePolicy.HOLD)

    standing = stand(intent, [a_payment(paid_at=NOON + minutes(15.02))], {})

    assert reasons(standing) == ["late"]


def test_an_expired_intent_opens_again_for_money_that_came_in_time() -> None:
    expired = an_intent().cancel(Cancellation.EXPIRED, NOON + minutes(60))

    moved, facts = after(expired, a_payment(paid_at=NOON + minutes(14)))

    assert moved.status is Status.SUCCEEDED
    assert moved.canceled_at is None
    assert facts == ["IntentProcessing", "IntentSucceeded"]


def test_an_expired_intent_stays_closed_for_money_that_came_late() -> None:
    expired = an_intent().cancel(Cancellation.EXPIRED, NOON + minutes(60))

    moved, facts = after(expired, a_payment(paid_at=NOON + minutes(90)))

    assert (moved.status, moved.resolution, facts) == (Status.CANCELED, Resolution.LATE, [])


def test_a_cancelled_intent_never_opens_again() -> None:
    canceled = an_intent().cancel(Cancellation.REQUESTED_BY_CUSTOMER, NOON + minutes(2))

    standing = stand(canceled, [a_payment(paid_at=NOON + minutes(3))], {})
    moved, _ = resolve(canceled, standing, NOON + minutes(5))

    assert reasons(standing) == ["canceled"]
    assert moved.status is Status.CANCELED


def test_part_of_the_money_of_a_closed_intent_is_named_short() -> None:
    expired = an_intent().cancel(Cancellation.EXPIRED, NOON + minutes(60))

    standing = stand(expired, [a_payment(5_000_000)], {})

    assert reasons(standing) == ["short"]


def test_an_intent_that_closes_on_part_of_its_money_has_received_nothing() -> None:
    short, _ = after(an_intent(), a_payment(12_000_000))
    expired = short.cancel(Cancellation.EXPIRED, NOON + minutes(60))

    closed, facts = after(expired, a_payment(12_000_000))

    assert (short.amount_received, closed.amount_received) == (1_200, 0)
    assert (closed.resolution, closed.payment, facts) == (Resolution.LATE, None, [])


def test_a_fork_before_confirmation_falls_back() -> None:
    seen, _ = after(an_intent(), a_payment(state="included"))

    moved, facts = after(seen, a_payment(state="orphaned"))

    assert (moved.status, moved.resolution) == (Status.REQUIRES_ACTION, Resolution.AWAITING)
    assert facts == ["IntentFellBack"]


def test_a_fork_after_success_reverses_and_waits_for_the_same_payment() -> None:
    paid, _ = after(an_intent(), a_payment())

    moved, facts = after(paid, a_payment(state="included"))

    assert (moved.status, moved.resolution) == (Status.PROCESSING, Resolution.REVERSED)
    assert moved.succeeded_at is None
    assert facts == ["IntentReversed"]


def test_a_payment_lost_for_good_after_success_goes_all_the_way_back() -> None:
    paid, _ = after(an_intent(), a_payment())

    moved, facts = after(paid, a_payment(state="orphaned"))

    assert moved.status is Status.REQUIRES_ACTION
    assert facts == ["IntentReversed", "IntentFellBack"]


def test_a_duplicate_steps_in_when_the_first_payment_is_lost() -> None:
    paid, _ = after(an_intent(), a_payment(), a_payment(tx_id="tx2", height=12))

    standing = stand(paid, [a_payment(state="orphaned"), a_payment(tx_id="tx2", height=12)], {})
    moved, _ = resolve(paid, standing, NOON + minutes(9))

    assert reasons(standing) == ["payment"]
    assert moved.status is Status.SUCCEEDED


def test_payments_that_were_credited_together_keep_their_uses() -> None:
    intent = an_intent()
    payments = [
        a_payment(10_000_000, tx_id="z", height=10),
        a_payment(6_000_000, tx_id="b", height=10),
        a_payment(16_000_000, tx_id="a", height=11),
    ]
    first = stand(intent, payments, {})
    used = [payment.key for payment in first.used()]

    again = stand(intent, payments, {key: turn for turn, key in enumerate(sorted(used))})

    assert [use.payment.key for use in again.uses] == [use.payment.key for use in first.uses]
    assert reasons(again) == reasons(first)


def test_a_confirmed_payment_does_not_wait_for_an_earlier_one_that_is_not() -> None:
    payments = [
        a_payment(tx_id="slow", height=9, state="included"),
        a_payment(tx_id="quick", height=10),
    ]

    moved, _ = after(an_intent(), *payments)

    assert moved.status is Status.SUCCEEDED
    assert moved.payment is not None
    assert moved.payment.tx_id == "quick"


def test_a_unique_amount_answers_only_its_own_offer() -> None:
    mine = an_offer(id="off_mine", style="amount", due=19_999_123)
    intent = an_intent(mine, an_offer(id="off_other"))

    moved, _ = after(intent, a_payment(19_999_123, offer_id="off_mine"))

    assert moved.status is Status.SUCCEEDED


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("then", list(Status))
def test_every_pair_of_states_obeys_the_table(status: Status, then: Status) -> None:
    intent = msgspec.structs.replace(an_intent(), status=status)

    if then in MOVES.moves[status]:
        assert intent.move(then, NOON).status is then
    else:
        with pytest.raises(IllegalMove, match="cannot become"):
            intent.move(then, NOON)
