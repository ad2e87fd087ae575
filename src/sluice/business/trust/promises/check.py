"""Run every promise in one snapshot; what breaks one stops payouts of its asset."""

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import structlog

from sluice.base.work import Work, Works
from sluice.business.trust.promises import store

_TITLE: Final = re.compile(
    r"^-- (?P<name>[A-Z]\d\d) (?P<late>\[late\] )?(?P<says>.+)$", re.MULTILINE
)
# What a person looks at first; the rest is in the same query.
_SHOWN_MAX: Final = 20

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Promise:
    """A query whose rows are violations, and what it promises; `is_late` is about time alone."""

    name: str
    says: str
    sql: str
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise with the rows that break it."""

    promise: Promise
    rows: list[dict[str, Any]]

    @property
    def assets(self) -> list[str]:
        """Return the assets whose payouts it stops; `*` stands for all of them."""
        if self.promise.is_late:
            return []
        named = {str(row["asset"]) for row in self.rows if row.get("asset") is not None}
        whole = len(named) > 0 and len(self.rows) < _SHOWN_MAX
        return sorted(named) if whole else ["*"]


@functools.cache
def read_promises() -> Sequence[Promise]:
    """Read the promises from their file: a title line, then one query each."""
    text = (files(__package__) / "promises.sql").read_text("utf-8")
    titles = list(_TITLE.finditer(text))
    names = text[: titles[0].start()]
    return [
        Promise(
            title["name"],
            title["says"],
            store.find_broken(names, text[title.end() :].partition(";")[0], _SHOWN_MAX),
            is_late=title["late"] is not None,
        )
        for title in titles
    ]


async def check_promises(work: Work) -> list[Broken]:
    """Run every promise; return those that are broken. The Work should be one snapshot."""
    broken = []
    for promise in read_promises():
        rows = await work.rows(promise.sql)
        if rows:
            broken.append(Broken(promise, [dict(row) for row in rows]))
    return broken


async def check_and_hold(works: Works, note: Callable[[str, int], None]) -> list[Broken]:
    """Check, tell, and hold payouts of every asset a broken promise names, or of all."""
    async with works.snapshot() as work:
        broken = await check_promises(work)
    counts = {one.promise.name: len(one.rows) for one in broken}
    for promise in read_promises():
        note(promise.name, counts.get(promise.name, 0))
    if broken:
        async with works.begin() as work:
            for one in broken:
                name, says = one.promise.name, one.promise.says
                log.critical("promise.broken", code=name, reason=says, count=len(one.rows))
                await store.hold_payouts(work, one.assets, name)
    return broken


async def list_holds(work: Work) -> list[tuple[str, str]]:
    """Return what is held back from leaving, as (asset, promise)."""
    return await store.holds(work)


async def lift_hold(work: Work, reason: str) -> int:
    """Lift the holds of a promise, because a person looked; return how many there were."""
    return await store.lift(work, reason)
