"""Transaction -> bytes, and its name and size."""

from typing import Final

from sluice.engine.chains.bitcoin.hashing import sha256d
from sluice.engine.chains.bitcoin.reading import write_size, write_sized
from sluice.engine.chains.bitcoin.transactions.model import Input, Outpoint, Output, Transaction

_WITNESS_MARK: Final = b"\x00\x01"
WITNESS_DISCOUNT: Final = 4


def encode_transaction(transaction: Transaction) -> bytes:
    """Return the bytes that go to the network, with witnesses where there are any."""
    if not transaction.has_witness:
        return encode_stripped(transaction)
    body = encode_stripped(transaction)
    witnesses = b"".join(encode_witness(one.witness) for one in transaction.inputs)
    return body[:4] + _WITNESS_MARK + body[4:-4] + witnesses + body[-4:]


def encode_stripped(transaction: Transaction) -> bytes:
    """Return the bytes without witnesses: what the name of a transaction is the hash of."""
    return b"".join(
        [
            transaction.version.to_bytes(4, "little"),
            write_size(len(transaction.inputs)),
            *(encode_input(one) for one in transaction.inputs),
            write_size(len(transaction.outputs)),
            *(encode_output(one) for one in transaction.outputs),
            transaction.lock_time.to_bytes(4, "little"),
        ]
    )


def encode_input(spent: Input) -> bytes:
    """Return an input without its witness."""
    sequence = spent.sequence.to_bytes(4, "little")
    return encode_outpoint(spent.outpoint) + write_sized(spent.script_sig) + sequence


def encode_outpoint(outpoint: Outpoint) -> bytes:
    """Return the 36 bytes that name an output."""
    return bytes.fromhex(outpoint.tx_id)[::-1] + outpoint.index.to_bytes(4, "little")


def encode_output(output: Output) -> bytes:
    """Return an output."""
    return output.sats.to_bytes(8, "little") + write_sized(output.script)


def encode_witness(items: tuple[bytes, ...]) -> bytes:
    """Return a witness: a count, and so many pieces."""
    return write_size(len(items)) + b"".join(write_sized(item) for item in items)


def tx_id_of(transaction: Transaction) -> str:
    """Return the transaction's name."""
    return sha256d(encode_stripped(transaction))[::-1].hex()


def vsize_of(transaction: Transaction) -> int:
    """Return the virtual bytes that fees are reckoned by, rounded up (BIP-141)."""
    stripped = len(encode_stripped(transaction))
    whole = len(encode_transaction(transaction))
    return -(-(stripped * (WITNESS_DISCOUNT - 1) + whole) // WITNESS_DISCOUNT)
