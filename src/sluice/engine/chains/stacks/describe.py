"""Describe an address, a value or a transaction as JSON, with the field names of the vectors."""

import re
from enum import StrEnum
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.clarity.clarity_types import type_of
from sluice.engine.chains.stacks.clarity.model import TupleOf, Value
from sluice.engine.chains.stacks.clarity.read import decode_value
from sluice.engine.chains.stacks.clarity.show import Plain, show_source, show_value
from sluice.engine.chains.stacks.clarity.write import encode_value
from sluice.engine.chains.stacks.hashing import sha256
from sluice.engine.chains.stacks.malformed import Malformed
from sluice.engine.chains.stacks.principals import (
    MAINNET_MULTI,
    MAINNET_SINGLE,
    TESTNET_MULTI,
    TESTNET_SINGLE,
    Contract,
    Principal,
    parse_principal,
)
from sluice.engine.chains.stacks.transactions.model import Version
from sluice.engine.chains.stacks.transactions.read import decode_transaction
from sluice.engine.chains.stacks.transactions.show import show_transaction

_KINDS: Final = {
    MAINNET_SINGLE: "mainnet_p2pkh",
    MAINNET_MULTI: "mainnet_p2sh",
    TESTNET_SINGLE: "testnet_p2pkh",
    TESTNET_MULTI: "testnet_p2sh",
}
_HEX: Final = re.compile(r"[0-9a-fA-F\s]+")
_MARKS: Final = ("S", "0x", "0X")
_SPACE: Final = re.compile(r"\s+")
_DIGIT: Final = re.compile(r"[0-9a-fA-F]*")
# An int is the only value that begins as a mainnet transaction does, and it has 17 bytes.
_INT_BYTES: Final = 17
_VERSIONS: Final = frozenset(Version)


class Form(StrEnum):
    """What bytes are taken for."""

    VALUE = "value"
    TRANSACTION = "transaction"


def describe_content(content: bytes, form: Form | None = None) -> Plain:
    """Describe an address or a contract as written, bytes in hex, or bytes. Raises Invalid."""
    text = content.decode("ascii", "replace")
    written = text.strip()
    if written.startswith("S"):
        return describe_principal(parse_principal(written))
    return describe_bytes(parse_hex(written) if is_written(text) else content, form)


def describe_bytes(data: bytes, form: Form | None = None) -> Plain:
    """Describe a value or a transaction; which it is, the first byte and the length say.

    Raises Malformed.
    """
    if (form or _form_of(data)) is Form.VALUE:
        return describe_value(decode_value(data))
    return show_transaction(decode_transaction(data))


def describe_principal(principal: Principal) -> Plain:
    """Describe an address or a contract."""
    address = principal.address if isinstance(principal, Contract) else principal
    shown: Plain = {
        "kind": _KINDS.get(address.version, "other"),
        "version": address.version,
        "hash160": address.hash160.hex(),
        "address": str(address),
    }
    if isinstance(principal, Contract):
        shown |= {"kind": "contract", "contract_name": principal.name}
    elif address.bitcoin is not None:
        shown["bitcoin_base58"] = address.bitcoin
    encoded = f"0x{encode_value(principal).hex()}"
    return shown | {"clarity_hex": encoded, "principal": str(principal)}


def describe_value(value: Value) -> Plain:
    """Describe a Clarity value."""
    raw = encode_value(value)
    return {
        "clarity_type": "{}" if value == TupleOf(()) else str(type_of(value)),
        "json": show_value(value),
        "repr_stacksjs": show_source(value),
        "hex": f"0x{raw.hex()}",
        "byte_length": len(raw),
        "sha256": sha256(raw).hex(),
    }


def is_written(text: str) -> bool:
    """Say whether a text is meant as an address or as hex, right or wrong."""
    return text.strip().startswith(_MARKS) or _HEX.fullmatch(text) is not None


def parse_hex(text: str) -> bytes:
    """Read hex with or without 0x and with any space between. Raises Malformed or Invalid."""
    digits = _SPACE.sub("", text)
    if digits[:2] in {"0x", "0X"}:
        digits = digits[2:]
    good = _DIGIT.match(digits)
    end = good.end() if good else 0
    if end < len(digits):
        raise Malformed(end // 2, "two hex digits", repr(digits[end]))
    if len(digits) % 2:
        raise Malformed(end // 2, "two hex digits", "one")
    if not digits:
        raise _nothing()
    return bytes.fromhex(digits)


def _form_of(data: bytes) -> Form:
    if not data:
        raise _nothing()
    if data[0] not in _VERSIONS or (data[0] == Version.MAINNET and len(data) <= _INT_BYTES):
        return Form.VALUE
    return Form.TRANSACTION


def _nothing() -> Invalid:
    return Invalid("There are no bytes here.", code="malformed_bytes")
