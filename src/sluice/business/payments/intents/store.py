"""Rows of intents, their offers and the credits of their payments."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from sluice.base.database import Row
from sluice.base.money.catalogue import money
from sluice.base.pages import Listing, Page
from sluice.base.paging import newest_first
from sluice.base.work import Work
from sluice.business.payments.intents.model import (
    Cancellation,
    Offer,
    PaymentIntent,
    Resolution,
    Status,
    Terms,
)
from sluice.business.payments.intents.paid import Paid

_ADD: Final = """
INSERT INTO payment_intents (merchant_id, livemode, id, status, resolution, amount, currency, customer_id,
  description, receipt_email, statement_descriptor, return_url, metadata, options, terms, created_at, expires_at,
  watch_until, version, idempotency_key)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"""
_ADD_OFFERS: Final = """
INSERT INTO offers (merchant_id, livemode, intent_id, id, network, asset, style, address, memo, due, discount,
  depth_wanted, rate_numerator, rate_denominator, rate_source, created_at, valid_until)
SELECT $1, $2, $3, * FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
  $10::numeric[], $11::numeric[], $12::int[], $13::numeric[], $14::numeric[], $15::text[], $16::timestamptz[],
  $17::timestamptz[])"""
_COLUMNS: Final = """
SELECT p.merchant_id, p.livemode, p.id, p.status, p.resolution, p.amount, p.currency, p.amount_received, p.amount_refunded,
  p.customer_id, p.description, p.receipt_email, p.statement_descriptor, p.return_url, p.metadata, p.options, p.terms,
  p.payment, p.cancellation_reason, p.created_at, p.expires_at, p.watch_until, p.processing_at, p.succeeded_at,
  p.canceled_at, p.finalized_at, p.settle_seq, p.settlement_id, p.version, p.idempotency_key,
  (SELECT coalesce(jsonb_agg(to_jsonb(o) ORDER BY o.id), '[]') FROM offers o WHERE o.intent_id = p.id) AS offers
FROM payment_intents p"""
_MINE: Final = _COLUMNS + " WHERE p.merchant_id = $1 AND p.livemode = $2"
_GET: Final = _MINE + " AND p.id = $3"
_LOCK: Final = _GET + " FOR UPDATE OF p"
_LOCK_BY_OFFER: Final = (
    _COLUMNS
    + """
WHERE p.id IN (SELECT o.intent_id FROM offers o WHERE o.id = ANY($1::text[]))
ORDER BY p.id FOR UPDATE OF p -- every merchant"""
)
_LOCK_ANY: Final = (
    _COLUMNS + " WHERE p.id = ANY($1::text[]) ORDER BY p.id FOR UPDATE OF p -- every merchant"
)
_LOCK_OVERDUE: Final = (
    _COLUMNS
    + """
WHERE p.status IN ('requires_payment_method', 'requires_confirmation', 'requires_action') AND p.expires_at <= $1
ORDER BY p.id LIMIT $2 FOR UPDATE OF p SKIP LOCKED -- every merchant"""
)
_SAVE: Final = """
UPDATE payment_intents p SET status = n.status, resolution = n.resolution, amount_received = n.amount_received,
  payment = n.payment, cancellation_reason = n.cancellation_reason, processing_at = n.processing_at,
  succeeded_at = n.succeeded_at, canceled_at = n.canceled_at, finalized_at = n.finalized_at,
  settle_seq = n.settle_seq, settlement_id = n.settlement_id, version = n.version
FROM unnest($1::text[], $2::text[], $3::text[], $4::numeric[], $5::jsonb[], $6::text[], $7::timestamptz[],
  $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::int[], $12::text[], $13::int[])
  AS n (id, status, resolution, amount_received, payment, cancellation_reason, processing_at, succeeded_at,
    canceled_at, finalized_at, settle_seq, settlement_id, version)
WHERE p.id = n.id -- every merchant: the ids were locked by this Work"""
_SAVE_DETAILS: Final = """
UPDATE payment_intents SET amount = $4, currency = $5, customer_id = $6, description = $7, receipt_email = $8,
  statement_descriptor = $9, return_url = $10, metadata = $11, options = $12, version = $13
