"""Psbt: a transaction to be signed, and for each input and output what signers need to know."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from sluice.engine.chains.bitcoin.transactions.model import Transaction

# A key (its type, and what it is about) and its value, in the order in which they stand.
Fields = Mapping[bytes, bytes]


class Global(IntEnum):
    """Types of keys about the whole (BIP-174)."""

    UNSIGNED = 0x00
    XPUB = 0x01
    VERSION = 0xFB


class In(IntEnum):
    """Types of keys about an input (BIP-174, BIP-371)."""

    PREVIOUS = 0x00  # the whole transaction that made the output
    SPENT = 0x01  # the output alone
    SIGNATURE = 0x02
    SIGHASH = 0x03
    REDEEM_SCRIPT = 0x04
    WITNESS_SCRIPT = 0x05
    DERIVATION = 0x06
    FINAL_SCRIPT_SIG = 0x07
    FINAL_WITNESS = 0x08
    PROOF = 0x09
    RIPEMD160 = 0x0A
    SHA256 = 0x0B
    HASH160 = 0x0C
    HASH256 = 0x0D
    TAP_SIGNATURE = 0x13
    TAP_SCRIPT_SIGNATURE = 0x14
    TAP_LEAF = 0x15
    TAP_DERIVATION = 0x16
    TAP_KEY = 0x17
    TAP_ROOT = 0x18


class Out(IntEnum):
    """Types of keys about an output (BIP-174, BIP-371)."""

    REDEEM_SCRIPT = 0x00
    WITNESS_SCRIPT = 0x01
    DERIVATION = 0x02
    TAP_KEY = 0x05
    TAP_TREE = 0x06
    TAP_DERIVATION = 0x07


@dataclass(frozen=True, slots=True)
class Psbt:
    """Version 0. Fields keep what is not known here, so that nothing is lost on the way."""

    unsigned: Transaction
    whole: Fields
    inputs: tuple[Fields, ...]
    outputs: tuple[Fields, ...]


def key_of(kind: IntEnum, about: bytes = b"") -> bytes:
    """Return a key: its type, then what it is about."""
    return bytes([kind]) + about
