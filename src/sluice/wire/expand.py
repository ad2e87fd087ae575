"""Expand: expand[0]=customer answers the object where its id would stand."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sluice.base.errors import Invalid
from sluice.wire.shapes import EXPAND

Shown = dict[str, Any]
Load = Callable[[str], Awaitable[Shown | None]]
# Kind of object -> its properties that may be expanded. A nested part without an "object" of its
# own goes by the path to it: "payment_intent.transfer_data".
Expandable = Mapping[str, Collection[str]]


def read_expand(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the paths of a request that has no shape; with one, ask for given.texts("expand")."""
    value = values.get("expand")
    return () if value is None or value == "" else EXPAND.read(value, "expand", "form")


async def expand(
    shown: Shown, paths: Sequence[str], *, load: Load, expandable: Expandable
) -> Shown:
    """Return the object with the ids at these paths replaced by what they name.

    Each id is loaded once; what cannot be loaded, because it is gone, stays an id. A property that
    is left out until expanded, such as a session's line_items, is loaded as "<id>/line_items".
    """
    reach = _Reach(load, expandable)
    whole: Any = shown
    for path in paths:
        whole = await reach.into(whole, path.split("."), path, "")
    expanded: Shown = whole
    return expanded


@dataclass(slots=True)
class _Reach:
    """How far one request may reach, and what it has loaded so far."""

    load: Load
    expandable: Expandable
    loaded: dict[str, Shown | None] = field(default_factory=dict)

    async def into(self, value: Any, names: Sequence[str], path: str, place: str) -> Any:  # noqa: ANN401
        """Return a copy of the value, expanded along the names that are left."""
        if not names or value is None:
            return value
        if isinstance(value, list):
            return [await self.into(item, names, path, place) for item in value]
        if not isinstance(value, dict):
            raise _cannot_expand(path)
        kind = value.get("object", place)
        name, rest = names[0], names[1:]
        if name in self.expandable.get(kind, ()):
            part = await self._part(value, name)
        elif rest and isinstance(value.get(name), dict | list):
            part = value[name]
        else:
            raise _cannot_expand(path)
        return value | {name: await self.into(part, rest, path, f"{kind}.{name}")}

    async def _part(self, owner: Shown, name: str) -> Any:  # noqa: ANN401 - an object, or several
        if name not in owner:
            return await self._once(f"{owner['id']}/{name}")
        part = owner[name]
        if isinstance(part, list):
            return [await self._once(item) for item in part]
        return await self._once(part)

    async def _once(self, part: Any) -> Any:  # noqa: ANN401 - an id, or what already stands there
        if not isinstance(part, str):
            return part
        if part not in self.loaded:
            self.loaded[part] = await self.load(part)
        found = self.loaded[part]
        return part if found is None else found


def _cannot_expand(path: str) -> Invalid:
    return Invalid(f"This property cannot be expanded ({path}).", param="expand")
