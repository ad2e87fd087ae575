"""Shapes: fields put together, and the reading of a whole request against them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from sluice.base.errors import Invalid
from sluice.wire.characters import echo
from sluice.wire.fields import Field, Schema
from sluice.wire.forms import Indexed
from sluice.wire.given import Given
from sluice.wire.reading import Source, by_name, exclusive, missing, not_an_object, read_text

EXPAND_DEPTH_MAX: Final = 4

_EXPANSION_MAX: Final = 200
_MAP_KEY_MAX: Final = 64


class Shape:
    """What one request may carry; the first thing wrong with it is refused by its path.

    Every request may ask for `expand`.
    """

    def __init__(self, name: str, fields: Mapping[str, Field], *, doc: str = "") -> None:
        self.name = name
        self.doc = doc
        self.members = Members({**fields, "expand": EXPAND})

    def read(self, values: Mapping[str, Any], source: Source) -> Given:
        """Return what was given: unknown names are refused first, then in order of declaration."""
        return self.members.read(values, "", source)

    def describe(self, source: Source = "form") -> Schema:
        """Return the shape as JSON Schema."""
        schema = self.members.describe(source)
        return schema | ({"description": self.doc} if self.doc else {})


class Members:
    """The fields of one level, by name."""

    def __init__(self, fields: Mapping[str, Field]) -> None:
        self.fields = dict(fields)
        self._items = tuple(self.fields.items())
        aliases = [alias for spec in self.fields.values() for alias in spec.aliases]
        self._known = frozenset([*self.fields, *aliases])
        if len(self._known) != len(self.fields) + len(aliases):
            raise ValueError("two fields share a name")

    def read(self, values: Mapping[str, Any], path: str, source: Source) -> Given:
        """Read one level."""
        if not values.keys() <= self._known:
            raise self._unknown(values, path)
        given: dict[str, Any] = {}
        for name, spec in self._items:
            spelled = _spelling(name, spec, values, path) if spec.aliases else name
            if spelled in values:
                where = f"{path}[{spelled}]" if path else spelled
                given[name] = spec.read(values[spelled], where, source)
            elif spec.required:
                raise missing(f"{path}[{name}]" if path else name)
            elif spec.default is not None:
                given[name] = spec.default
        return Given(given, self.fields, path)

    def describe(self, source: Source) -> Schema:
        """Describe one level."""
        properties: Schema = {}
        choices: list[Schema] = []
        for name, spec in self._items:
            properties[name] = spec.describe(source)
            for alias in spec.aliases:
                properties[alias] = spec.schema(source) | {
                    "description": f"Another name of {name}."
                }
            choices.extend(_one_spelling(name, spec))
        schema: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
        required = [name for name, spec in self._items if spec.required and not spec.aliases]
        if required:
            schema["required"] = required
        if choices:
            schema["allOf"] = choices
        return schema

    def _unknown(self, values: Mapping[str, Any], path: str) -> Invalid:
        name = next(name for name in values if name not in self._known)
        where = f"{path}[{name}]" if path else name
        shown = echo(where)
        message = "Received unknown parameter"
        if shown is not None:
            close = get_close_matches(name[:_MAP_KEY_MAX], sorted(self._known), n=1, cutoff=0.7)
            message += f": {shown}" + (f". Did you mean {close[0]}?" if close else "")
        return Invalid(message, code="parameter_unknown", param=shown)


@dataclass(frozen=True, slots=True)
class Object(Field):
    """Parameters under a name: shipping[name], shipping[phone]."""

    fields: Mapping[str, Field]
    members: Members = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "members", Members(self.fields))

    def _value(self, value: object, path: str, source: Source, /) -> Given:
        parts = by_name(value)
        if parts is None:
            raise not_an_object(path)
        return self.members.read(parts, path, source)

    def _schema(self, source: Source, /) -> Schema:
        return self.members.describe(source)


@dataclass(frozen=True, slots=True)
class ListOf(Field):
    """Several values of one kind: expand[0], expand[1]."""

    item: Field
    max: int = 50
    min: int = 0
    noun: str = field(default="items", kw_only=True)

    def _value(self, value: object, path: str, source: Source, /) -> tuple[Any, ...]:
        if not isinstance(value, list) or not self.min <= len(value) <= self.max:
            raise Invalid(
                f"{path} must list {self.min} to {self.max} {self.noun}.",
                code="parameter_invalid_array",
                param=path,
            )
        indexes = value.indexes if type(value) is Indexed else range(len(value))
        return tuple(
            self.item.read_part(part, f"{path}[{index}]", source)
            for index, part in zip(indexes, value, strict=True)
        )

    def _schema(self, source: Source, /) -> Schema:
        items = self.item.schema(source)
        return {"type": "array", "items": items, "minItems": self.min, "maxItems": self.max}


@dataclass(frozen=True, slots=True)
class Map(Field):
    """Values of one kind under names the caller chooses: currency_options[eur]."""

    item: Field
    max: int = 50

    def _value(self, value: object, path: str, source: Source, /) -> dict[str, Any]:
        parts = by_name(value)
        if parts is None:
            raise not_an_object(path)
        if len(parts) > self.max:
            raise Invalid(
                f"{path} may have at most {self.max} names.", code="parameter_too_many", param=path
            )
        for name in parts:
            if not read_text(name, path, _MAP_KEY_MAX) or "[" in name or "]" in name:
                raise Invalid("A name is not allowed.", code="parameter_name_invalid", param=path)
        return {
            name: self.item.read_part(part, f"{path}[{name}]", source)
            for name, part in parts.items()
        }

    def _schema(self, source: Source, /) -> Schema:
        return {
            "type": "object",
            "maxProperties": self.max,
            "propertyNames": {"maxLength": _MAP_KEY_MAX},
            "additionalProperties": self.item.schema(source),
        }


@dataclass(frozen=True, slots=True)
class Either(Field):
    """The first of several kinds that fits: trial_end is an instant or the word now."""

    kinds: Sequence[Field]

    def _value(self, value: object, path: str, source: Source, /) -> Any:  # noqa: ANN401 - as read
        refusal: Invalid | None = None
        for kind in self.kinds:
            try:
                return kind.read_part(value, path, source)
            except Invalid as error:
                # Of several refusals the one about a part inside says most.
                if refusal is None or error.param != path:
                    refusal = error
        raise refusal or not_an_object(path)

    def _schema(self, source: Source, /) -> Schema:
        return {"anyOf": [kind.schema(source) for kind in self.kinds]}


@dataclass(frozen=True, slots=True)
class Expansion(Field):
    """A path to expand: latest_charge.balance_transaction, data.customer."""

    def _value(self, value: object, path: str, _source: Source, /) -> str:
        text = read_text(value, path, _EXPANSION_MAX)
        if text.removeprefix("data.").count(".") >= EXPAND_DEPTH_MAX:
            raise Invalid(
                f"You cannot expand more than {EXPAND_DEPTH_MAX} levels of a property ({text}).",
                param=path,
            )
        return text

    def _schema(self, _source: Source, /) -> Schema:
        return {"type": "string", "maxLength": _EXPANSION_MAX}


EXPAND: Final = ListOf(Expansion(), max=20, doc="Which ids to answer as whole objects.")


def _spelling(name: str, spec: Field, values: Mapping[str, Any], path: str) -> str:
    """Return the name a caller used for a field that has several."""
    used = [spelling for spelling in (name, *spec.aliases) if spelling in values]
    if len(used) > 1:
        raise exclusive(used[0], used[1], f"{path}[{used[1]}]" if path else used[1])
    return used[0] if used else name


def _one_spelling(name: str, spec: Field) -> list[Schema]:
    """Describe that a field with several names may be given under one of them."""
    if spec.required:
        spellings = (name, *spec.aliases) if spec.aliases else ()
        return [{"oneOf": [{"required": [used]} for used in spellings]}] if spellings else []
    return [{"not": {"required": [name, alias]}} for alias in spec.aliases]
