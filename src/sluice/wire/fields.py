"""Fields: one value of a request, declared once, so that one text reads, refuses and describes."""

import datetime as dt
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sluice.base.errors import Invalid
from sluice.base.ids import is_well_formed
from sluice.wire.reading import UNSET, Source, empty, missing, read_text, whole

Schema = dict[str, Any]

AMOUNT_MAX: Final = 10**15
TIMESTAMP_MAX: Final = 253_402_300_799  # the last second of the year 9999

_EMAIL_MAX: Final = 254
_PORT_MAX: Final = 65_535
_FLAGS: Final = {"true": True, "false": False}
# Every quantifier is possessive: no text makes these slow.
_URL: Final = re.compile(
    r"[Hh][Tt][Tt][Pp][Ss]?+://(?:(?:[A-Za-z0-9_-]++\.)*+[A-Za-z0-9_-]++\.?+|\[[0-9A-Fa-f:.]++\])"
    r"(?::(?P<port>[0-9]{1,5}+))?+"
    r"(?:[/?#](?:[!#-;=?-\[\]_a-z~]|\{CHECKOUT_SESSION_ID\})*+)?+"
)
_EMAIL: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}+@[A-Za-z0-9][A-Za-z0-9-]*+(?:\.[A-Za-z0-9][A-Za-z0-9-]*+)++"
)


@dataclass(frozen=True, slots=True)
class Field(ABC):
    """One parameter. Sent as "" (or null in JSON) it is unset; unset and required is missing."""

    required: bool = field(default=False, kw_only=True)
    default: Any = field(default=None, kw_only=True)
    clearable: bool = field(default=True, kw_only=True)
    aliases: Sequence[str] = field(default=(), kw_only=True)
    doc: str = field(default="", kw_only=True)

    def read(self, value: object, path: str, source: Source) -> Any:  # noqa: ANN401 - typed by Given
        """Return the typed value or UNSET, or refuse with the path."""
        if value is None or value == "":
            return self._empty(value, path)
        return self._value(value, path, source)

    def read_part(self, value: object, path: str, source: Source) -> Any:  # noqa: ANN401 - as read
        """Read a part of a list or map, where there is nothing to take back."""
        if value is None or value == "":
            raise empty(path)
        return self._value(value, path, source)

    def describe(self, source: Source = "form") -> Schema:
        """Return the schema with everything a reader of the documentation wants to know."""
        schema = self.schema(source)
        if self.clearable and not self.required:
            schema = {"anyOf": [schema, self._nothing(source)]}
        if self.default is not None:
            schema["default"] = self.default
        if self.doc:
            schema["description"] = self.doc
        return schema

    def schema(self, source: Source) -> Schema:
        """Return what a value looks like, as JSON Schema."""
        return self._schema(source)

    @abstractmethod
    def _value(self, value: object, path: str, source: Source, /) -> Any:  # noqa: ANN401 - as read
        """Read what is not empty."""

    @abstractmethod
    def _schema(self, source: Source, /) -> Schema:
        """Describe what is not empty."""

    def _empty(self, _value: object, path: str, /) -> Any:  # noqa: ANN401 - as read
        if self.required:
            raise missing(path)
        if self.default is not None:
            return self.default
        if not self.clearable:
            raise empty(path)
        return UNSET

    def _nothing(self, source: Source, /) -> Schema:
        return {"enum": ["", None]} if source == "json" else {"type": "string", "enum": [""]}


@dataclass(frozen=True, slots=True)
class Text(Field):
    """A text of one line, or of several; `pattern` is matched whole, in ASCII."""

    max: int
    pattern: str = ""
    multiline: bool = field(default=False, kw_only=True)
    code: str = field(default="parameter_invalid_string", kw_only=True)
    message: str = field(default="Does not have the right form.", kw_only=True)

    def _value(self, value: object, path: str, _source: Source, /) -> str:
        text = read_text(value, path, self.max, multiline=self.multiline)
        if self.pattern and not re.fullmatch(self.pattern, text, re.ASCII):
            raise Invalid(self.message, code=self.code, param=path)
        return text

    def _schema(self, _source: Source, /) -> Schema:
        schema: Schema = {"type": "string", "minLength": 1, "maxLength": self.max}
        return schema | ({"pattern": f"^(?:{self.pattern})$"} if self.pattern else {})


