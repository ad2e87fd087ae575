"""Ask for something to be done later, in the same commit."""

import datetime as dt
from typing import Any

from sluice.base.jobs import store
from sluice.base.work import Work


def defer(
    work: Work,
    name: str,
    *,
    args: dict[str, Any] | None = None,
    run_at: dt.datetime | None = None,
    key: str | None = None,
) -> None:
    """Add a job; with a key there is at most one of that name and key."""
    store.add(work, name, key, args or {}, run_at or work.now)
