"""Builders: things as tests need them, showing only what the test cares about."""

import dataclasses
import datetime as dt
from typing import Any, Final

import msgspec

from sluice.base.money.catalogue import money
from sluice.business.accounts.merchants.model import FeePlan, LatePolicy
from sluice.business.payments.intents.model import (
    Offer,
    Payment,
    PaymentIntent,
    Resolution,
    Status,
    Terms,
)

NOON: Final = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
MERCHANT: Final = "acct_111111111111111111111111"


def minutes(count: float) -> dt.timedelta:
    """So many minutes."""
    return dt.timedelta(minutes=count)


def an_offer(asset: str = "usdc", due: int = 20_000_000, **changes: Any) -> Offer:  # noqa: ANN401
    """A way to pay on the sandbox, made at noon, good for fifteen minutes."""
    offer = Offer(
        id=f"off_{asset}",
        network="sandbox",
        asset=asset,
        style="address",
        address="sb1payhere",
        memo=None,
        due=due,
        discount=0,
        depth_wanted=2,
        rate_numerator=1,
        rate_denominator=1,
        rate_source="sandbox",
        created_at=NOON,
        valid_until=NOON + minutes(15),
    )
    return dataclasses.replace(offer, **changes)


def an_intent(
    *offers: Offer,
    asked: int = 2_000,
    currency: str = "usd",
    fee: FeePlan | None = None,
    tolerance_bps: int = 0,
    late: LatePolicy = LatePolicy.ACCEPT,
    **changes: Any,  # noqa: ANN401
) -> PaymentIntent:
    """An intent of 20 dollars that waits for 20 USDC, unless other offers are given."""
    intent = PaymentIntent(
        id="pi_222222222222222222222222",
        merchant_id=MERCHANT,
        livemode=False,
        status=Status.REQUIRES_ACTION,
        resolution=Resolution.AWAITING,
        amount=money(asked, currency),
        terms=Terms(fee=fee or FeePlan(), tolerance_bps=tolerance_bps, late=late, late_grace_s=600),
        created_at=NOON,
        expires_at=NOON + minutes(60),
        watch_until=NOON + dt.timedelta(days=30),
        offers=list(offers) or [an_offer()],
    )
    return msgspec.structs.replace(intent, **changes)


def a_payment(units: int = 20_000_000, state: str = "confirmed", **changes: Any) -> Payment:  # noqa: ANN401
    """A transfer of 20 USDC, sent one minute past noon."""
    payment = Payment(
        network="sandbox",
        tx_id="tx1",
        index=0,
        offer_id="off_usdc",
        asset="usdc",
        units=units,
        state=state,
        sender="sb1payer",
        paid_at=NOON + minutes(1),
        height=None if state in {"mempool", "orphaned"} else 10,
    )
    return dataclasses.replace(payment, **changes)
