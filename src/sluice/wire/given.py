"""Given: the parameters of one request after reading, typed, each absent, unset or a value."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sluice.wire.metadata import MetadataChange
from sluice.wire.reading import UNSET, missing


@dataclass(frozen=True, slots=True)
class Given:
    """The values of one level, by declared name. Asking for an undeclared name is a bug."""

    values: Mapping[str, Any]  # what was given, and defaults
    names: Collection[str] = field(repr=False, compare=False)
    path: str = ""

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - what the field reads
        """Return the value, or the default when the parameter is absent or unset."""
        value = self.values.get(name, UNSET)
        if value is not UNSET:
            return value
        if name not in self.names:
            raise KeyError(name)
        return default

    def need(self, name: str) -> Any:  # noqa: ANN401 - what the field reads
        """Return the value, or refuse: for what only some requests require."""
        value = self.get(name)
        if value is None:
            raise missing(self.param(name))
        return value

    def has(self, name: str) -> bool:
        """Say whether a value was given."""
        return self.get(name) is not None

    def is_unset(self, name: str) -> bool:
        """Say whether the parameter was sent empty, to take back what was there."""
        return self.get(name) is None and name in self.values

    def param(self, name: str) -> str:
        """Return the path of a parameter as Stripe writes it."""
        return f"{self.path}[{name}]" if self.path else name

    def text(self, name: str) -> str | None:
        """Return a text."""
        value: str | None = self.get(name)
        return value

    def need_text(self, name: str) -> str:
        """Return a text, or refuse."""
        value: str = self.need(name)
        return value

    def integer(self, name: str) -> int | None:
        """Return a whole number."""
        value: int | None = self.get(name)
        return value

    def need_integer(self, name: str) -> int:
        """Return a whole number, or refuse."""
        value: int = self.need(name)
        return value

    def flag(self, name: str, *, otherwise: bool = False) -> bool:
        """Return a flag."""
        value: bool = self.get(name, otherwise)
        return value

    def instant(self, name: str) -> dt.datetime | None:
        """Return an instant in UTC."""
        value: dt.datetime | None = self.get(name)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; absent is empty."""
        value: tuple[str, ...] = self.get(name, ())
        return value

    def object(self, name: str) -> "Given | None":
        """Return the parameters nested under a name."""
        value: Given | None = self.get(name)
        return value

    def objects(self, name: str) -> "tuple[Given, ...]":
        """Return a list of nested parameters; absent is empty."""
        value: tuple[Given, ...] = self.get(name, ())
        return value

    def metadata(self, name: str = "metadata") -> MetadataChange:
        """Return what to do to the metadata; absent changes nothing."""
        value: MetadataChange = self.get(name, MetadataChange())
        return value
