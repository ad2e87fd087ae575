"""The members of an x402 object: each of one type, and none that nobody asked for."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from sluice.base.errors import Invalid
from sluice.business.payments.paywalls.model import Reason
from sluice.wire.characters import is_clean_in_lines

_UNITS: Final = re.compile(r"0|[1-9][0-9]{0,77}")
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_HEX: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_TEXT_MAX: Final = 2_000


class Members:
    """One object, read member by member; what is wrong is refused under its path.

    The standard lets others add to some objects; those are not closed.
    """

    def __init__(self, value: object, path: str) -> None:
        if type(value) is not dict:
            raise refused(f"{path} must be an object.", path)
        self._values: dict[str, object] = value
        self._path = path
        self._seen: set[str] = set()

    @property
    def names(self) -> Iterable[str]:
        """Return the names of the members that are there."""
        return self._values.keys()

    def close(self) -> None:
        """Refuse members that nobody asked for."""
        for name in self._values.keys() - self._seen:
            raise refused("It means nothing here.", self._at(name))

    def has(self, name: str) -> bool:
        """Say whether a member is there and not null."""
        self._seen.add(name)
        return self._values.get(name) is not None

    def members(self, name: str) -> "Members":
        """Return an object inside."""
        return Members(self._take(name), self._at(name))

    def list(self, name: str) -> "list[Members]":
        """Return a list of objects, of which there is at least one."""
        value = self._take(name)
        if type(value) is not list or not value:
            raise refused("It must be a list of objects.", self._at(name))
        return [Members(one, f"{self._at(name)}[{at}]") for at, one in enumerate(value)]

    def text(self, name: str) -> str:
        """Return a text."""
        value = self._take(name)
        if type(value) is not str or len(value) > _TEXT_MAX or not is_clean_in_lines(value):
            raise refused("It must be a text that can be shown.", self._at(name))
        return value

    def maybe_text(self, name: str) -> str | None:
        """Return a text, or None where there is none."""
        return self.text(name) if self.has(name) else None

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self._take(name)
        if type(value) is not bool:
            raise refused("It must be true or false.", self._at(name))
        return value

    def integer(self, name: str) -> int:
        """Return a JSON number without a point."""
        value = self._take(name)
        if type(value) is not int:
            raise refused("It must be a whole number.", self._at(name))
        return value

    def units(self, name: str) -> int:
        """Return a whole number that is written as a text."""
        text = self.text(name)
        if not _UNITS.fullmatch(text):
            raise refused("It must be a whole number, as a text.", self._at(name))
        return int(text)

    def address(self, name: str) -> str:
        """Return an address as it is written."""
        text = self.text(name)
        if not _ADDRESS.fullmatch(text):
            raise refused("It must be an address.", self._at(name))
        return text

    def bytes(self, name: str) -> bytes:
        """Return bytes that are written in hex."""
        text = self._take(name)
        if type(text) is not str or not _HEX.fullmatch(text):
            raise refused("It must be 0x and pairs of hexadecimal digits.", self._at(name))
        return bytes.fromhex(text[2:])

    def texts(self, name: str) -> Mapping[str, str]:
        """Return an object of texts, empty where there is none."""
        if not self.has(name):
            return {}
        inside = self.members(name)
        return {key: inside.text(key) for key in inside.names}

    def _take(self, name: str) -> object:
        self._seen.add(name)
        if name not in self._values:
            raise refused("It is missing.", self._at(name))
        return self._values[name]

    def _at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


def refused(why: str, param: str | None = None, reason: Reason = Reason.PAYLOAD) -> Invalid:
    """Return the refusal of an object or a header."""
    return Invalid(why, code=reason, param=param)
