"""Rows of checkout sessions."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from sluice.base.database import Row
from sluice.base.pages import Listing, Page
from sluice.base.paging import newest_first
from sluice.base.work import Work
from sluice.business.payments.checkout.model import LineItem, PaymentStatus, Session, Status

_ADD: Final = """
INSERT INTO checkout_sessions (merchant_id, livemode, id, intent_id, status, payment_status, line_items, created_at,
  expires_at, ui_mode, customer_id, customer_email, client_reference_id, success_url, cancel_url, return_url, locale,
  submit_type, metadata, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"""
_COLUMNS: Final = """
SELECT merchant_id, livemode, id, intent_id, status, payment_status, line_items, created_at, expires_at, ui_mode,
  customer_id, customer_email, client_reference_id, success_url, cancel_url, return_url, locale, submit_type, metadata,
  version
FROM checkout_sessions s"""
_MINE: Final = _COLUMNS + " WHERE s.merchant_id = $1 AND s.livemode = $2"
_GET: Final = _MINE + " AND s.id = $3"
_FIND: Final = _COLUMNS + " WHERE s.id = $1 -- every merchant: the id itself is the payer's key"
_LOCK_BY_INTENT: Final = (
    _COLUMNS + " WHERE s.intent_id = ANY($1::text[]) ORDER BY s.id FOR UPDATE -- every merchant"
)
_SAVE: Final = """
UPDATE checkout_sessions s SET status = n.status, payment_status = n.payment_status, version = n.version
FROM unnest($1::text[], $2::text[], $3::text[], $4::int[]) AS n (id, status, payment_status, version)
WHERE s.id = n.id -- every merchant: the ids were locked by this Work"""


def add(work: Work, session: Session) -> None:
    """Add a session."""
    work.insert(
        _ADD, session.merchant_id, session.livemode, session.id, session.intent_id,
        session.status.value, session.payment_status.value, msgspec.to_builtins(session.line_items),
        session.created_at, session.expires_at, session.ui_mode, session.customer_id,
        session.customer_email, session.client_reference_id, session.success_url,
        session.cancel_url, session.return_url, session.locale, session.submit_type,
        session.metadata, session.version,
    )  # fmt: skip


async def get(work: Work, session_id: str, *, lock: bool = False) -> Session | None:
    """Return a session of the merchant's."""
    row = await work.row(_GET + (" FOR UPDATE" if lock else ""), *work.owner, session_id)
    return None if row is None else _session(row)


async def find(work: Work, session_id: str) -> Session | None:
    """Return a session by its id alone, for the payer who holds the link."""
    row = await work.row(_FIND, session_id)
    return None if row is None else _session(row)


async def lock_by_intent(work: Work, intent_ids: Sequence[str]) -> list[Session]:
    """Return the sessions of some intents, locked in the order of their ids."""
    return [_session(row) for row in await work.rows(_LOCK_BY_INTENT, list(intent_ids))]


async def page(
    work: Work, page: Page, *, filters: Mapping[str, str], created: Mapping[str, dt.datetime]
) -> Listing[Session]:
    """Return sessions, newest first; `filters` name columns of the session."""
    conditions: list[tuple[str, object]] = [
        (f"s.{column} = {{}}", value) for column, value in filters.items()
    ]
    return await newest_first(
        work, _MINE, page, _session, alias="s", filters=conditions, created=created
    )


async def save(work: Work, sessions: Iterable[Session]) -> None:
    """Write the states of sessions that this Work holds locked."""
    held = list(sessions)
    if held:
        await work.execute(
            _SAVE,
            [session.id for session in held],
            [session.status.value for session in held],
            [session.payment_status.value for session in held],
            [session.version for session in held],
        )


def _session(row: Row) -> Session:
    values: dict[str, Any] = dict(row)
    return Session(
        **values
        | {
            "status": Status(values["status"]),
            "payment_status": PaymentStatus(values["payment_status"]),
            "line_items": msgspec.convert(values["line_items"], type=list[LineItem]),
        }
    )
