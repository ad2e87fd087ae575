"""Transaction: inputs, outputs and witnesses, and what follows from them alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# Opts in to replacement by fee (BIP-125), leaves lock times alone.
SEQUENCE_REPLACEABLE: Final = 0xFFFFFFFD
SIGHASH_DEFAULT: Final = 0
SIGHASH_ALL: Final = 1


@dataclass(frozen=True, slots=True, order=True)
class Outpoint:
    """An output of an earlier transaction, by the name people give that: hex, reversed."""

    tx_id: str
    index: int


@dataclass(frozen=True, slots=True)
class Input:
    """An output that is spent, and what entitles to spend it."""

    outpoint: Outpoint
    script_sig: bytes = b""
    sequence: int = SEQUENCE_REPLACEABLE
    witness: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """Satoshis, and what locks them."""

    sats: int
    script: bytes


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction, signed or not."""

    inputs: Sequence[Input]
    outputs: Sequence[Output]
    version: int = 2
    lock_time: int = 0

    @property
    def has_witness(self) -> bool:
        """Return whether any input carries a witness."""
        return any(one.witness for one in self.inputs)
