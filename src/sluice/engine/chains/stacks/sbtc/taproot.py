"""Taproot outputs of two scripts and a key that nobody has (BIP-341, BIP-342)."""

from collections.abc import Sequence
from typing import Final

from coincurve import PublicKey

from sluice.engine.chains.bitcoin.hashing import sha256, tagged_hash
from sluice.engine.chains.bitcoin.reading import write_sized
from sluice.engine.chains.bitcoin.transactions.model import SIGHASH_DEFAULT, Output, Transaction
from sluice.engine.chains.bitcoin.transactions.write import encode_outpoint, encode_output

# BIP-341's point of unknown discrete logarithm: spending by the key is impossible.
UNSPENDABLE_KEY: Final = bytes.fromhex(
    "50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0"
)
LEAF_VERSION: Final = 0xC0
_EPOCH: Final = b"\0"
_SCRIPT_PATH: Final = b"\x02"  # a script, no annex
_KEY_VERSION: Final = b"\0"
_NO_SEPARATOR: Final = b"\xff" * 4


def leaf_hash(script: bytes) -> bytes:
    """Return what stands for a script in the tree."""
    return tagged_hash("TapLeaf", bytes([LEAF_VERSION]) + write_sized(script))


def root_of(script: bytes, other: bytes) -> bytes:
    """Return the root of a tree of two scripts, in whichever order they are named."""
    return tagged_hash("TapBranch", b"".join(sorted((leaf_hash(script), leaf_hash(other)))))


def output_key(root: bytes) -> bytes:
    """Return the key that the output pays to, with its sign in front: 33 bytes."""
    tweak = tagged_hash("TapTweak", UNSPENDABLE_KEY + root)
    return PublicKey(b"\x02" + UNSPENDABLE_KEY).add(tweak).format()


def control_block(script: bytes, other: bytes) -> bytes:
    """Return the proof that `script` is one of the output's two."""
    sign = output_key(root_of(script, other))[0] & 1
    return bytes([LEAF_VERSION | sign]) + UNSPENDABLE_KEY + leaf_hash(other)


def script_path_hash(
    transaction: Transaction,
    index: int,
    spent: Sequence[Output],
    script: bytes,
    kind: int = SIGHASH_DEFAULT,
) -> bytes:
    """Return what is signed to spend an output by a script, for the whole transaction.

    `spent` are the outputs of all inputs.
    """
    inputs = transaction.inputs
    return tagged_hash(
        "TapSighash",
        b"".join(
            [
                _EPOCH,
                bytes([kind]),
                transaction.version.to_bytes(4, "little"),
                transaction.lock_time.to_bytes(4, "little"),
                sha256(b"".join(encode_outpoint(one.outpoint) for one in inputs)),
                sha256(b"".join(one.sats.to_bytes(8, "little") for one in spent)),
                sha256(b"".join(write_sized(one.script) for one in spent)),
                sha256(b"".join(one.sequence.to_bytes(4, "little") for one in inputs)),
                sha256(b"".join(encode_output(one) for one in transaction.outputs)),
                _SCRIPT_PATH,
                index.to_bytes(4, "little"),
                leaf_hash(script),
                _KEY_VERSION,
                _NO_SEPARATOR,
            ]
        ),
    )
