"""Verify signatures: the keys that signed are those that the account's hash stands for."""

import msgspec

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.keys import KeyEncoding, expand_public
from sluice.engine.chains.stacks.signatures import recover_key
from sluice.engine.chains.stacks.transactions.accounts import signer_of
from sluice.engine.chains.stacks.transactions.authorization import (
    Condition,
    PublicKeyField,
    SingleSig,
)
from sluice.engine.chains.stacks.transactions.model import Transaction
from sluice.engine.chains.stacks.transactions.sighash import (
    Role,
    initial_sighash,
    postsign_sighash,
    presign_sighash,
)


class Step(msgspec.Struct, frozen=True):
    """One signature: what it starts from, what it signs, and what the next starts from."""

    role: Role
    current: bytes
    presign: bytes
    signature: bytes
    following: bytes
    public: bytes


class Signed(msgspec.Struct, frozen=True):
    """A condition whose signatures hold: its keys in order, its signatures, the last hash."""

    publics: tuple[bytes, ...]
    steps: tuple[Step, ...]
    following: bytes


def verify_transaction(transaction: Transaction) -> tuple[Signed, ...]:
    """Return what the origin and, when there is one, the sponsor signed. Raises Invalid."""
    origin = verify_origin(transaction)
    if transaction.sponsor is None:
        return (origin,)
    return origin, verify_condition(transaction.sponsor, origin.following, Role.SPONSOR)


def verify_origin(transaction: Transaction) -> Signed:
    """Return what the origin signed, whoever sponsors it. Raises Invalid."""
    return verify_condition(transaction.origin, initial_sighash(transaction), Role.ORIGIN)


def verify_condition(condition: Condition, current: bytes, role: Role) -> Signed:
    """Return a condition's keys and signatures, starting from a hash. Raises Invalid."""
    if isinstance(condition, SingleSig):
        step = _step(condition, current, role, condition.key_encoding, condition.signature)
        signed = Signed((step.public,), (step,), step.following)
        required = 1
    else:
        signed, required = walk_fields(condition, current, role), condition.signatures_required
        given = len(signed.steps)
        if given < required or (condition.hash_mode.is_ordered and given != required):
            raise Invalid(f"{given} have signed, {required} must.", code="signature_invalid")
    if signer_of(condition.hash_mode, signed.publics, required) != condition.signer:
        raise Invalid("The keys that signed are not this account's.", code="signature_invalid")
    return signed


def walk_fields(condition: Condition, current: bytes, role: Role) -> Signed:
    """Return the keys and signatures of a multisig condition so far. Raises Invalid."""
    publics: list[bytes] = []
    steps: list[Step] = []
    for field in () if isinstance(condition, SingleSig) else condition.fields:
        if isinstance(field, PublicKeyField):
            is_short = field.encoding is KeyEncoding.COMPRESSED
            publics.append(field.key if is_short else expand_public(field.key))
            continue
        step = _step(condition, current, role, field.encoding, field.signature)
        publics.append(step.public)
        steps.append(step)
        current = step.following
    return Signed(tuple(publics), tuple(steps), current)


def _step(
    condition: Condition, current: bytes, role: Role, encoding: KeyEncoding, signature: bytes
) -> Step:
    presign = presign_sighash(current, role, condition)
    public = recover_key(presign, signature, encoding)
    is_chained = isinstance(condition, SingleSig) or condition.hash_mode.is_ordered
    following = postsign_sighash(presign, encoding, signature) if is_chained else current
    return Step(role, current, presign, signature, following, public)
