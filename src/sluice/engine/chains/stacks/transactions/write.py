"""Write transactions, and name them by their bytes."""

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.hashing import sha512_256
from sluice.engine.chains.stacks.reading import U32
from sluice.engine.chains.stacks.transactions.authorization import write_condition
from sluice.engine.chains.stacks.transactions.model import BYTES_MAX, Transaction
from sluice.engine.chains.stacks.transactions.post_conditions import write_post_condition
from sluice.engine.chains.stacks.transactions.read import SPONSORED, STANDARD
from sluice.engine.chains.stacks.transactions.write_payload import write_payload
from sluice.engine.chains.stacks.writing import write_number


def encode_transaction(transaction: Transaction) -> bytes:
    """Return a transaction's bytes. Raises Invalid for what no node would read."""
    out = bytearray([transaction.version])
    write_number(out, transaction.chain_id, U32, "A chain id")
    out.append(STANDARD if transaction.sponsor is None else SPONSORED)
    write_condition(out, transaction.origin)
    if transaction.sponsor is not None:
        write_condition(out, transaction.sponsor)
    out.append(transaction.anchor_mode)
    out.append(transaction.post_condition_mode)
    write_number(out, len(transaction.post_conditions), U32, "The number of post-conditions")
    for condition in transaction.post_conditions:
        write_post_condition(out, condition)
    write_payload(out, transaction.payload)
    if len(out) > BYTES_MAX:
        raise Invalid(f"A transaction has at most {BYTES_MAX} bytes.", code="transaction_too_large")
    return bytes(out)


def txid_of(transaction: Transaction) -> str:
    """Return the id that nodes give it, in hex without 0x."""
    return sha512_256(encode_transaction(transaction)).hex()
