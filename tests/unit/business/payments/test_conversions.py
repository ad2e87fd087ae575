"""Bitcoin on its way to sBTC: two legs, one payment, and the way back before it is too late."""

import dataclasses
import datetime as dt
from typing import Any, Final

import msgspec
import pytest

from sluice.base.errors import IllegalMove
from sluice.business.payments.conversions.model import Conversion, State
from sluice.business.payments.conversions.pair import pair_legs
from sluice.business.payments.intents.book import plan_books
from sluice.business.payments.intents.model import Offer, PaymentIntent, Resolution, Status
from sluice.business.payments.intents.paid import Source
from sluice.business.payments.intents.resolve import resolve, stand
from sluice.business.payments.intents.standing import payments_of
from sluice.engine.chains.peg import settles_of
from sluice.engine.watcher.seen import SeenTransfer
from tests.builders import NOON, an_intent, an_offer, minutes

TX: Final = "aa" * 32
MINT: Final = "0x" + "bb" * 32
DUE: Final = 33_334


def an_offer_by_deposit() -> Offer:
    return dataclasses.replace(
        an_offer(), id="off_peg", network="bitcoin", asset="btc", style="deposit", due=DUE
    )


def an_intent_by_deposit() -> PaymentIntent:
    return msgspec.structs.replace(an_intent(), offers=(an_offer_by_deposit(),))


def seen(**changes: Any) -> SeenTransfer:  # noqa: ANN401
    known: dict[str, Any] = {
        "merchant_id": "acct_1", "livemode": False, "network": "bitcoin", "tx_id": TX, "index": 1,
        "reference": "off_peg", "asset": "btc", "units": DUE, "sender": "", "state": "confirmed",
        "depth_wanted": 1, "paid_at": NOON + minutes(1), "height": 100, "memo": None,
    }  # fmt: skip
    return SeenTransfer(**known | changes)


def minted(**changes: Any) -> SeenTransfer:  # noqa: ANN401
    known: dict[str, Any] = {
        "network": "stacks", "tx_id": MINT, "index": 0, "asset": "sbtc", "units": 33_000,
        "memo": settles_of((TX, 1)), "paid_at": NOON + dt.timedelta(hours=1), "height": 7,
    }  # fmt: skip
    return seen(**known | changes)


def after(*transfers: SeenTransfer) -> PaymentIntent:
    intent = an_intent_by_deposit()
    standing = stand(intent, payments_of(intent, transfers), {})
    return resolve(intent, standing, NOON + minutes(5))[0]


def test_bitcoin_at_a_deposit_is_on_its_way_however_deep_it_lies() -> None:
    for state in ("included", "confirmed", "final"):
        moved = after(seen(state=state))
        assert (moved.status, moved.resolution) == (Status.PROCESSING, Resolution.CONFIRMING)
        assert moved.amount_received == 0


def test_the_books_hold_nothing_before_the_mint() -> None:
    intent = an_intent_by_deposit()
    standing = stand(intent, payments_of(intent, [seen(state="final")]), {})
    moved, _ = resolve(intent, standing, NOON)

    plan = plan_books(intent, moved, standing, [], {})

    assert (list(plan.add), plan.settle) == ([], None)


def test_a_mint_pays_the_whole_price_and_books_what_arrived() -> None:
    intent = an_intent_by_deposit()
    standing = stand(intent, payments_of(intent, [seen(), minted()]), {})
    moved, _ = resolve(intent, standing, NOON + minutes(5))

    [credit] = plan_books(intent, moved, standing, [], {}).add

    assert (moved.status, moved.resolution) == (Status.SUCCEEDED, Resolution.FINAL)
    assert (credit.network, credit.asset, credit.units) == ("stacks", "sbtc", 33_000)
    assert moved.payment is not None
    assert moved.payment.source == Source("bitcoin", "btc", DUE, TX, 1)
    assert (moved.payment.tx_id, moved.payment.units) == (MINT, 33_000)


def test_a_mint_that_is_not_deep_enough_credits_nothing() -> None:
    assert after(seen(), minted(state="included")).status is Status.PROCESSING


def test_a_mint_that_a_fork_took_back_leaves_the_bitcoin_on_its_way() -> None:
    assert after(seen(), minted(state="orphaned")).status is Status.PROCESSING


def test_a_payment_made_in_time_counts_however_long_the_signers_take() -> None:
    late = minted(paid_at=NOON + dt.timedelta(days=6))

    assert after(seen(), late).status is Status.SUCCEEDED


def test_too_little_bitcoin_is_short_by_what_was_sent_and_not_by_the_fee() -> None:
    moved = after(seen(units=DUE // 2), minted(units=DUE // 2 - 300))

    assert (moved.status, moved.resolution) == (Status.REQUIRES_ACTION, Resolution.SHORT)


def test_only_the_mint_of_this_output_is_its_other_leg() -> None:
    other = minted(memo=settles_of((TX, 2)))

    [legs] = pair_legs([seen(), other], "bitcoin")

    assert legs.minted is None


def a_conversion(**changes: Any) -> Conversion:  # noqa: ANN401
    known: dict[str, Any] = {"state": State.PENDING, "mined_at": 100}
    told = ("acct_1", False, "bitcoin", TX, 1, "off_peg", "pi_1", DUE)
    return Conversion(*told, **known | changes)


@pytest.mark.parametrize(("tip", "is_late"), [(100, False), (168, False), (169, True), (300, True)])
def test_the_alarm_is_at_seven_tenths_of_the_lock(tip: int, is_late: bool) -> None:  # noqa: FBT001
    assert a_conversion().is_late(tip, 100) is is_late


@pytest.mark.parametrize(("tip", "may"), [(198, False), (199, True)])
def test_the_way_back_opens_with_the_block_after_the_lock(tip: int, may: bool) -> None:  # noqa: FBT001
    assert a_conversion().may_return(tip, 100) is may


def test_what_is_in_no_block_is_neither_late_nor_returned() -> None:
    waiting = a_conversion(mined_at=None)

    assert not waiting.is_late(10_000, 100)
    assert not waiting.may_return(10_000, 100)


def test_what_was_minted_is_never_taken_back() -> None:
    with pytest.raises(IllegalMove):
        a_conversion(state=State.MINTED).move(State.RECLAIMABLE)
