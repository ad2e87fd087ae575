"""Write down who did what."""

from collections.abc import Mapping
from typing import Any

from sluice.base.work import Work
from sluice.business.trust.audit import store


async def record_action(work: Work, action: str, object_id: str, detail: Mapping[str, Any]) -> None:
    """Add a line to the diary, in the transaction of what it tells about."""
    await store.append(work, action, object_id, detail)
