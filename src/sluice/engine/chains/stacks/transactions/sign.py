"""Sign transactions, with keys at hand or with a signature made elsewhere."""

from collections.abc import Sequence

import msgspec

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.keys import KeyEncoding, SecretKey, compress_public
from sluice.engine.chains.stacks.signatures import sign_digest
from sluice.engine.chains.stacks.transactions.authorization import (
    PUBLIC_KEY_BYTES,
    AuthField,
    Condition,
    PublicKeyField,
    SignatureField,
    SingleSig,
)
from sluice.engine.chains.stacks.transactions.model import Transaction
from sluice.engine.chains.stacks.transactions.sighash import (
    Role,
    initial_sighash,
    presign_sighash,
)
from sluice.engine.chains.stacks.transactions.verify import (
    verify_condition,
    verify_origin,
    walk_fields,
)


def sign_origin(transaction: Transaction, keys: Sequence[SecretKey | bytes]) -> Transaction:
    """Sign as the origin. One key, or those of a multisig account in its order.

    The public key (33 or 65 bytes) stands for whoever does not sign. Raises Invalid when the keys
    are not the account's.
    """
    return _sign(transaction, keys, Role.ORIGIN)


def sign_sponsor(transaction: Transaction, keys: Sequence[SecretKey | bytes]) -> Transaction:
    """Sign as the sponsor, after the origin has. Raises Invalid."""
    return _sign(transaction, keys, Role.SPONSOR)


def digest_to_sign(transaction: Transaction, role: Role) -> bytes:
    """Return the 32 bytes that the next signer of this role signs. Raises Invalid.

    A sponsor's depend on the origin's signatures, so those are verified first.
    """
    condition = _condition(transaction, role)
    current = _start(transaction, role)
    return presign_sighash(walk_fields(condition, current, role).following, role, condition)


def add_signature(
    transaction: Transaction,
    role: Role,
    signature: bytes,
    encoding: KeyEncoding = KeyEncoding.COMPRESSED,
) -> Transaction:
    """Add the signature (id, r, s) of the next signer; `digest_to_sign` says of what."""
    condition = _condition(transaction, role)
    if isinstance(condition, SingleSig):
        signed: Condition = msgspec.structs.replace(condition, signature=signature)
        return _with(transaction, role, signed)
    return _add_field(transaction, role, SignatureField(encoding, signature))


def add_public_key(transaction: Transaction, role: Role, public: bytes) -> Transaction:
    """Add the key (33 or 65 bytes) of the next one in order, who does not sign."""
    encoding = KeyEncoding(len(public) != PUBLIC_KEY_BYTES)
    field = PublicKeyField(encoding, compress_public(public))
    return _add_field(transaction, role, field)


def _sign(transaction: Transaction, keys: Sequence[SecretKey | bytes], role: Role) -> Transaction:
    for key in keys:
        if isinstance(key, SecretKey):
            signature = sign_digest(digest_to_sign(transaction, role), key)
            transaction = add_signature(transaction, role, signature, key.encoding)
        else:
            transaction = add_public_key(transaction, role, key)
    verify_condition(_condition(transaction, role), _start(transaction, role), role)
    return transaction


def _condition(transaction: Transaction, role: Role) -> Condition:
    condition = transaction.origin if role is Role.ORIGIN else transaction.sponsor
    if condition is None:
        raise Invalid("Nobody sponsors this transaction.", code="transaction_not_sponsored")
    return condition


def _start(transaction: Transaction, role: Role) -> bytes:
    if role is Role.ORIGIN:
        return initial_sighash(transaction)
    return verify_origin(transaction).following


def _add_field(transaction: Transaction, role: Role, field: AuthField) -> Transaction:
    condition = _condition(transaction, role)
    if isinstance(condition, SingleSig):
        raise Invalid("This account has one key, which signs.", code="account_invalid")
    grown = msgspec.structs.replace(condition, fields=(*condition.fields, field))
    return _with(transaction, role, grown)


def _with(transaction: Transaction, role: Role, condition: Condition) -> Transaction:
    if role is Role.ORIGIN:
        return msgspec.structs.replace(transaction, origin=condition)
    return msgspec.structs.replace(transaction, sponsor=condition)
