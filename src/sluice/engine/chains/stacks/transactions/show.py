"""Show a transaction as JSON: every field, its hashes, and whether its signatures hold.

Numbers that may pass 2⁵³ are strings; the names are those of the vector files.
"""

from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.clarity.show import Plain
from sluice.engine.chains.stacks.transactions.authorization import (
    Condition,
    MultiSig,
    SignatureField,
    SingleSig,
    address_of,
)
from sluice.engine.chains.stacks.transactions.model import Transaction
from sluice.engine.chains.stacks.transactions.post_conditions import (
    PostCondition,
    write_post_condition,
)
from sluice.engine.chains.stacks.transactions.read import SPONSORED, STANDARD
from sluice.engine.chains.stacks.transactions.show_content import (
    show_intent,
    show_payload,
    show_post_condition,
)
from sluice.engine.chains.stacks.transactions.sighash import Role, initial_sighash
from sluice.engine.chains.stacks.transactions.verify import (
    Signed,
    Step,
    verify_condition,
    verify_origin,
)
from sluice.engine.chains.stacks.transactions.write import encode_transaction, txid_of
from sluice.engine.chains.stacks.transactions.write_payload import write_payload

_NETWORKS: Final = {True: "mainnet", False: "testnet"}


def show_transaction(transaction: Transaction) -> Plain:
    """Return a transaction as JSON.

    `signature_error` says why the signatures do not hold; it is null when they do.
    """
    raw = encode_transaction(transaction)
    payload = bytearray()
    write_payload(payload, transaction.payload)
    conditions = transaction.post_conditions
    shown: Plain = {
        "network": _NETWORKS[transaction.is_mainnet],
        "version": int(transaction.version),
        "chain_id": transaction.chain_id,
        "auth_type": STANDARD if transaction.sponsor is None else SPONSORED,
        "origin": _condition(transaction.origin),
    }
    if transaction.sponsor is not None:
        shown["sponsor"] = _condition(transaction.sponsor)
    return (
        shown
        | {
            "anchor_mode": int(transaction.anchor_mode),
            "post_condition_mode": int(transaction.post_condition_mode),
            "post_conditions_hex": [_hex(one) for one in conditions],
            "post_conditions": [show_post_condition(one) for one in conditions],
            "payload_hex": payload.hex(),
            "payload": show_payload(transaction.payload),
        }
        | show_intent(transaction.payload)
        | _accounts(transaction)
        | {
            "initial_sighash": initial_sighash(transaction).hex(),
            **_signatures(transaction),
            "tx_hex": raw.hex(),
            "byte_length": len(raw),
            "txid": txid_of(transaction),
        }
    )


def _hex(condition: PostCondition) -> str:
    out = bytearray()
    write_post_condition(out, condition)
    return out.hex()


def _accounts(transaction: Transaction) -> Plain:
    is_mainnet = transaction.is_mainnet
    origin = str(address_of(transaction.origin, is_mainnet=is_mainnet))
    shown: Plain = {"origin_address": origin}
    if isinstance(transaction.origin, MultiSig):
        shown["multisig_address"] = origin
    if transaction.sponsor is not None:
        sponsor = address_of(transaction.sponsor, is_mainnet=is_mainnet)
        shown["sponsor_address"] = str(sponsor)
    return shown


def _signatures(transaction: Transaction) -> Plain:
    signed: list[Signed] = []
    error = None
    try:
        signed.append(verify_origin(transaction))
        if transaction.sponsor is not None:
            current = signed[0].following
            signed.append(verify_condition(transaction.sponsor, current, Role.SPONSOR))
    except Invalid as refused:
        error = refused.message
    shown: Plain = {"steps": [_step(step) for one in signed for step in one.steps]}
    if signed and isinstance(transaction.origin, MultiSig):
        shown["public_key_order"] = [public.hex() for public in signed[0].publics]
    return shown | {"signature_error": error}


def _step(step: Step) -> Plain:
    return {
        "role": step.role.name.lower(),
        "auth_flag": f"0x{step.role:02x}",
        "sighash_in": step.current.hex(),
        "presign_sighash": step.presign.hex(),
        "signature_vrs": step.signature.hex(),
        "next_sighash": step.following.hex(),
    }


def _condition(condition: Condition) -> Plain:
    shown: Plain = {
        "hash_mode": int(condition.hash_mode),
        "signer_hash160": condition.signer.hex(),
        "nonce": str(condition.nonce),
        "fee": str(condition.fee),
    }
    if isinstance(condition, SingleSig):
        encoding, signature = int(condition.key_encoding), condition.signature.hex()
        return shown | {"key_encoding": encoding, "signature_vrs": signature}
    fields: list[Plain] = []
    for field in condition.fields:
        is_signature = isinstance(field, SignatureField)
        data = field.signature if isinstance(field, SignatureField) else field.key
        fields.append(
            {
                "type": "signature" if is_signature else "public_key",
                "encoding": int(field.encoding),
                "data": data.hex(),
            }
        )
    return shown | {"signatures_required": condition.signatures_required, "fields": fields}
