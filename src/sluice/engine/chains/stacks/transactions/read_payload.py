"""Read payloads."""

import struct
from collections.abc import Callable
from typing import Final

from sluice.engine.chains.stacks.clarity.model import Value
from sluice.engine.chains.stacks.clarity.read import (
    read_address,
    read_clarity_name,
    read_contract_name,
    read_principal,
    read_value,
)
from sluice.engine.chains.stacks.keys import ORDER
from sluice.engine.chains.stacks.malformed import Malformed
from sluice.engine.chains.stacks.principals import Contract, Principal
from sluice.engine.chains.stacks.reading import U32, U64, Reader
from sluice.engine.chains.stacks.signatures import RECOVERY_IDS
from sluice.engine.chains.stacks.transactions.payloads import (
    MEMO_BYTES,
    Coinbase,
    ContractCall,
    MicroblockHeader,
    Payload,
    PoisonMicroblock,
    SmartContract,
    TenureCause,
    TenureChange,
    TokenTransfer,
)
from sluice.engine.chains.stacks.transactions.vrf import VRF_PROOF_BYTES, is_vrf_proof

CLARITY_VERSION_MAX: Final = 6
COMMITMENT_BYTES: Final = 32

# Printable ASCII, tab and new line (stacks-core, StacksString).
CODE_ALLOWED: Final = bytes([*b"\t\n", *range(0x20, 0x7F)])

_NONE: Final = 9
_SOME: Final = 10
_HEADER: Final = struct.Struct(">BH32s32s65s")
_TENURE: Final = struct.Struct(">20s20s20s32sIB20s")
_CAUSE_AT: Final = 20 + 20 + 20 + 32 + 4
_SIGNATURE_AT: Final = 1 + 2 + 32 + 32


def read_payload(reader: Reader) -> Payload:
    """Read a payload. Raises Malformed."""
    start = reader.at
    kind = reader.byte("a payload")
    if kind >= len(_READERS):
        raise Malformed(start, "a payload, 0x00 to 0x08", f"0x{kind:02x}")
    return _READERS[kind](reader)


def _token_transfer(reader: Reader) -> TokenTransfer:
    recipient = read_principal(reader)
    amount = reader.number(U64, "an amount")
    return TokenTransfer(recipient, amount, reader.take(MEMO_BYTES, "a memo"))


def _contract_call(reader: Reader) -> ContractCall:
    contract = Contract(read_address(reader), read_contract_name(reader))
    function = read_clarity_name(reader)
    count = reader.number(U32, "the number of arguments")
    arguments: list[Value] = []
    for _ in range(count):
        value, _ = read_value(reader)
        arguments.append(value)
    return ContractCall(contract, function, tuple(arguments))


def _smart_contract(reader: Reader) -> SmartContract:
    return SmartContract(read_contract_name(reader), _code(reader))


def _versioned_contract(reader: Reader) -> SmartContract:
    start = reader.at
    version = reader.byte("a version of Clarity")
    if not 1 <= version <= CLARITY_VERSION_MAX:
        raise Malformed(start, f"a version of Clarity, 1 to {CLARITY_VERSION_MAX}", str(version))
    return SmartContract(read_contract_name(reader), _code(reader), version)


def _code(reader: Reader) -> str:
    raw = reader.take(reader.number(U32, "the length of the code"), "the code")
    wrong = raw.translate(None, CODE_ALLOWED)
    if wrong:
        offset = reader.at - len(raw) + raw.index(wrong[:1])
        raise Malformed(offset, "printable ASCII, a tab or a new line", f"0x{wrong[0]:02x}")
    return raw.decode("ascii")


def _poison_microblock(reader: Reader) -> PoisonMicroblock:
    first = _header(reader)
    start = reader.at
    second = _header(reader)
    if first == second:
        raise Malformed(start, "another header than the first", "the same")
    if first.sequence != second.sequence and first.previous_block != second.previous_block:
        raise Malformed(start, "the first header's sequence or parent", "neither")
    return PoisonMicroblock(first, second)


def _header(reader: Reader) -> MicroblockHeader:
    start = reader.at
    header = MicroblockHeader(*_HEADER.unpack(reader.take(_HEADER.size, "a microblock header")))
    numbers = (header.signature[1:33], header.signature[33:])
    is_signature = header.signature[0] < RECOVERY_IDS and all(
        int.from_bytes(number, "big") < ORDER for number in numbers
    )
    if not is_signature:
        raise Malformed(start + _SIGNATURE_AT, "a signature", header.signature.hex())
    return header


def _coinbase(reader: Reader) -> Coinbase:
    return Coinbase(_commitment(reader))


def _coinbase_to_other(reader: Reader) -> Coinbase:
    return Coinbase(_commitment(reader), read_principal(reader))


def _nakamoto_coinbase(reader: Reader) -> Coinbase:
    commitment, recipient = _commitment(reader), _optional_principal(reader)
    start = reader.at
    proof = reader.take(VRF_PROOF_BYTES, "a VRF proof")
    if not is_vrf_proof(proof):
        raise Malformed(start, "a VRF proof", proof.hex())
    return Coinbase(commitment, recipient, proof)


def _commitment(reader: Reader) -> bytes:
    return reader.take(COMMITMENT_BYTES, "a coinbase's commitment")


def _optional_principal(reader: Reader) -> Principal | None:
    start = reader.at
    prefix = reader.byte("an optional principal")
    if prefix == _NONE:
        return None
    if prefix != _SOME:
        raise Malformed(start, "none or some, 0x09 or 0x0a", f"0x{prefix:02x}")
    return read_principal(reader)


def _tenure_change(reader: Reader) -> TenureChange:
    start = reader.at
    raw = reader.take(_TENURE.size, "a tenure change")
    tenure, previous, burn_view, end, blocks, cause, key_hash = _TENURE.unpack(raw)
    if cause not in _CAUSES:
        raise Malformed(start + _CAUSE_AT, f"a cause, 0 to {max(_CAUSES)}", str(cause))
    return TenureChange(tenure, previous, burn_view, end, blocks, _CAUSES[cause], key_hash)


_CAUSES: Final = {cause.value: cause for cause in TenureCause}
_READERS: Final[tuple[Callable[[Reader], Payload], ...]] = (
    _token_transfer,
    _smart_contract,
    _contract_call,
    _poison_microblock,
    _coinbase,
    _coinbase_to_other,
    _versioned_contract,
    _tenure_change,
    _nakamoto_coinbase,
)
