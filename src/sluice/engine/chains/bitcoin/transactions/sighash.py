"""What a signature signs, for whole transactions only: SIGHASH_ALL, and taproot's default."""

from collections.abc import Sequence
from typing import Final

from sluice.engine.chains.bitcoin.hashing import sha256, sha256d, tagged_hash
from sluice.engine.chains.bitcoin.reading import write_sized
from sluice.engine.chains.bitcoin.transactions.model import (
    SIGHASH_ALL,
    SIGHASH_DEFAULT,
    Input,
    Output,
    Transaction,
)
from sluice.engine.chains.bitcoin.transactions.write import (
    encode_outpoint,
    encode_output,
    encode_stripped,
)

_ALL: Final = SIGHASH_ALL.to_bytes(4, "little")
_EPOCH: Final = b"\0"
_KEY_PATH: Final = b"\0"  # no script, no annex


def legacy_hash(transaction: Transaction, index: int, script: bytes) -> bytes:
    """Return what is signed to spend an output from before segwit, locked by this script."""
    inputs = tuple(
        Input(one.outpoint, script if place == index else b"", one.sequence)
        for place, one in enumerate(transaction.inputs)
    )
    bare = Transaction(inputs, transaction.outputs, transaction.version, transaction.lock_time)
    return sha256d(encode_stripped(bare) + _ALL)


def segwit_hash(transaction: Transaction, index: int, script: bytes, sats: int) -> bytes:
    """Return what is signed to spend a witness program of version 0 (BIP-143)."""
    spent = transaction.inputs[index]
    return sha256d(
        b"".join(
            [
                transaction.version.to_bytes(4, "little"),
                sha256d(_outpoints(transaction)),
                sha256d(_sequences(transaction)),
                encode_outpoint(spent.outpoint),
                write_sized(script),
                sats.to_bytes(8, "little"),
                spent.sequence.to_bytes(4, "little"),
                sha256d(_outputs(transaction)),
                transaction.lock_time.to_bytes(4, "little"),
                _ALL,
            ]
        )
    )


def taproot_hash(
    transaction: Transaction, index: int, spent: Sequence[Output], kind: int = SIGHASH_DEFAULT
) -> bytes:
    """Return what is signed to spend by a taproot output's key (BIP-341); `spent`, all of them."""
    return tagged_hash(
        "TapSighash",
        b"".join(
            [
                _EPOCH,
                bytes([kind]),
                transaction.version.to_bytes(4, "little"),
                transaction.lock_time.to_bytes(4, "little"),
                sha256(_outpoints(transaction)),
                sha256(b"".join(one.sats.to_bytes(8, "little") for one in spent)),
                sha256(b"".join(write_sized(one.script) for one in spent)),
                sha256(_sequences(transaction)),
                sha256(_outputs(transaction)),
                _KEY_PATH,
                index.to_bytes(4, "little"),
            ]
        ),
    )


def _outpoints(transaction: Transaction) -> bytes:
    return b"".join(encode_outpoint(one.outpoint) for one in transaction.inputs)


def _sequences(transaction: Transaction) -> bytes:
    return b"".join(one.sequence.to_bytes(4, "little") for one in transaction.inputs)


def _outputs(transaction: Transaction) -> bytes:
    return b"".join(encode_output(one) for one in transaction.outputs)
