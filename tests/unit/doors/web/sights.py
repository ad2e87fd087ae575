"""Builders: what a payer's page stands on, with only what a test cares about."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

import msgspec

from sluice.base.money.catalogue import money
from sluice.business.accounts.merchants.model import Merchant, Settings
from sluice.business.payments.checkout.choose import Priced
from sluice.business.payments.checkout.look import Sight
from sluice.business.payments.checkout.model import LineItem, PaymentStatus, Session
from sluice.business.payments.checkout.model import Status as SessionStatus
from sluice.business.payments.intents.model import (
    Offer,
    Payment,
    PaymentIntent,
    Resolution,
    Status,
    Terms,
)
from sluice.business.payments.intents.resolve import stand
from sluice.engine.chains.chain import Chain
from sluice.engine.chains.evm.addresses import EvmAddresses
from sluice.engine.chains.evm.tokens import POLYGON, evm_network
from sluice.engine.chains.registry import Chains
from sluice.engine.chains.sandbox.addresses import SandboxAddresses
from sluice.engine.chains.sandbox.network import sandbox_network
from sluice.engine.rates.model import Quote
from sluice.engine.watcher.progress import Progress
from sluice.engine.watcher.seen import SeenTransfer

NOW: Final = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)
QUARTER: Final = dt.timedelta(minutes=15)
ADDRESS: Final = SandboxAddresses(b"seed").derive("pi_1")
WALLET: Final = "0x52908400098527886e0f7030069857d2e4169ee7"


def chains() -> Chains:
    """Return the sandbox, and Polygon as it is known; nothing here reads a block."""
    polygon = evm_network(POLYGON)
    unread: Any = None
    return Chains(
        {
            "sandbox": Chain(sandbox_network(), unread, SandboxAddresses(b"seed")),
            "polygon": Chain(polygon, unread, EvmAddresses(polygon, chain_id=137)),
        }
    )


def an_offer(**changes: Any) -> Offer:  # noqa: ANN401 - any field
    """Return an offer of 10 USDC on the sandbox for ten dollars."""
    offer = Offer(
        id="off_1",
        network="sandbox",
        asset="usdc",
        style="address",
        address=ADDRESS,
        memo=None,
        due=10_000_000,
        discount=0,
        depth_wanted=3,
        rate_numerator=1,
        rate_denominator=1,
        rate_source="sandbox",
        created_at=NOW,
        valid_until=NOW + QUARTER,
    )
    return dataclasses.replace(offer, **changes)


def a_wallet_offer(**changes: Any) -> Offer:  # noqa: ANN401 - any field
    """Return an offer of a unique amount of USDC to a merchant's wallet on Polygon."""
    return an_offer(
        **{"network": "polygon", "style": "amount", "address": WALLET, "memo": "aa" * 16}
        | {"due": 9_998_765, "discount": 1_235}
        | changes
    )


def an_intent(*offers: Offer, **changes: Any) -> PaymentIntent:  # noqa: ANN401 - any field
    """Return an intent of ten dollars; with offers it waits for money."""
    intent = PaymentIntent(
        id="pi_1",
        merchant_id="acct_1",
        livemode=False,
        status=Status.REQUIRES_ACTION if offers else Status.REQUIRES_PAYMENT_METHOD,
        resolution=Resolution.AWAITING,
        amount=money(1_000, "usd"),
        terms=Terms(),
        created_at=NOW,
        expires_at=NOW + dt.timedelta(days=1),
        watch_until=NOW + dt.timedelta(days=30),
        offers=offers,
    )
    return msgspec.structs.replace(intent, **changes)


def a_session(**changes: Any) -> Session:  # noqa: ANN401 - any field
    """Return an open session of one tea for ten dollars."""
    session = Session(
        id="cs_test_1",
        merchant_id="acct_1",
        livemode=False,
        intent_id="pi_1",
        status=SessionStatus.OPEN,
        payment_status=PaymentStatus.UNPAID,
        line_items=[LineItem("li_1", "Tea", "usd", 500, 2, "Green")],
        created_at=NOW,
        expires_at=NOW + dt.timedelta(days=1),
        success_url="https://shop.example/done?s={CHECKOUT_SESSION_ID}",
        cancel_url="https://shop.example/cart",
    )
    return dataclasses.replace(session, **changes)


def a_transfer(units: int, **changes: Any) -> SeenTransfer:  # noqa: ANN401 - any field
    """Return a transfer of USDC towards the first offer, in the mempool, a minute after it."""
    transfer = SeenTransfer(
        merchant_id="acct_1",
        livemode=False,
        network="sandbox",
        tx_id=f"{units:064x}",
        index=0,
        reference="off_1",
        asset="usdc",
        units=units,
        sender="sb1sender",
        state="mempool",
        depth_wanted=3,
        paid_at=NOW + dt.timedelta(minutes=1),
        height=None,
    )
    return dataclasses.replace(transfer, **changes)


def a_sight(
    intent: PaymentIntent,
    *progress: Progress,
    session: Session | None = None,
    shop: str = "Tea House",
    status: str = "active",
) -> Sight:
    """Return a sight; how the payments stand is worked out as the books do."""
    payments = [_payment(one.transfer) for one in progress]
    return Sight(
        session=session or a_session(),
        intent=intent,
        merchant=Merchant("acct_1", shop, status, Settings(), NOW),
        standing=stand(intent, payments, {}),
        progress=progress,
    )


def seen(units: int, **changes: Any) -> Progress:  # noqa: ANN401 - any field
    """Return a transfer that no block has yet."""
    return Progress(a_transfer(units, **changes), 0)


def in_block(units: int, depth: int, **changes: Any) -> Progress:  # noqa: ANN401 - any field
    """Return a transfer that is this deep."""
    state = changes.pop("state", "included")
    return Progress(a_transfer(units, state=state, height=100 - depth, **changes), depth)


def some_choices(*codes: str) -> Sequence[Priced]:
    """Price these assets on the sandbox, a coin of bitcoin at 60,000 dollars."""
    prices = {"btc": 60_000}
    found = []
    for code in codes:
        asset, usd = money(0, code).asset, money(0, "usd").asset
        quote = Quote(asset, usd, Fraction(prices.get(code, 1)), "sandbox", NOW, NOW + QUARTER)
        found.append(Priced(sandbox_network(), quote.due(money(1_000, "usd")), quote))
    return found


def _payment(transfer: SeenTransfer) -> Payment:
    return Payment(
        network=transfer.network,
        tx_id=transfer.tx_id,
        index=transfer.index,
        offer_id=transfer.reference or "",
        asset=transfer.asset,
        units=transfer.units,
        state=transfer.state,
        sender=transfer.sender,
        paid_at=transfer.paid_at,
        height=transfer.height,
    )
