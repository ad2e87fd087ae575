"""Cursor pages over rows that carry merchant_id, livemode, id and created_at; newest first."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

from sluice.base.database import Row
from sluice.base.errors import Invalid
from sluice.base.pages import Listing, Page
from sluice.base.work import Work

T = TypeVar("T")

# Objects show whole seconds, so a bound takes or leaves all of its second.
_BOUNDS: Final = {"gt": (">=", 1), "gte": (">=", 0), "lt": ("<", 0), "lte": ("<", 1)}


async def newest_first(
    work: Work,
    select: str,
    page: Page,
    noun: Callable[[Row], T],
    *,
    alias: str,
    filters: Sequence[tuple[str, object]],
    created: Mapping[str, dt.datetime],
    age: str = "created_at",
) -> Listing[T]:
    """Run `select` (which ends in the merchant's WHERE on $1 and $2) for one page.

    `filters` are conditions with `{}` for their parameter; `created` maps gt, gte, lt, lte to
    instants of the column `age`. Identifiers sort by time, so the cursor is an identifier.
    """
    conditions = list(filters)
    for word, instant in created.items():
        comparison, later_s = _BOUNDS[word]
        conditions.append(
            (f"{alias}.{age} {comparison} {{}}", instant + dt.timedelta(seconds=later_s))
        )
    backwards = page.ending_before is not None
    cursor = page.ending_before or page.starting_after
    if cursor is not None:
        param = "ending_before" if backwards else "starting_after"
        await _check_cursor(work, f"{select} AND {alias}.id = $3", cursor, param)
        conditions.append((f"{alias}.id {'>' if backwards else '<'} {{}}", cursor))
    arguments = [value for _, value in conditions]
    where = "".join(
        f" AND {text.format(f'${n}')}" for n, (text, _) in enumerate(conditions, start=3)
    )
    order = f" ORDER BY {alias}.id {'ASC' if backwards else 'DESC'} LIMIT {page.limit + 1}"
    rows = await work.rows(select + where + order, *work.owner, *arguments)
    items = [noun(row) for row in rows[: page.limit]]
    return Listing(items[::-1] if backwards else items, len(rows) > page.limit)


async def _check_cursor(work: Work, select: str, cursor: str, param: str) -> None:
    if await work.row(select, *work.owner, cursor) is None:
        raise Invalid(f"No such object: '{cursor}'.", code="resource_missing", param=param)
