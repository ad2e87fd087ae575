"""PSBT -> bytes or base64, every field in the place it had."""

import base64

from sluice.engine.chains.bitcoin.psbt.model import Fields, Psbt
from sluice.engine.chains.bitcoin.psbt.read import MAGIC
from sluice.engine.chains.bitcoin.reading import write_sized


def show_psbt(psbt: Psbt) -> str:
    """Return the PSBT in base64, as wallets take it."""
    return base64.b64encode(encode_psbt(psbt)).decode()


def encode_psbt(psbt: Psbt) -> bytes:
    """Return the PSBT's bytes."""
    parts = (psbt.whole, *psbt.inputs, *psbt.outputs)
    return MAGIC + b"".join(_fields(part) for part in parts)


def _fields(fields: Fields) -> bytes:
    pairs = (write_sized(key) + write_sized(value) for key, value in fields.items())
    return b"".join(pairs) + b"\0"
