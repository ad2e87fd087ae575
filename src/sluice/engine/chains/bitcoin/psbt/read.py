"""Bytes or base64 -> PSBT, as strictly as BIP-174 says."""

import base64
import binascii
from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.bitcoin.psbt.fields import check_global, check_input, check_output
from sluice.engine.chains.bitcoin.psbt.model import Fields, Global, Psbt, key_of
from sluice.engine.chains.bitcoin.reading import Malformed, Reader
from sluice.engine.chains.bitcoin.transactions.read import decode_unsigned

MAGIC: Final = b"psbt\xff"
# Enough for a hundred inputs with the transactions that made them.
_BYTES_MAX: Final = 4_000_000


def parse_psbt(text: str) -> Psbt:
    """Read a PSBT in base64. Raises Invalid."""
    try:
        raw = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("A PSBT is written in base64.", code="psbt_invalid") from None
    return decode_psbt(raw)


def decode_psbt(raw: bytes) -> Psbt:
    """Read a PSBT of version 0; fields that are not known are kept as they are. Or Malformed."""
    if len(raw) > _BYTES_MAX:
        raise Malformed(_BYTES_MAX, "a PSBT is not longer than 4000000 bytes")
    reader = Reader(raw)
    if raw[: len(MAGIC)] != MAGIC:
        raise Malformed(0, "a PSBT starts with psbt and ff")
    reader.take(len(MAGIC))
    whole = _fields(reader)
    check_global(whole, len(MAGIC))
    inside = whole.get(key_of(Global.UNSIGNED))
    if inside is None:
        raise Malformed(len(MAGIC), "a PSBT of version 0 holds an unsigned transaction")
    unsigned = decode_unsigned(inside)
    inputs, outputs = [], []
    for _ in unsigned.inputs:
        at = reader.at
        inputs.append(_fields(reader))
        check_input(inputs[-1], at)
    for _ in unsigned.outputs:
        at = reader.at
        outputs.append(_fields(reader))
        check_output(outputs[-1], at)
    reader.finish()
    return Psbt(unsigned, whole, tuple(inputs), tuple(outputs))


def _fields(reader: Reader) -> Fields:
    """Take fields up to the zero that ends them."""
    fields: dict[bytes, bytes] = {}
    while True:
        at = reader.at
        key = reader.sized()
        if not key:
            return fields
        if key in fields:
            raise Malformed(at, "a field stands twice")
        fields[key] = reader.sized()
