"""Output scripts: the five usual kinds, their sizes when spent, and what is too small to send."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from sluice.base.errors import Invalid

OP_RETURN: Final = 0x6A
_KEY_HASH_BYTES: Final = 20
_DUST_SAT_PER_VB: Final = 3
_DUST_SPEND_VB: Final = 148
_DUST_SPEND_WITNESS_VB: Final = 67
_OUTPUT_HEAD_BYTES: Final = 9  # eight for the amount, one for the script's length


class ScriptType(StrEnum):
    """How an output is locked."""

    P2PKH = "p2pkh"
    P2SH = "p2sh"
    P2WPKH = "p2wpkh"
    P2WSH = "p2wsh"
    P2TR = "p2tr"


# What stands before and after the hash or key, and how long that is.
_FRAMES: Final[Mapping[ScriptType, tuple[bytes, int, bytes]]] = MappingProxyType(
    {
        ScriptType.P2PKH: (b"\x76\xa9\x14", 20, b"\x88\xac"),
        ScriptType.P2SH: (b"\xa9\x14", 20, b"\x87"),
        ScriptType.P2WPKH: (b"\x00\x14", 20, b""),
        ScriptType.P2WSH: (b"\x00\x20", 32, b""),
        ScriptType.P2TR: (b"\x51\x20", 32, b""),
    }
)
WITNESS_TYPES: Final = frozenset({ScriptType.P2WPKH, ScriptType.P2WSH, ScriptType.P2TR})


def script_of(kind: ScriptType, payload: bytes) -> bytes:
    """Return the output script around this hash or x-only key. Raises Invalid."""
    head, size, tail = _FRAMES[kind]
    if len(payload) != size:
        raise Invalid(f"A {kind} script holds {size} bytes.", code="script_invalid")
    return head + payload + tail


def type_of(script: bytes) -> ScriptType | None:
    """Return the script's kind, or None for a kind that has no address here."""
    for kind, (head, size, tail) in _FRAMES.items():
        whole = len(head) + size + len(tail)
        if len(script) == whole and script.startswith(head) and script.endswith(tail):
            return kind
    return None


def payload_of(script: bytes) -> bytes:
    """Return the hash or key inside a script of a usual kind. Raises Invalid."""
    kind = type_of(script)
    if kind is None:
        raise Invalid("This script is of no usual kind.", code="script_invalid")
    head, size, _ = _FRAMES[kind]
    return script[len(head) : len(head) + size]


def key_script(key_hash: bytes) -> bytes:
    """Return what a signature for a key's hash signs in place of the witness program (BIP-143)."""
    return script_of(ScriptType.P2PKH, key_hash)


def is_witness_program(script: bytes) -> bool:
    """Return whether spending it needs a witness: a version, then one push of 2 to 40 bytes."""
    return (
        4 <= len(script) <= 42  # noqa: PLR2004 - BIP-141
        and (script[0] == 0 or 0x51 <= script[0] <= 0x60)  # noqa: PLR2004 - BIP-141
        and script[1] == len(script) - 2
    )


def dust_limit(script: bytes) -> int:
    """Return the least satoshis that nodes relay to this script.

    Bitcoin Core: three times what spending the output costs at 1 sat/vB (`GetDustThreshold`).
    """
    if script[:1] == bytes([OP_RETURN]):
        return 0
    spend = _DUST_SPEND_WITNESS_VB if is_witness_program(script) else _DUST_SPEND_VB
    return (_OUTPUT_HEAD_BYTES + len(script) + spend) * _DUST_SAT_PER_VB
