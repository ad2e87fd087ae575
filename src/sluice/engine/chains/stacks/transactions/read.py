"""Read transactions: what a node would relay, and nothing else."""

from typing import Final

from sluice.engine.chains.stacks.malformed import Malformed
from sluice.engine.chains.stacks.reading import U32, Reader
from sluice.engine.chains.stacks.transactions.authorization import read_condition
from sluice.engine.chains.stacks.transactions.model import (
    BYTES_MAX,
    AnchorMode,
    PostConditionMode,
    Transaction,
    Version,
)
from sluice.engine.chains.stacks.transactions.payloads import Coinbase, PoisonMicroblock
from sluice.engine.chains.stacks.transactions.post_conditions import read_post_condition
from sluice.engine.chains.stacks.transactions.read_payload import read_payload

STANDARD: Final = 4
SPONSORED: Final = 5


def decode_transaction(data: bytes) -> Transaction:
    """Read a transaction that is all of `data`. Raises Malformed.

    Nodes also read other bits in the version and a tuple's keys in any order, and hash what they
    would have written themselves; no signature fits such bytes, so they are refused here.
    """
    if len(data) > BYTES_MAX:
        raise Malformed(BYTES_MAX, "the end of a transaction", "more bytes")
    reader = Reader(data, needs_key_order=True)
    transaction = read_transaction(reader)
    reader.finish("transaction")
    return transaction


def read_transaction(reader: Reader) -> Transaction:
    """Read a transaction. Raises Malformed."""
    version = _VERSIONS.get(reader.byte("a version"))
    if version is None:
        raise _unknown(reader, "a version, 0x00 (mainnet) or 0x80 (testnet)")
    chain_id = reader.number(U32, "a chain id")
    authorization = reader.byte("an authorization")
    if authorization not in _AUTHORIZATIONS:
        raise _unknown(reader, "an authorization, 0x04 (standard) or 0x05 (sponsored)")
    origin = read_condition(reader)
    sponsor = read_condition(reader) if authorization == SPONSORED else None
    anchor_at = reader.at
    anchor_mode = _ANCHOR_MODES.get(reader.byte("an anchor mode"))
    if anchor_mode is None:
        raise _unknown(reader, "an anchor mode, 1 to 3")
    mode = _MODES.get(reader.byte("a post-condition mode"))
    if mode is None:
        raise _unknown(reader, "a post-condition mode, 1 to 3")
    count = reader.number(U32, "the number of post-conditions")
    conditions = tuple([read_post_condition(reader) for _ in range(count)])
    payload = read_payload(reader)
    if anchor_mode is not AnchorMode.ON_CHAIN and isinstance(payload, Coinbase | PoisonMicroblock):
        raise Malformed(anchor_at, "the anchor mode 1 for this payload", str(anchor_mode.value))
    return Transaction(version, chain_id, origin, payload, sponsor, anchor_mode, mode, conditions)


def _unknown(reader: Reader, expected: str) -> Malformed:
    last = reader.at - 1
    return Malformed(last, expected, f"0x{reader.data[last]:02x}")


_AUTHORIZATIONS: Final = frozenset({STANDARD, SPONSORED})
_VERSIONS: Final = {version.value: version for version in Version}
_ANCHOR_MODES: Final = {mode.value: mode for mode in AnchorMode}
_MODES: Final = {mode.value: mode for mode in PostConditionMode}