WHERE merchant_id = $1 AND livemode = $2 AND id = $3"""

# The sum is the database's own, so that no two refunds can both believe an old one.
_ADD_REFUNDED: Final = """
UPDATE payment_intents SET amount_refunded = amount_refunded + $4, version = version + 1
WHERE merchant_id = $1 AND livemode = $2 AND id = $3"""


def add(work: Work, intent: PaymentIntent) -> None:
    """Add an intent and its offers."""
    work.insert(
        _ADD, intent.merchant_id, intent.livemode, intent.id, intent.status.value,
        intent.resolution.value, intent.amount.units, intent.amount.asset.code, intent.customer_id,
        intent.description, intent.receipt_email, intent.statement_descriptor, intent.return_url,
        intent.metadata, intent.options, msgspec.to_builtins(intent.terms), intent.created_at,
        intent.expires_at, intent.watch_until, intent.version, intent.idempotency_key,
    )  # fmt: skip
    if intent.offers:
        add_offers(work, intent, intent.offers)


def add_offers(work: Work, intent: PaymentIntent, offers: Sequence[Offer]) -> None:
    """Add ways to pay an intent."""
    names = (
        "id", "network", "asset", "style", "address", "memo", "due", "discount", "depth_wanted",
        "rate_numerator", "rate_denominator", "rate_source", "created_at", "valid_until",
    )  # fmt: skip
    columns = [[getattr(offer, name) for offer in offers] for name in names]
    work.insert(_ADD_OFFERS, intent.merchant_id, intent.livemode, intent.id, *columns)


async def get(work: Work, intent_id: str) -> PaymentIntent | None:
    """Return an intent of the merchant's."""
    row = await work.row(_GET, *work.owner, intent_id)
    return None if row is None else _intent(row)


async def lock(work: Work, intent_id: str) -> PaymentIntent | None:
    """Return an intent of the merchant's, locked until the Work ends."""
    row = await work.row(_LOCK, *work.owner, intent_id)
    return None if row is None else _intent(row)


async def lock_by_offer(work: Work, offer_ids: Sequence[str]) -> list[PaymentIntent]:
    """Return the intents of some offers, locked in the order of their ids."""
    return [_intent(row) for row in await work.rows(_LOCK_BY_OFFER, list(offer_ids))]


async def lock_any(work: Work, intent_ids: Sequence[str]) -> list[PaymentIntent]:
    """Return intents by their ids, locked in the order of them."""
    return [_intent(row) for row in await work.rows(_LOCK_ANY, list(intent_ids))]


async def lock_overdue(work: Work, at: dt.datetime, limit: int) -> list[PaymentIntent]:
    """Return open intents whose time is over, locked; those somebody else holds are passed over."""
    return [_intent(row) for row in await work.rows(_LOCK_OVERDUE, at, limit)]


async def page(
    work: Work,
    page: Page,
    *,
    intent_id: str | None,
    customer: str | None,
    created: Mapping[str, dt.datetime],
    charged: bool = False,
) -> Listing[PaymentIntent]:
    """Return intents, newest first; `charged` leaves out those no money was seen for."""
    filters: list[tuple[str, object]] = []
    if customer is not None:
        filters.append(("p.customer_id = {}", customer))
    if intent_id is not None:
        filters.append(("p.id = {}", intent_id))
    if charged:
        filters.append(("(p.processing_at IS NOT NULL) = {}", True))
    age = "processing_at" if charged else "created_at"
    return await newest_first(
        work, _MINE, page, _intent, alias="p", filters=filters, created=created, age=age
    )


async def save(work: Work, intents: Iterable[PaymentIntent]) -> None:
    """Write what payments change of intents that this Work holds locked."""
    held = list(intents)
    if held:
        await work.execute(
            _SAVE,
            [intent.id for intent in held],
            [intent.status.value for intent in held],
            [intent.resolution.value for intent in held],
            [intent.amount_received for intent in held],
            [
                None if intent.payment is None else msgspec.to_builtins(intent.payment)
                for intent in held
            ],
            [intent.cancellation_reason and intent.cancellation_reason.value for intent in held],
            [intent.processing_at for intent in held],
            [intent.succeeded_at for intent in held],
            [intent.canceled_at for intent in held],
            [intent.finalized_at for intent in held],
            [intent.settle_seq for intent in held],
            [intent.settlement_id for intent in held],
            [intent.version for intent in held],
        )


async def save_details(work: Work, intent: PaymentIntent) -> None:
    """Write what the merchant may change of an intent."""
    await work.execute(
        _SAVE_DETAILS, intent.merchant_id, intent.livemode, intent.id, intent.amount.units,
        intent.amount.asset.code, intent.customer_id, intent.description, intent.receipt_email,
        intent.statement_descriptor, intent.return_url, intent.metadata, intent.options,
        intent.version,
    )  # fmt: skip


async def add_refunded(work: Work, intent: PaymentIntent, units: int) -> None:
    """Add to what is refunded of an intent that this Work holds locked, or take from it."""
    await work.execute(_ADD_REFUNDED, intent.merchant_id, intent.livemode, intent.id, units)


def _intent(row: Row) -> PaymentIntent:
    values: dict[str, Any] = dict(row)
    currency = values.pop("currency")
    return PaymentIntent(
        **values
        | {
            "status": Status(values["status"]),
            "resolution": Resolution(values["resolution"]),
            "amount": money(values["amount"], currency),
            "terms": msgspec.convert(values["terms"], type=Terms),
            "payment": values["payment"] and msgspec.convert(values["payment"], type=Paid),
            "cancellation_reason": values["cancellation_reason"]
            and Cancellation(values["cancellation_reason"]),
            "offers": msgspec.convert(values["offers"], type=tuple[Offer, ...]),
        }
    )
