"""Write payloads."""

from typing import Final

from sluice.base.errors import Invalid
from sluice.engine.chains.stacks.c32 import HASH_BYTES
from sluice.engine.chains.stacks.clarity.write import (
    write_address,
    write_clarity_name,
    write_contract_name,
    write_principal,
    write_value,
)
from sluice.engine.chains.stacks.reading import U16, U32, U64
from sluice.engine.chains.stacks.signatures import SIGNATURE_BYTES
from sluice.engine.chains.stacks.transactions.payloads import (
    MEMO_BYTES,
    Coinbase,
    ContractCall,
    MicroblockHeader,
    Payload,
    PoisonMicroblock,
    SmartContract,
    TenureChange,
    TokenTransfer,
)
from sluice.engine.chains.stacks.transactions.read_payload import (
    CLARITY_VERSION_MAX,
    CODE_ALLOWED,
    COMMITMENT_BYTES,
)
from sluice.engine.chains.stacks.transactions.vrf import VRF_PROOF_BYTES
from sluice.engine.chains.stacks.writing import write_exactly, write_number

_TOKEN_TRANSFER: Final = 0
_SMART_CONTRACT: Final = 1
_CONTRACT_CALL: Final = 2
_POISON_MICROBLOCK: Final = 3
_COINBASE: Final = 4
_COINBASE_TO_OTHER: Final = 5
_VERSIONED_CONTRACT: Final = 6
_TENURE_CHANGE: Final = 7
_NAKAMOTO_COINBASE: Final = 8
_NONE: Final = 9
_SOME: Final = 10
_BLOCK_BYTES: Final = 32


def write_payload(out: bytearray, payload: Payload) -> None:
    """Append a payload. Raises Invalid."""
    match payload:
        case TokenTransfer():
            _token_transfer(out, payload)
        case ContractCall():
            _contract_call(out, payload)
        case SmartContract():
            _smart_contract(out, payload)
        case PoisonMicroblock(first, second):
            out.append(_POISON_MICROBLOCK)
            _header(out, first)
            _header(out, second)
        case Coinbase():
            _coinbase(out, payload)
        case TenureChange():
            _tenure_change(out, payload)


def _token_transfer(out: bytearray, payload: TokenTransfer) -> None:
    out.append(_TOKEN_TRANSFER)
    write_principal(out, payload.recipient)
    write_number(out, payload.amount, U64, "An amount")
    write_exactly(out, payload.memo, MEMO_BYTES, "A memo")


def _contract_call(out: bytearray, payload: ContractCall) -> None:
    out.append(_CONTRACT_CALL)
    write_address(out, payload.contract.address)
    write_contract_name(out, payload.contract.name)
    write_clarity_name(out, payload.function)
    write_number(out, len(payload.arguments), U32, "The number of arguments")
    for argument in payload.arguments:
        write_value(out, argument)


def _smart_contract(out: bytearray, payload: SmartContract) -> None:
    if payload.clarity_version is None:
        out.append(_SMART_CONTRACT)
    elif 1 <= payload.clarity_version <= CLARITY_VERSION_MAX:
        out += bytes([_VERSIONED_CONTRACT, payload.clarity_version])
    else:
        raise Invalid(f"Clarity has versions 1 to {CLARITY_VERSION_MAX}.", code="payload_invalid")
    write_contract_name(out, payload.name)
    raw = payload.code.encode()
    if raw.translate(None, CODE_ALLOWED):
        raise Invalid("A contract's code is printable ASCII, tabs and new lines.")
    write_number(out, len(raw), U32, "The length of the code")
    out += raw


def _header(out: bytearray, header: MicroblockHeader) -> None:
    write_number(out, header.version, 1, "A version")
    write_number(out, header.sequence, U16, "A sequence")
    write_exactly(out, header.previous_block, _BLOCK_BYTES, "A block's hash")
    write_exactly(out, header.merkle_root, _BLOCK_BYTES, "A Merkle root")
    write_exactly(out, header.signature, SIGNATURE_BYTES, "A signature")


def _coinbase(out: bytearray, payload: Coinbase) -> None:
    if payload.vrf_proof is not None:
        out.append(_NAKAMOTO_COINBASE)
    else:
        out.append(_COINBASE if payload.recipient is None else _COINBASE_TO_OTHER)
    write_exactly(out, payload.commitment, COMMITMENT_BYTES, "A coinbase's commitment")
    if payload.vrf_proof is not None:
        out.append(_NONE if payload.recipient is None else _SOME)
    if payload.recipient is not None:
        write_principal(out, payload.recipient)
    if payload.vrf_proof is not None:
        write_exactly(out, payload.vrf_proof, VRF_PROOF_BYTES, "A VRF proof")


def _tenure_change(out: bytearray, payload: TenureChange) -> None:
    out.append(_TENURE_CHANGE)
    write_exactly(out, payload.tenure_consensus_hash, HASH_BYTES, "A consensus hash")
    write_exactly(out, payload.previous_tenure_consensus_hash, HASH_BYTES, "A consensus hash")
    write_exactly(out, payload.burn_view_consensus_hash, HASH_BYTES, "A consensus hash")
    write_exactly(out, payload.previous_tenure_end, _BLOCK_BYTES, "A block's id")
    write_number(out, payload.previous_tenure_blocks, U32, "A number of blocks")
    out.append(payload.cause)
    write_exactly(out, payload.public_key_hash, HASH_BYTES, "A key's hash")
