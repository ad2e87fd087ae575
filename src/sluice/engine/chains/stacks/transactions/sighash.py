"""What is signed: a hash of the transaction without its authorization, then a chain of hashes.

Each signer adds the fee and the nonce before signing, and the signature after it. An ordered
multisig account's next signer goes on from there; signers in any order all sign the same.
"""

from enum import IntEnum

import msgspec

from sluice.engine.chains.stacks.hashing import sha512_256
from sluice.engine.chains.stacks.keys import KeyEncoding
from sluice.engine.chains.stacks.reading import U64
from sluice.engine.chains.stacks.signatures import EMPTY_SIGNATURE
from sluice.engine.chains.stacks.transactions.authorization import (
    SENTINEL,
    Condition,
    SingleSig,
)
from sluice.engine.chains.stacks.transactions.model import Transaction
from sluice.engine.chains.stacks.transactions.write import encode_transaction
from sluice.engine.chains.stacks.writing import write_number


class Role(IntEnum):
    """Who signs. The origin's is the same whether or not somebody sponsors it."""

    ORIGIN = 4
    SPONSOR = 5


def initial_sighash(transaction: Transaction) -> bytes:
    """Return the hash that the origin starts from; nothing of a sponsor is in it."""
    cleared = msgspec.structs.replace(
        transaction,
        origin=_cleared(transaction.origin),
        sponsor=None if transaction.sponsor is None else SENTINEL,
    )
    return sha512_256(encode_transaction(cleared))


def presign_sighash(current: bytes, role: Role, condition: Condition) -> bytes:
    """Return the 32 bytes that are signed. Raises Invalid."""
    out = bytearray(current)
    out.append(role)
    write_number(out, condition.fee, U64, "A fee")
    write_number(out, condition.nonce, U64, "A nonce")
    return sha512_256(bytes(out))


def postsign_sighash(presign: bytes, encoding: KeyEncoding, signature: bytes) -> bytes:
    """Return what the next signer starts from."""
    return sha512_256(presign + bytes([encoding]) + signature)


def _cleared(condition: Condition) -> Condition:
    if isinstance(condition, SingleSig):
        return msgspec.structs.replace(condition, nonce=0, fee=0, signature=EMPTY_SIGNATURE)
    return msgspec.structs.replace(condition, nonce=0, fee=0, fields=())
