"""What each change of a payment writes in the ledger."""

from collections import Counter

import pytest

from sluice.base.errors import Invalid
from sluice.base.money.catalogue import money
from sluice.business.accounts.merchants.model import FEE_PRESETS, FeePlan
from sluice.business.payments.fees.quote import fee_for, fee_share
from sluice.business.payments.intents.book import Credit, Plan, deposit, finalization, plan_books
from sluice.business.payments.intents.model import Payment, PaymentIntent
from sluice.business.payments.intents.resolve import Purpose, resolve, stand
from sluice.engine.ledger.model import Entry
from tests.builders import MERCHANT, NOON, a_payment, an_intent, an_offer


def plan(intent: PaymentIntent, *payments: Payment, live: tuple[Credit, ...] = ()) -> Plan:
    """Return what the books need for payments of an intent that has these credits."""
    standing = stand(intent, payments, {one.key: turn for turn, one in enumerate(live)})
    moved, _ = resolve(intent, standing, NOON)
    return plan_books(intent, moved, standing, live, {one.key: one.seq for one in live})


def credited(entry: Entry | None) -> dict[str, int]:
    """Return an entry's credit side by account."""
    assert entry is not None
    sums: Counter[str] = Counter()
    for posting in entry.postings:
        if posting.side == "C":
            sums[posting.account] += posting.money.units
    return dict(sums)


def a_credit(units: int = 20_000_000) -> Credit:
    """A credit of 20 USDC that stands."""
    return Credit(
        merchant_id=MERCHANT,
        livemode=False,
        network="sandbox",
        tx_id="tx1",
        index=0,
        seq=1,
        intent_id="pi_1",
        purpose=Purpose.PAYMENT,
        reason="payment",
        asset="usdc",
        units=units,
        entry_id="txn_1",
    )


def test_a_confirmed_payment_is_deposited_and_settled_with_its_fee() -> None:
    books = plan(an_intent(fee=FEE_PRESETS["stablecoin"]), a_payment())

    assert [(one.purpose, one.units, one.seq) for one in books.add] == [
        (Purpose.PAYMENT, 20_000_000, 1)
    ]
    assert credited(deposit(books.add[0], "")) == {"received": 20_000_000}
    assert credited(books.settle) == {"pending": 19_900_000, "fees": 100_000}
    assert not books.finalize


def test_a_final_payment_is_available_at_once() -> None:
    intent = an_intent()

    books = plan(intent, a_payment(state="final"))

    assert books.finalize
    assert books.settle is not None
    assert credited(finalization(intent, books.settle.postings)) == {"available": 20_000_000}


def test_what_is_freed_is_what_was_settled_less_fee_and_surplus() -> None:
    intent = an_intent(fee=FeePlan(bps=250))
    settled = plan(intent, a_payment(25_000_000)).settle
    assert settled is not None

    freed = finalization(intent, settled.postings)

    assert credited(freed) == {"available": 19_500_000}


def test_a_payment_that_was_all_fee_is_final_with_nothing_to_free() -> None:
    intent = an_intent(fee=FeePlan(fixed=5_000))

    books = plan(intent, a_payment(state="final"))

    assert books.finalize
    assert books.settle is not None
    assert credited(books.settle) == {"fees": 20_000_000}
    assert finalization(intent, books.settle.postings) is None


def test_a_short_payment_is_deposited_and_not_settled() -> None:
    books = plan(an_intent(), a_payment(12_000_000))

    assert len(books.add) == 1
    assert books.settle is None


def test_a_surplus_is_unapplied_and_carries_no_fee() -> None:
    books = plan(an_intent(fee=FeePlan(bps=250)), a_payment(25_000_000))

    assert credited(books.settle) == {
        "pending": 19_500_000,
        "fees": 500_000,
        "unapplied": 5_000_000,
    }


def test_a_payment_that_stands_is_not_written_again() -> None:
    books = plan(an_intent(), a_payment(12_000_000), live=(a_credit(12_000_000),))

    assert (books.add, books.undo) == ([], [])


def test_a_payment_that_moves_less_on_the_newest_branch_is_written_anew() -> None:
    books = plan(an_intent(), a_payment(12_000_000), live=(a_credit(20_000_000),))

    assert [one.entry_id for one in books.undo] == ["txn_1"]
    assert [(one.units, one.seq) for one in books.add] == [(12_000_000, 2)]


def test_a_payment_that_left_the_chain_is_undone() -> None:
    books = plan(an_intent(), a_payment(state="orphaned"), live=(a_credit(),))

    assert [one.entry_id for one in books.undo] == ["txn_1"]
    assert books.add == []


def test_a_payment_that_comes_back_gets_the_next_number() -> None:
    intent = an_intent()
    standing = stand(intent, [a_payment()], {})
    moved, _ = resolve(intent, standing, NOON)

    books = plan_books(intent, moved, standing, [], {a_payment().key: 3})

    assert [one.seq for one in books.add] == [4]


def test_two_assets_are_settled_in_one_entry_that_balances_in_each() -> None:
    intent = an_intent(an_offer("usdc"), an_offer("usdt"), fee=FeePlan(bps=100))

    books = plan(intent, a_payment(10_000_000), a_payment(10_000_000, asset="usdt", tx_id="tx2"))

    assert credited(books.settle) == {"pending": 19_800_000, "fees": 200_000}


@pytest.mark.parametrize(
    ("units", "plan", "fee"),
    [
        (39, FeePlan(bps=250), 0),
        (40, FeePlan(bps=250), 1),
        (10_000, FeePlan(bps=50, fixed=30), 80),
        (100, FeePlan(bps=50, least=25), 25),
        (1_000_000, FeePlan(bps=100, most=500), 500),
        (10, FeePlan(fixed=30), 10),
    ],
)
def test_a_fee_is_floored_bounded_and_never_more_than_the_payment(
    units: int, plan: FeePlan, fee: int
) -> None:
    assert fee_for(money(units, "usd"), plan).units == fee


def test_a_fixed_fee_is_taken_from_another_asset_in_proportion() -> None:
    share = fee_share(money(20_000_000, "usdc"), money(2_000, "usd"), FeePlan(fixed=30))

    assert share == money(300_000, "usdc")


def test_no_plan_may_charge_more_than_a_tenth() -> None:
    with pytest.raises(Invalid, match="1000 bps"):
        FeePlan(bps=1001)