@dataclass(frozen=True, slots=True)
class Integer(Field):
    """A whole number between two bounds."""

    min: int
    max: int

    def _value(self, value: object, path: str, source: Source, /) -> int:
        number = whole(value, source)
        if number is None or not self.min <= number <= self.max:
            raise Invalid(
                f"{path} must be {self.min} to {self.max}.",
                code="parameter_out_of_range",
                param=path,
            )
        return number

    def _schema(self, _source: Source, /) -> Schema:
        return {"type": "integer", "minimum": self.min, "maximum": self.max}


@dataclass(frozen=True, slots=True)
class Amount(Field):
    """A whole number of a currency's smallest unit. Empty is no amount, never "all of it"."""

    min: int = 1
    max: int = AMOUNT_MAX
    clearable: bool = field(default=False, kw_only=True)

    def _value(self, value: object, path: str, source: Source, /) -> int:
        number = whole(value, source)
        if number is None:
            raise Invalid(
                "Amount must be a whole number of the smallest unit.",
                code="parameter_invalid_integer",
                param=path,
            )
        if number < self.min:
            raise Invalid(
                f"Amount must be at least {self.min}.", code="amount_too_small", param=path
            )
        if number > self.max:
            raise Invalid("Amount is above the limit.", code="amount_too_large", param=path)
        return number

    def _schema(self, _source: Source, /) -> Schema:
        return {"type": "integer", "minimum": self.min, "maximum": self.max}


@dataclass(frozen=True, slots=True)
class Timestamp(Field):
    """Seconds since 1970; read as an instant in UTC."""

    def _value(self, value: object, path: str, source: Source, /) -> dt.datetime:
        seconds = whole(value, source)
        if seconds is None or not 0 <= seconds <= TIMESTAMP_MAX:
            raise Invalid(
                f"{path} must be a Unix time in seconds.",
                code="parameter_invalid_integer",
                param=path,
            )
        return dt.datetime.fromtimestamp(seconds, dt.UTC)

    def _schema(self, _source: Source, /) -> Schema:
        return {"type": "integer", "format": "unix-time", "minimum": 0, "maximum": TIMESTAMP_MAX}


@dataclass(frozen=True, slots=True)
class Choice(Field):
    """One of a few words."""

    values: Sequence[str]

    def _value(self, value: object, path: str, _source: Source, /) -> str:
        if type(value) is not str or value not in self.values:
            raise Invalid(
                "Not one of the allowed values.", code="parameter_invalid_enum", param=path
            )
        return value

    def _schema(self, _source: Source, /) -> Schema:
        return {"type": "string", "enum": list(self.values)}


@dataclass(frozen=True, slots=True)
class Flag(Field):
    """True or false."""

    def _value(self, value: object, path: str, source: Source, /) -> bool:
        found = value if source == "json" else _FLAGS.get(value) if type(value) is str else None
        if type(found) is not bool:
            raise Invalid("Must be true or false.", code="parameter_invalid_boolean", param=path)
        return found

    def _schema(self, _source: Source, /) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Url(Field):
    """Where to send a browser: http or https, a host, no credentials."""

    max: int = 2_048

    def _value(self, value: object, path: str, _source: Source, /) -> str:
        text = read_text(value, path, self.max)
        match = _URL.fullmatch(text)
        if match is None or int(match["port"] or 0) > _PORT_MAX:
            raise Invalid("The URL is not allowed.", code="url_invalid", param=path)
        return text

    def _schema(self, _source: Source, /) -> Schema:
        return {"type": "string", "maxLength": self.max, "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"}


@dataclass(frozen=True, slots=True)
class Email(Field):
    """An e-mail address in ASCII."""

    def _value(self, value: object, path: str, _source: Source, /) -> str:
        text = read_text(value, path, _EMAIL_MAX)
        if not _EMAIL.fullmatch(text):
            raise Invalid("Not a valid email address.", code="email_invalid", param=path)
        return text

    def _schema(self, _source: Source, /) -> Schema:
        return {"type": "string", "maxLength": _EMAIL_MAX, "format": "email"}


@dataclass(frozen=True, slots=True)
class Id(Field):
    """An identifier of ours with one of these prefixes; whether it exists is for a store to say."""

    prefixes: Sequence[str]

    def _value(self, value: object, path: str, _source: Source, /) -> str:
        if type(value) is not str or not any(is_well_formed(value, p) for p in self.prefixes):
            raise Invalid("No such object.", code="resource_missing", param=path)
        return value

    def _schema(self, _source: Source, /) -> Schema:
        return {"type": "string", "pattern": f"^(?:{'|'.join(self.prefixes)})_[0-9A-Za-z_]+$"}
