"""Find sessions."""

import datetime as dt
from collections.abc import Mapping

from sluice.base.errors import NotFound
from sluice.base.pages import Listing, Page
from sluice.base.work import Work, Works
from sluice.business.payments.checkout import store
from sluice.business.payments.checkout.model import Session


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
