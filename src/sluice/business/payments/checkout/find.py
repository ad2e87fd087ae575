"""Find sessions."""

import datetime as dt
from collections.abc import Mapping

from sluice.base.errors import Invalid, NotFound
from sluice.base.pages import Listing, Page
from sluice.base.work import Work, Works
from sluice.business.payments.checkout import store
from sluice.business.payments.checkout.model import LineItem, Session


async def find_session(work: Work, session_id: str) -> Session:
    """Return a session of the merchant's, or refuse as if it did not exist."""
    session = await store.get(work, session_id)
    if session is None:
        raise NotFound(f"No such checkout.session: '{session_id}'", param="session")
    return session


async def find_public_session(works: Works, session_id: str) -> Session | None:
    """Return the session that a payer's link names."""
    async with works.look() as work:
        return await store.find(work, session_id)


async def page_sessions(
    work: Work,
    page: Page,
    *,
    filters: Mapping[str, str] | None = None,
    created: Mapping[str, dt.datetime] | None = None,
) -> Listing[Session]:
    """Return a page of sessions; `filters` are intent_id, customer_id, status, customer_email."""
    return await store.page(work, page, filters=filters or {}, created=created or {})


def page_line_items(session: Session, page: Page) -> Listing[LineItem]:
    """Return a page of a session's lines, in the order of the cart."""
    items = list(session.line_items)
    if page.ending_before is not None:
        before = items[: _place(items, page.ending_before, "ending_before")]
        return Listing(before[-page.limit :], len(before) > page.limit)
    if page.starting_after is not None:
        items = items[_place(items, page.starting_after, "starting_after") + 1 :]
    return Listing(items[: page.limit], len(items) > page.limit)


def _place(items: list[LineItem], item_id: str, param: str) -> int:
    for place, item in enumerate(items):
        if item.id == item_id:
            return place
    raise Invalid(f"No such object: '{item_id}'.", code="resource_missing", param=param)
