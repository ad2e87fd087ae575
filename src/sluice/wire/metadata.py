"""Metadata: a merchant's own notes on an object, and what a request does to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sluice.base.errors import Invalid
from sluice.wire.fields import Field, Schema
from sluice.wire.reading import Source, by_name, not_an_object, read_text

KEYS_MAX: Final = 50
KEY_LENGTH_MAX: Final = 40
VALUE_LENGTH_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class MetadataChange:
    """What a request does to an object's metadata: perhaps clear it, then set and remove keys."""

    values: Mapping[str, str] = field(default_factory=dict)
    removed: frozenset[str] = frozenset()
    clears: bool = False

    def apply(self, old: Mapping[str, str], *, param: str = "metadata") -> dict[str, str]:
        """Return the metadata after the change, or refuse when it grew beyond the limit."""
        kept = {} if self.clears else {k: v for k, v in old.items() if k not in self.removed}
        changed = kept | dict(self.values)
        if len(changed) > KEYS_MAX:
            raise _too_many_keys(param)
        return changed


@dataclass(frozen=True, slots=True)
class Metadata(Field):
    """A merchant's own notes: metadata[k]=v sets, metadata[k]= removes, metadata= clears."""

    def _value(self, value: object, path: str, _source: Source, /) -> MetadataChange:
        notes = by_name(value)
        if notes is None:
            raise not_an_object(path)
        if len(notes) > KEYS_MAX:
            raise _too_many_keys(path)
        for key, note in notes.items():
            read_text(key, path, KEY_LENGTH_MAX)
            if not key or "[" in key or "]" in key:
                raise Invalid(
                    "Metadata key is not allowed.", code="metadata_invalid_key", param=path
                )
            if type(note) is not str:
                raise Invalid(
                    "Metadata values must be strings.", code="metadata_invalid_value", param=path
                )
            read_text(note, path, VALUE_LENGTH_MAX, multiline=True)
        return MetadataChange(
            values={key: note for key, note in notes.items() if note},
            removed=frozenset(key for key, note in notes.items() if not note),
        )

    def _empty(self, value: object, path: str, /) -> MetadataChange:
        if value is None:
            raise not_an_object(path)
        return MetadataChange(clears=True)

    def _nothing(self, _source: Source, /) -> Schema:
        return {"type": "string", "enum": [""]}

    def _schema(self, _source: Source, /) -> Schema:
        return {
            "type": "object",
            "maxProperties": KEYS_MAX,
            "propertyNames": {"maxLength": KEY_LENGTH_MAX, "pattern": r"^[^\[\]]+$"},
            "additionalProperties": {"type": "string", "maxLength": VALUE_LENGTH_MAX},
        }


def _too_many_keys(param: str) -> Invalid:
    return Invalid(f"At most {KEYS_MAX} metadata keys.", code="metadata_too_many_keys", param=param)
