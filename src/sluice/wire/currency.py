"""Currency: what a price is in; a currency of a country, or an asset for a native price."""

from dataclasses import dataclass
from typing import Final

from sluice.base.errors import Invalid
from sluice.base.money.catalogue import CATALOGUE
from sluice.wire.characters import echo
from sluice.wire.fields import Field, Schema
from sluice.wire.reading import Source

_ECHO_MAX: Final = 12


@dataclass(frozen=True, slots=True)
class Currency(Field):
    """A currency's code, in any case: Stripe takes USD for usd, and so do its users."""

    def _value(self, value: object, path: str, _source: Source, /) -> str:
        text = value if type(value) is str else ""
        # Only ASCII is folded: other alphabets have letters that fold into ours.
        code = text.lower() if text.isascii() else text
        if code not in CATALOGUE:
            shown = echo(text[:_ECHO_MAX]) or "?"
            raise Invalid(
                f"Invalid currency: {shown}. Use one of {', '.join(CATALOGUE)}.",
                code="parameter_invalid_enum",
                param=path,
            )
        return code

    def _schema(self, _source: Source, /) -> Schema:
        return {"type": "string", "enum": list(CATALOGUE)}
