"""Run every promise in one snapshot; what breaks one stops payouts of its asset."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import structlog

from sluice.base.work import Work, Works
from sluice.business.trust.promises import store

_TITLE: Final = re.compile(r"^-- (?P<name>[A-Z]\d\d) (?P<says>.+)$", re.MULTILINE)
# What a person looks at first; the rest is in the same query.
_SHOWN_MAX: Final = 20

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Promise:
    """A query whose rows are violations, and what it promises."""

    name: str
    says: str
    sql: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise with the rows that break it."""

    promise: Promise
    rows: list[dict[str, Any]]


def read_promises() -> list[Promise]:
    """Read the promises from their file: a title line, then one query each."""
    text = (files(__package__) / "promises.sql").read_text("utf-8")
    titles = list(_TITLE.finditer(text))
    ends = [title.start() for title in titles[1:]] + [len(text)]
    return [
        Promise(title["name"], title["says"], text[title.end() : end].strip().rstrip(";"))
        for title, end in zip(titles, ends, strict=True)
    ]


async def check_promises(work: Work) -> list[Broken]:
    """Run every promise; return those that are broken. The Work should be one snapshot."""
    broken = []
    for promise in read_promises():
        rows = await work.rows(f"SELECT * FROM ({promise.sql}) AS broken LIMIT {_SHOWN_MAX}")
        if rows:
            broken.append(Broken(promise, [dict(row) for row in rows]))
    return broken


async def check_and_hold(works: Works, note: Callable[[str, int], None]) -> list[Broken]:
    """Check, tell, and hold payouts of every asset a broken promise names, or of all."""
    async with works.snapshot() as work:
        broken = await check_promises(work)
    for promise in read_promises():
        note(promise.name, sum(len(one.rows) for one in broken if one.promise.name == promise.name))
    if broken:
        async with works.begin() as work:
            for one in broken:
                log.critical(
                    "promise.broken",
                    code=one.promise.name,
                    reason=one.promise.says,
                    count=len(one.rows),
                )
                assets = {str(row["asset"]) for row in one.rows if "asset" in row} or {"*"}
                await store.hold_payouts(work, sorted(assets), one.promise.name)
    return broken


async def list_holds(work: Work) -> list[tuple[str, str]]:
    """Return what is held back from leaving, as (asset, promise)."""
    return await store.holds(work)


async def lift_hold(work: Work, reason: str) -> int:
    """Lift the holds of a promise, because a person looked; return how many there were."""
    return await store.lift(work, reason)
